//! Which records are on which lists, by list and record.
//!
//! HubSpot documents that the records of a list come in ascending order of their ids. A page in which they do not is asked
//! for again.

use std::collections::BTreeSet;

use hubspot::{List, MembershipPage};

use super::{Batch, Candidate, TRIES, settle};
use crate::execute::{Context, ExecuteError, key};
use crate::model::{StoredSet, membership_row};

/// Stands between the id of a list and the cursor within it, neither of which has a blank.
const BETWEEN: char = ' ';

pub(super) struct MembersReader {
    /// The only lists; none: all.
    wanted: Option<BTreeSet<u64>>,
    /// Not read yet, the next one at the end; none before they were asked for.
    left: Option<Vec<List>>,
    /// Where to go on: the list, and HubSpot's cursor of the page in it.
    from: Option<(String, Option<String>)>,
    /// The last record read of the list at hand.
    last: u64,
}

impl MembersReader {
    pub(super) fn new(wanted: Option<BTreeSet<u64>>, after: Option<&str>) -> Self {
        let from = after.and_then(|after| after.split_once(BETWEEN)).map(|(list, cursor)| {
            (list.to_owned(), Some(cursor.to_owned()).filter(|cursor| !cursor.is_empty()))
        });
        Self { wanted, left: None, from, last: 0 }
    }

    /// The list and the page that come next.
    pub(super) fn after(&self) -> Option<String> {
        let (list, cursor) = self.from.as_ref()?;
        Some(format!("{list}{BETWEEN}{}", cursor.as_deref().unwrap_or_default()))
    }

    pub(super) async fn next(
        &mut self,
        context: &Context<'_>,
        set: &StoredSet,
    ) -> Result<Batch, ExecuteError> {
        let mut left = match self.left.take() {
            Some(left) => left,
            None => self.lists(context).await?,
        };
        let Some(list) = left.last() else {
            self.left = Some(left);
            return Ok(Batch { end: true, ..Batch::default() });
        };
        let cursor = match &self.from {
            Some((id, cursor)) if *id == list.list_id => cursor.clone(),
            _ => None,
        };
        let page = self.page(context, &list.list_id, cursor.as_deref()).await?;
        let object = context.model.list_object(&list.object_type_id);
        let candidate = |member| {
            let converted = membership_row(set, object, list, member);
            Candidate { key: key::of(&set.origin, &converted.row), updated: None, converted }
        };
        let candidates = page.members.iter().map(candidate).collect();
        self.last = page.members.last().map_or(self.last, |member| member.record_id);
        match page.after {
            Some(after) => self.from = Some((list.list_id.clone(), Some(after))),
            None => {
                left.pop();
                self.last = 0;
                // At the end the last list stays the place: a cursor must not lead back to the first.
                self.from = left.last().map(|list| (list.list_id.clone(), None)).or_else(|| self.from.take());
            }
        }
        let end = left.is_empty();
        self.left = Some(left);
        Ok(Batch { candidates, end, ..Batch::default() })
    }

    /// The lists in the order of their keys, which are texts, from the one at hand on.
    async fn lists(&self, context: &Context<'_>) -> Result<Vec<List>, ExecuteError> {
        let mut lists = context.client.lists(context.call).await?;
        let wanted = |list: &List| match &self.wanted {
            Some(wanted) => list.list_id.parse().is_ok_and(|id| wanted.contains(&id)),
            None => true,
        };
        lists.retain(|list| wanted(list) && self.from.as_ref().is_none_or(|(from, _)| list.list_id >= *from));
        lists.sort_by(|a, b| b.list_id.cmp(&a.list_id));
        Ok(lists)
    }

    async fn page(
        &self,
        context: &Context<'_>,
        list: &str,
        cursor: Option<&str>,
    ) -> Result<MembershipPage, ExecuteError> {
        for tries in 1..=TRIES {
            let page = match context.client.membership_page(context.call, list, cursor).await {
                // Deleted meanwhile.
                Err(hubspot::Error::NotFound { .. }) => MembershipPage { members: Vec::new(), after: None },
                answer => answer?,
            };
            let mut last = self.last;
            let mut members = page.members.iter();
            let ascends =
                members.all(|member| std::mem::replace(&mut last, member.record_id) < member.record_id);
            if ascends && (page.after.is_none() || page.after.as_deref() != cursor) {
                return Ok(page);
            }
            settle(context, tries).await;
        }
        Err(ExecuteError::changed(format!("the records of list {list} do not ascend after {}", self.last)))
    }
}
