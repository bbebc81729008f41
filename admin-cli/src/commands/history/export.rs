//! The history as a file: for spreadsheets, and for programs that read line by line.

use serde::Serialize;
use serde_json::Value;

use crate::args::FormatArg;
use crate::failure::Failure;
use crate::output::{Answer, csv};

/// The columns of an entry; the last holds what is particular to its kind, as JSON.
pub(super) const ENTRY: [&str; 11] = [
    "at",
    "kind",
    "action",
    "actor",
    "token_id",
    "user",
    "data_source",
    "outcome",
    "reason",
    "request_id",
    "details",
];

/// The columns of a refresh.
pub(super) const REFRESH: [&str; 12] = [
    "started_at",
    "ended_at",
    "token_id",
    "label",
    "user",
    "data_source",
    "requests",
    "rows",
    "bytes",
    "outcome",
    "error_code",
    "nulled_values",
];

/// All of it, the oldest first.
pub(super) fn answer(
    format: FormatArg,
    columns: &[&str],
    entries: &[impl Serialize],
) -> Result<Answer, Failure> {
    let mut lines: Vec<String> = header(format, columns).into_iter().collect();
    for entry in entries.iter().rev() {
        lines.push(line(format, columns, entry)?);
    }
    let text = lines.join("\n");
    Ok(Answer::written(text.clone(), text))
}

/// The first line, where there is one.
pub(super) fn header(format: FormatArg, columns: &[&str]) -> Option<String> {
    (format == FormatArg::Csv).then(|| csv::line(columns.iter().copied()))
}

/// One entry.
pub(super) fn line(format: FormatArg, columns: &[&str], entry: &impl Serialize) -> Result<String, Failure> {
    let value = serde_json::to_value(entry).map_err(|error| Failure::failed("Output", error.to_string()))?;
    if format == FormatArg::Jsonl {
        return Ok(value.to_string());
    }
    let cells: Vec<String> = columns.iter().map(|column| cell(&value[*column])).collect();
    Ok(csv::line(cells.iter().map(String::as_str)))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
