//! What may be logged and stored of a query: its shape, without the values it compares with.

use odata::edm::Model;
use odata::url::{Part, PathStart, Request, Resource};

use crate::layers::Notes;

/// Longer shapes are cut: 300 conditions in a row tell no more than fifty.
const MAX_SHAPE: usize = 2_000;

/// Notes the resource and the query's shape.
pub(super) fn note(notes: &mut Notes, model: &Model, request: &Request) {
    notes.resource = Some(resource(model, &request.resource));
    let options: Vec<String> =
        request.options.raw.iter().filter_map(|(name, value)| option(name, value)).collect();
    let continued = if request.options.skiptoken.is_some() { Some("(next page)".to_owned()) } else { None };
    let text: String = options.into_iter().chain(continued).collect::<Vec<_>>().join("&");
    notes.query = (!text.is_empty()).then(|| text.chars().take(MAX_SHAPE).collect());
}

/// Custom options may hold anything and are left out; a search is nothing but a value.
fn option(name: &str, value: &str) -> Option<String> {
    match name {
        "$skiptoken" => None,
        "$search" => Some("$search=?".to_owned()),
        _ if name.starts_with(['$', '@']) => Some(format!("{name}={}", without_literals(&decoded(value)))),
        _ => None,
    }
}

/// The path, without keys.
fn resource(model: &Model, resource: &Resource) -> String {
    let Some(path) = resource.path() else {
        return match resource {
            Resource::Metadata => "$metadata",
            Resource::Batch => "$batch",
            _ => "service document",
        }
        .to_owned();
    };
    let mut text = match &path.start {
        PathStart::Set(set) => model.set(*set).name.clone(),
        PathStart::Entity(set, _) => format!("{}(?)", model.set(*set).name),
        PathStart::Singleton(id) => model.singleton_with(*id).name.clone(),
    };
    for step in &path.steps {
        let key = if step.key.is_some() { "(?)" } else { "" };
        text.push_str(&format!("/{}{key}", model.way(&step.step).name));
    }
    match path.part {
        Part::Count => text + "/$count",
        Part::References => text + "/$ref",
        _ => text,
    }
}

pub(super) fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if byte == b'+' { b' ' } else { byte });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every literal becomes `?`: quoted texts whole, and each word that begins like a number, a date or a GUID.
fn without_literals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = after_quoted(&rest[1..]);
            out.push('?');
        } else if is_word(first) || first == '-' {
            let end = rest.find(|c: char| !is_word(c) && !matches!(c, '-' | '+' | ':')).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            out.push_str(if is_literal(word) { "?" } else { word });
            rest = tail;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '@' | '*')
}

fn is_literal(word: &str) -> bool {
    word.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit())
        || word.matches('-').count() == 4
}

fn after_quoted(text: &str) -> &str {
    let mut rest = text;
    while let Some(quote) = rest.find('\'') {
        rest = &rest[quote + 1..];
        match rest.strip_prefix('\'') {
            Some(more) => rest = more,
            None => return rest,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_survives_and_the_shape_does() {
        for (text, shape) in [
            ("email eq 'anna@example.com' and amount gt 12.5", "email eq ? and amount gt ?"),
            ("name eq 'O''Neil' or contains(name,'x')", "name eq ? or contains(name,?)"),
            ("createdate ge 2024-01-01T00:00:00+01:00", "createdate ge ?"),
            ("id in (1,2,-3)", "id in (?,?,?)"),
            ("g eq 01234567-89ab-cdef-0123-456789abcdef", "g eq ?"),
            ("g eq abcdef01-89ab-cdef-0123-456789abcdef", "g eq ?"),
            ("not (hs_is_closed eq true) and a eq null", "not (hs_is_closed eq true) and a eq null"),
            ("name eq 'unterminated", "name eq ?"),
            ("name eq 'Zoë'", "name eq ?"),
        ] {
            assert_eq!(without_literals(text), shape);
        }
    }

    #[test]
    fn percent_encoding_hides_nothing() {
        assert_eq!(without_literals(&decoded("email%20eq%20%27anna%27")), "email eq ?");
    }
}
