//! Requests as clients send them: from the text of a URL to what it means, and to the answer for a row.

mod filter;
mod order;
mod request;
mod round_trip;
mod support;
