//! The grammar that `Accept`, `$format` and `Prefer` share: lists of items with parameters, both possibly quoted
//! (RFC 9110 section 5.6, RFC 7240 section 2).

/// One item of a list: `name[=value][;parameter[=value]]…`, names as sent, values without their quotes.
#[derive(Debug, PartialEq)]
pub(super) struct Item<'a> {
    /// The part before the first semicolon: a media range or the name of a preference.
    pub(super) name: &'a str,
    /// What followed the name after `=`; empty for `name=""` and `name` alone.
    pub(super) value: String,
    /// The parameters in order.
    pub(super) parameters: Vec<(&'a str, String)>,
}

impl Item<'_> {
    /// The value of a parameter, its name in any case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The items of a comma-separated list. Empty items (`a,,b`) are allowed by RFC 9110 section 5.6.1 and skipped.
pub(super) fn items(list: &str) -> impl Iterator<Item = Item<'_>> {
    split_unquoted(list, ',').filter_map(item)
}

/// A parameter of a media type, its name in any case.
pub(crate) fn parameter(media_type: &str, name: &str) -> Option<String> {
    item(media_type)?.parameter(name).map(str::to_owned)
}

fn item(text: &str) -> Option<Item<'_>> {
    let mut parts = split_unquoted(text, ';');
    let (name, value) = pair(parts.next()?);
    let parameters = parts.map(pair).filter(|(name, _)| !name.is_empty()).collect();
    (!name.is_empty()).then_some(Item { name, value, parameters })
}

fn pair(text: &str) -> (&str, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.trim(), unquote(value.trim()))
}

fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => out.extend(characters.next()),
            other => out.push(other),
        }
    }
    out
}

/// Splits at `separator` outside of double quotes. An unclosed quote reaches to the end.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character: char| {
        if escaped {
            escaped = false;
            return false;
        }
        match character {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            other => return other == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_and_values(list: &str) -> Vec<(&str, String)> {
        items(list).map(|item| (item.name, item.value)).collect()
    }

    #[test]
    fn commas_and_semicolons_inside_quotes_do_not_separate() {
        assert_eq!(names_and_values(r#"a="1,2;3", b"#), [("a", "1,2;3".into()), ("b", String::new())]);
    }

    #[test]
    fn an_escaped_quote_does_not_end_the_string() {
        assert_eq!(names_and_values(r#"a="x\"y,z", b=2"#), [("a", "x\"y,z".into()), ("b", "2".into())]);
    }

    #[test]
    fn empty_items_are_skipped_and_blanks_do_not_matter() {
        assert_eq!(names_and_values(" , a = 1 ,,\tb"), [("a", "1".into()), ("b", String::new())]);
    }

    #[test]
    fn an_unclosed_quote_reaches_to_the_end() {
        assert_eq!(names_and_values(r#"a="1, b"#), [("a", "1, b".into())]);
    }

    #[test]
    fn parameters_are_found_in_any_case() {
        let item = items("x; IEEE754compatible = \"true\";flag").next().unwrap();
        assert_eq!(item.parameter("ieee754Compatible"), Some("true"));
        assert_eq!(item.parameter("flag"), Some(""));
        assert_eq!(item.parameter("other"), None);
    }
}
