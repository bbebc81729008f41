//! Rows by their key.

use std::collections::HashMap;

use crate::value::Value;

/// Which row has which key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Keys(HashMap<String, usize>);

impl Keys {
    /// Adds a row; false when its key is taken.
    pub(super) fn add(&mut self, key: &[&Value], row: usize) -> bool {
        self.0.insert(text(key), row).is_none()
    }

    pub(super) fn find(&self, key: &[&Value]) -> Option<usize> {
        self.0.get(&text(key)).copied()
    }
}

/// The key of a row.
pub(super) fn of<'a>(key: &[usize], row: &'a [Value]) -> Vec<&'a Value> {
    key.iter().filter_map(|&index| row.get(index)).collect()
}

/// Equal for equal values, different for different ones: literals, with decimals in their shortest form.
pub(super) fn text(values: &[&Value]) -> String {
    let mut text = String::new();
    for value in values {
        match value {
            Value::Decimal(number) => text.push_str(&number.normalize().to_string()),
            other => text.push_str(&other.to_string()),
        }
        // Every literal with a comma in it is quoted.
        text.push(',');
    }
    text
}
