//! `Prefer` (RFC 7240 and OData 4.0 part 1 section 8.2.8) and the `Preference-Applied` that answers it.
//!
//! A preference is a wish: what is unknown or makes no sense is passed over, never refused.

use super::grammar::{Item, items};

/// What the client would like, as far as this crate knows the wish. Of a preference sent twice the first counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// `maxpagesize`: the most rows of a page; at least 1.
    pub max_page_size: Option<u64>,
    /// `omit-values=nulls`: properties that are null are left out.
    pub omit_nulls: bool,
    /// `include-annotations`: the list of instance annotations as sent, such as `*` or `-*,display.*`.
    pub include_annotations: Option<String>,
    /// `continue-on-error`: a batch goes on after a request that failed.
    pub continue_on_error: Option<bool>,
    /// `respond-async`.
    pub respond_async: bool,
    /// `track-changes`.
    pub track_changes: bool,
    /// `return=minimal` (true) or `return=representation` (false).
    pub return_minimal: Option<bool>,
    /// `wait`: seconds.
    pub wait: Option<u64>,
    /// Names that came with the prefix `odata.`, so that the answer can use the client's spelling.
    prefixed: Vec<&'static str>,
}

/// What was done of the wishes; input of [`Preferences::applied`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Honoured {
    /// The page size that was used, after the server's own cap.
    pub max_page_size: Option<u64>,
    /// Properties that are null were left out.
    pub omit_nulls: bool,
    /// The batch went on after an error (or stopped at it, as wished).
    pub continue_on_error: bool,
}

/// Reads every `Prefer` header of a request.
///
/// ```
/// let wishes = odata::http::preferences(["odata.maxpagesize=1000, omit-values=nulls"].into_iter());
/// assert_eq!(wishes.max_page_size, Some(1000));
/// assert!(wishes.omit_nulls);
/// ```
pub fn preferences<'a>(headers: impl Iterator<Item = &'a str>) -> Preferences {
    let mut wishes = Preferences::default();
    let mut seen = Vec::new();
    for item in headers.flat_map(items) {
        let lower = item.name.to_ascii_lowercase();
        let (name, prefixed) = match lower.strip_prefix("odata.") {
            Some(rest) => (rest.to_owned(), true),
            None => (lower, false),
        };
        if !seen.contains(&name) {
            wishes.take(&name, prefixed, &item);
            seen.push(name);
        }
    }
    wishes
}

impl Preferences {
    fn take(&mut self, name: &str, prefixed: bool, item: &Item<'_>) {
        let value = item.value.as_str();
        match name {
            "maxpagesize" => {
                self.max_page_size = number(value).filter(|size| *size > 0);
                self.remember("maxpagesize", prefixed && self.max_page_size.is_some());
            }
            "omit-values" => self.omit_nulls = value.eq_ignore_ascii_case("nulls"),
            "include-annotations" => self.include_annotations = annotations(value),
            "continue-on-error" => {
                self.continue_on_error = flag(value);
                self.remember("continue-on-error", prefixed);
            }
            "respond-async" => self.respond_async = true,
            "track-changes" => self.track_changes = true,
            "return" => self.return_minimal = choice(value, "minimal", "representation"),
            "wait" => self.wait = number(value),
            _ => {}
        }
    }

    fn remember(&mut self, name: &'static str, prefixed: bool) {
        if prefixed {
            self.prefixed.push(name);
        }
    }

    /// The `Preference-Applied` header: what was wished and is honoured, or `None` when that is nothing.
    ///
    /// `omit-values=nulls` must be acknowledged: without it a client takes a missing property for an error.
    pub fn applied(&self, honoured: &Honoured) -> Option<String> {
        let mut parts = Vec::new();
        if let (Some(_), Some(used)) = (self.max_page_size, honoured.max_page_size) {
            parts.push(format!("{}maxpagesize={used}", self.prefix("maxpagesize")));
        }
        if self.omit_nulls && honoured.omit_nulls {
            parts.push("omit-values=nulls".to_owned());
        }
        if let (Some(wish), true) = (self.continue_on_error, honoured.continue_on_error) {
            let value = if wish { "" } else { "=false" };
            parts.push(format!("{}continue-on-error{value}", self.prefix("continue-on-error")));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn prefix(&self, name: &str) -> &'static str {
        if self.prefixed.contains(&name) { "odata." } else { "" }
    }
}

/// Digits as a number; more than fits is as good as unlimited.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The list, if every item is `*`, `Namespace.*` or `Namespace.Term`, perhaps with a qualifier, perhaps excluded by `-`.
fn annotations(list: &str) -> Option<String> {
    let is_term = |item: &str| {
        let item = item.trim();
        let name = item.strip_prefix('-').unwrap_or(item);
        let known = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '#' | '*' | '@');
        name == "*" || (name.contains('.') && name.chars().all(known))
    };
    list.split(',').all(is_term).then(|| list.to_owned())
}

