//! `doctor`: what works, what fails, since when, why, and who must do what.
//!
//! Three steps, each its own: [`collect`] and [`probe`] gather facts (the only I/O), [`examine`] judges them and is pure,
//! [`report`] writes sentences. A rule about a fault stands in `examine` and nowhere else.

mod collect;
mod examine;
mod facts;
mod probe;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use collect::collect;
pub(crate) use examine::examine;
pub(crate) use facts::Focus;
pub(crate) use probe::Reach;
pub(crate) use report::report;
