//! A table while it is read: page by page to the end, no row twice.

use std::collections::HashSet;

use super::page::Expected;
use super::{Fault, Page, PowerQuery, Row};
use crate::edm::{EntityType, Metadata};

/// A chain of pages.
pub struct Feed<'a> {
    client: &'a mut PowerQuery,
    next: Option<String>,
    set: String,
    ty: EntityType,
    selected: Option<Vec<String>>,
    keys: HashSet<String>,
    /// `@odata.count` of the first page.
    pub count: Option<u64>,
    /// Pages read.
    pub pages: usize,
}

impl<'a> Feed<'a> {
    pub(crate) fn new(
        client: &'a mut PowerQuery,
        first: &str,
        metadata: &Metadata,
    ) -> Result<Feed<'a>, Fault> {
        let behind = first.strip_prefix(&client.url("")).unwrap_or_default().to_owned();
        let (set, query) = behind.split_once('?').unwrap_or((&behind, ""));
        let ty = metadata.sets.get(set).ok_or_else(|| Fault::Rule(format!("{set} is not declared")))?;
        let selected = selected(query, ty);
        Ok(Feed {
            client,
            next: Some(first.to_owned()),
            set: set.to_owned(),
            ty: ty.clone(),
            selected,
            keys: HashSet::new(),
            count: None,
            pages: 0,
        })
    }

    /// The next page; nothing behind the last.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn page(&mut self) -> Result<Option<Page>, Fault> {
        let Some(url) = self.next.take() else { return Ok(None) };
        let answer = self.client.json(&url)?;
        let root = self.client.url("");
        let expected = Expected { root, set: &self.set, ty: &self.ty, selected: self.selected.as_deref() };
        let page = expected.read(&answer)?;
        for key in page.rows.iter().filter_map(|row| row.key(&self.ty)) {
            Fault::unless(self.keys.insert(key.clone()), || format!("{key} comes twice in {}", self.set))?;
        }
        if self.pages == 0 {
            self.count = page.count;
        }
        self.pages += 1;
        Fault::unless(page.next.as_deref() != Some(&url), || format!("a link to itself: {url}"))?;
        self.next.clone_from(&page.next);
        Ok(Some(page))
    }

    /// The link that will be followed.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// All rows to the end.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn rows(mut self) -> Result<Vec<Row>, Fault> {
        let mut rows = Vec::new();
        while let Some(page) = self.page()? {
            rows.extend(page.rows);
        }
        Ok(rows)
    }
}

/// The names in `$select`; `*` selects everything.
fn selected(query: &str, ty: &EntityType) -> Option<Vec<String>> {
    let option = query.split('&').find_map(|option| {
        let (name, value) = option.split_once('=')?;
        matches!(name, "$select" | "%24select").then_some(value)
    })?;
    let names: Vec<String> =
        option.replace("%2C", ",").replace("%20", "").split(',').map(str::to_owned).collect();
    if names.iter().any(|name| name == "*") {
        return None;
    }
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        // Navigation properties may be named beside $expand; they are no columns.
        if ty.property(&name).is_some() && !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    Some(distinct)
}
