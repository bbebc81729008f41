//! Options on collections of values: which items, in which order, how many.

use super::{Context, compare_keys, matches, sort_keys};
use crate::error::Error;
use crate::url::{NestedSelect, Options, Select};
use crate::value::{Row, Value};

/// The items that the options ask for, and how many there are without `$skip` and `$top`.
///
/// # Errors
/// As [`evaluate`](super::evaluate).
pub fn items(options: &Options, items: &[Value], context: &Context) -> Result<(Vec<Value>, usize), Error> {
    let mut chosen = Vec::with_capacity(items.len());
    for item in items {
        let row = std::slice::from_ref(item);
        if options.filter.as_ref().map_or(Ok(true), |filter| matches(filter, row, context))? {
            chosen.push((sort_keys(&options.orderby, row, context)?, item));
        }
    }
    chosen.sort_by(|(left, _), (right, _)| compare_keys(&options.orderby, left, right));
    let count = chosen.len();
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let paged =
        chosen.into_iter().skip(options.skip.map_or(0, whole)).take(options.top.map_or(usize::MAX, whole));
    Ok((paged.map(|(_, item)| item.clone()).collect(), count))
}

/// A row in which the collections hold only the items that the options in `$select` ask for.
///
/// # Errors
/// As [`evaluate`](super::evaluate).
pub fn selected(select: &Select, mut row: Row, context: &Context) -> Result<Row, Error> {
    for NestedSelect { property, options } in &select.nested {
        if let Some(Value::Collection(all)) = row.get(*property) {
            let chosen = items(options, all, context)?.0;
            row[*property] = Value::Collection(chosen.into());
        }
    }
    Ok(row)
}
