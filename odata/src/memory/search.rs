//! `$search`: words in any text of a row, whatever their case.

use crate::url::Search;
use crate::value::Value;

/// Whether a row is one that is searched for.
pub(super) fn holds(search: &Search, row: &[Value]) -> bool {
    let mut texts = Vec::new();
    row.iter().for_each(|value| collect(value, &mut texts));
    search.term.holds(&|wanted| {
        let wanted = words(wanted);
        texts.iter().any(|text| text.windows(wanted.len().max(1)).any(|some| some == wanted))
    })
}

/// The texts of a value, each as its words.
fn collect(value: &Value, texts: &mut Vec<Vec<String>>) {
    match value {
        Value::String(text) | Value::Enum(text) => texts.push(words(text)),
        Value::Collection(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Complex(members) => members.iter().for_each(|(_, value)| collect(value, texts)),
        _ => {}
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_in_any_text_and_phrases_in_their_order() {
        let row = [
            Value::string("Child's helmet, blue"),
            Value::Collection(std::sync::Arc::new([Value::string("city-bike"), Value::Null])),
            Value::Int64(7),
        ];
        for (text, found) in [
            ("helmet", true),
            ("HELMET", true),
            ("helm", false),
            ("\"child's helmet\"", true),
            ("\"helmet child\"", false),
            ("\"blue city\"", false),
            ("city bike", true),
            ("7", false),
            ("NOT red", true),
            ("helmet AND (red OR blue)", true),
        ] {
            assert_eq!(holds(&Search::parse(text).unwrap(), &row), found, "{text}");
        }
    }
}
