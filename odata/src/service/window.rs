//! `$skip`, `$top` and pages.

use crate::error::Error;
use crate::url::Options;

/// Which of the rows that match belong to a page, for sources whose rows do not change: the token of the next page is the
/// number of rows on the pages before it, and nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    sent: u64,
    skip: u64,
    top: u64,
    size: u64,
}

impl Window {
    /// The window of a request whose pages have so many rows at most.
    ///
    /// # Errors
    /// `Syntax` for a `$skiptoken` that is not of this making.
    pub fn of(options: &Options, size: u64) -> Result<Self, Error> {
        let sent = options.skiptoken.as_deref().map_or(Ok(0), sent)?;
        let (skip, top) = (options.skip.unwrap_or(0), options.top.unwrap_or(u64::MAX));
        Ok(Self { sent, skip, top, size })
    }

    /// The rows of the page, and the token of the next one.
    pub fn cut<'a, T>(&self, matching: &'a [T]) -> (&'a [T], Option<String>) {
        let rest = matching.get(whole(self.skip.saturating_add(self.sent))..).unwrap_or_default();
        let rest = &rest[..rest.len().min(whole(self.top.saturating_sub(self.sent)))];
        let page = &rest[..rest.len().min(whole(self.size))];
        let next = (page.len() < rest.len()).then(|| (self.sent + page.len() as u64).to_string());
        (page, next)
    }
}

fn sent(token: &str) -> Result<u64, Error> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let number = token.parse().ok().filter(|_| digits);
    number.ok_or_else(|| Error::syntax("The page link is not one of this service.").about("$skiptoken"))
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
