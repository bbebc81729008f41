//! One answer as a page of rows, with the rules of the payload.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Fault, Row};
use crate::edm::EntityType;
use crate::wire::Answer;

/// A page that kept the rules.
#[derive(Debug)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<Row>,
    /// `@odata.count`, if asked for.
    pub count: Option<u64>,
    /// The rest.
    pub next: Option<String>,
    /// `Preference-Applied`.
    pub applied: Option<String>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(rename = "@odata.context")]
    context: String,
    #[serde(rename = "@odata.count")]
    count: Option<u64>,
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// What a page of a feed must show.
pub(crate) struct Expected<'a> {
    /// The URL of the service, with its slash.
    pub(crate) root: String,
    /// The entity set.
    pub(crate) set: &'a str,
    /// Its type.
    pub(crate) ty: &'a EntityType,
    /// The names of `$select`, if there is one.
    pub(crate) selected: Option<&'a [String]>,
}

impl Expected<'_> {
    /// Reads a page and checks it.
    pub(crate) fn read(&self, answer: &Answer) -> Result<Page, Fault> {
        let broken = |error: serde_json::Error| Fault::Rule(format!("a payload that is no page: {error}"));
        let body = std::str::from_utf8(&answer.body)
            .map_err(|_| Fault::Rule("a body that is not UTF-8".to_owned()))?;
        let payload: Payload<'_> = serde_json::from_str(body).map_err(broken)?;
        self.check_context(&payload.context)?;
        let rows: Vec<Row> = serde_json::from_str(payload.value.get()).map_err(broken)?;
        let applied = answer.field("Preference-Applied").map(str::to_owned);
        let omits = applied.as_deref().is_some_and(|applied| applied.contains("omit-values=nulls"));
        let all = self.ty.names();
        let expected = self.selected.unwrap_or(&all);
        rows.iter().try_for_each(|row| row.check(self.ty, expected, omits))?;
        Ok(Page { rows, count: payload.count, next: payload.next, applied })
    }

    /// `<root>$metadata#contacts` or `…#contacts(email,firstname)`: absolute, of this service, in the syntax of 4.0.
    fn check_context(&self, context: &str) -> Result<(), Fault> {
        let start = format!("{}$metadata#", self.root);
        let wrong = || format!("@odata.context {context:?} does not describe {}", self.set);
        let fragment = context.strip_prefix(&start).ok_or_else(|| Fault::Rule(wrong()))?;
        let rest = fragment.strip_prefix(self.set).ok_or_else(|| Fault::Rule(wrong()))?;
        Fault::unless(!context.contains("()"), wrong)?;
        let listed = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        match (listed, self.selected) {
            (None, None) => Fault::unless(rest.is_empty(), wrong),
            (Some(names), Some(selected)) => {
                let mut names: Vec<&str> = names.split(',').collect();
                let mut selected: Vec<&str> = selected.iter().map(String::as_str).collect();
                // Without the key, which a service may add.
                names.retain(|name| selected.contains(name) || !self.ty.key.iter().any(|key| key == name));
                names.sort_unstable();
                selected.sort_unstable();
                Fault::unless(names == selected, wrong)
            }
            _ => Err(Fault::Rule(wrong())),
        }
    }
}

/// The entity sets of a service document.
pub(crate) fn tables(answer: &Answer, root: &str) -> Result<Vec<String>, Fault> {
    #[derive(Deserialize)]
    struct Document {
        #[serde(rename = "@odata.context")]
        context: String,
        value: Vec<Table>,
    }
    #[derive(Deserialize)]
    struct Table {
        name: String,
        url: String,
    }
    let broken = |error: serde_json::Error| Fault::Rule(format!("no service document: {error}"));
    let document: Document = serde_json::from_slice(&answer.body).map_err(broken)?;
    Fault::unless(document.context == format!("{root}$metadata"), || {
        format!("context {:?}", document.context)
    })?;
    for table in &document.value {
        let fits = table.url == table.name || table.url == format!("{root}{}", table.name);
        Fault::unless(fits, || format!("{} is said to be at {:?}", table.name, table.url))?;
    }
    Ok(document.value.into_iter().map(|table| table.name).collect())
}
