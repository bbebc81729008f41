//! Requests as clients send them: from the text of a URL to what it means, and to the answer for a row.

#[cfg(test)]
mod abnf;
#[cfg(test)]
mod contexts;
#[cfg(test)]
mod expand;
#[cfg(test)]
mod filter;
#[cfg(test)]
mod navigation;
#[cfg(test)]
mod order;
#[cfg(test)]
mod refusal;
#[cfg(test)]
mod request;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod support;