fn flag(text: &str) -> Option<bool> {
    if text.is_empty() { Some(true) } else { choice(text, "true", "false") }
}

fn choice(text: &str, yes: &str, no: &str) -> Option<bool> {
    let is = |word| text.eq_ignore_ascii_case(word);
    if is(yes) { Some(true) } else { is(no).then_some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Preferences {
        preferences(headers.iter().copied())
    }

    fn check(headers: &[&str], change: impl FnOnce(&mut Preferences)) {
        let mut expected = Preferences::default();
        change(&mut expected);
        let mut actual = read(headers);
        actual.prefixed.clear();
        assert_eq!(actual, expected, "{headers:?}");
    }

    #[test]
    fn every_preference_that_clients_send_is_understood() {
        check(&["odata.maxpagesize=1000000"], |p| p.max_page_size = Some(1_000_000));
        check(&["maxpagesize=50"], |p| p.max_page_size = Some(50));
        check(&["OData.MaxPageSize = \"50\""], |p| p.max_page_size = Some(50));
        check(&["omit-values=nulls"], |p| p.omit_nulls = true);
        check(&["odata.omit-values=\"nulls\""], |p| p.omit_nulls = true);
        check(&["odata.include-annotations=\"*\""], |p| p.include_annotations = Some("*".into()));
        check(&["odata.continue-on-error"], |p| p.continue_on_error = Some(true));
        check(&["continue-on-error=false"], |p| p.continue_on_error = Some(false));
        check(&["respond-async, wait=10"], |p| (p.respond_async, p.wait) = (true, Some(10)));
        check(&["return=minimal"], |p| p.return_minimal = Some(true));
        check(&["return=representation"], |p| p.return_minimal = Some(false));
        check(&["odata.track-changes"], |p| p.track_changes = true);
    }

    #[test]
    fn several_preferences_may_share_a_header_or_come_in_several() {
        let expected = |p: &mut Preferences| {
            p.include_annotations = Some("a.b,-c.*".into());
            p.max_page_size = Some(10);
            p.omit_nulls = true;
        };
        check(&["odata.include-annotations=\"a.b,-c.*\", maxpagesize=10;x=y,omit-values=nulls"], expected);
        check(&["odata.include-annotations=\"a.b,-c.*\"", "maxpagesize=10", "omit-values=nulls"], expected);
    }

    #[test]
    fn the_first_of_two_counts_whatever_its_prefix() {
        check(&["maxpagesize=10, odata.maxpagesize=20"], |p| p.max_page_size = Some(10));
    }

    #[test]
    fn what_is_unknown_or_makes_no_sense_is_passed_over() {
        for header in [
            "",
            ",;=",
            "handling=lenient; x",
            "maxpagesize",
            "maxpagesize=0",
            "maxpagesize=-1",
            "maxpagesize=many",
            "omit-values=defaults",
            "return=some",
            "continue-on-error=perhaps",
        ] {
            check(&[header], |_| {});
        }
        check(&["maxpagesize=99999999999999999999"], |p| p.max_page_size = Some(u64::MAX));
    }

    #[test]
    fn only_what_was_wished_and_honoured_is_acknowledged_in_the_clients_spelling() {
        let all = Honoured { max_page_size: Some(5000), omit_nulls: true, continue_on_error: true };
        let applied = |header: &str, honoured: &Honoured| read(&[header]).applied(honoured);
        assert_eq!(applied("odata.maxpagesize=9999", &all).as_deref(), Some("odata.maxpagesize=5000"));
        assert_eq!(applied("maxpagesize=50", &all).as_deref(), Some("maxpagesize=5000"));
        assert_eq!(applied("omit-values=nulls", &all).as_deref(), Some("omit-values=nulls"));
        assert_eq!(
            applied("continue-on-error=false, omit-values=nulls", &all).as_deref(),
            Some("omit-values=nulls, continue-on-error=false")
        );
        assert_eq!(applied("omit-values=nulls", &Honoured::default()), None);
        assert_eq!(applied("respond-async, return=minimal", &all), None);
    }
}
