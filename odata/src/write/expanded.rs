//! Entities with what is expanded of them.

use super::json::{self, Style};
use super::record::Record;
use super::reference::id_member;
use super::{Shape, control};
use crate::edm::NavigationProperty;
use crate::url::{Expand, Expanding};
use crate::value::Value;

/// An entity and what is expanded of it, in the order of [`Options::expand`](crate::url::Options::expand).
#[derive(Debug, Clone, PartialEq)]
pub struct Entity<'a> {
    /// Its values, with the key.
    pub row: &'a [Value],
    /// What the expanded navigation properties lead to.
    pub expanded: Vec<Expanded<'a>>,
}

/// What an expanded navigation property leads to. Of references, only the keys of the rows are written.
#[derive(Debug, Clone, PartialEq)]
pub enum Expanded<'a> {
    /// At most one entity.
    One(Option<Box<Entity<'a>>>),
    /// Any number of entities.
    Many {
        /// Those to write.
        entities: Vec<Entity<'a>>,
        /// How many there are, for `$count=true`.
        count: Option<u64>,
        /// The absolute URL of those that are not written.
        next_link: Option<String>,
    },
    /// Their number alone (`/$count`).
    Count(u64),
}

impl<'a> Entity<'a> {
    /// An entity of which nothing is expanded.
    pub fn of(row: &'a [Value]) -> Self {
        Self { row, expanded: Vec::new() }
    }
}

/// How to write an expanded navigation property.
#[derive(Debug)]
pub(super) struct Branch<'a> {
    way: &'a NavigationProperty,
    kind: Expanding,
    record: Record<'a>,
    /// `,"name":`
    prefix: Box<[u8]>,
}

impl<'a> Branch<'a> {
    pub(super) fn new(shape: &Shape<'a>, expand: &'a Expand) -> Self {
        let way = shape.model.way(&expand.step);
        let mut prefix = vec![b','];
        json::name(&mut prefix, &way.name);
        Self { way, kind: expand.kind, record: Record::new(shape.expanded(expand)), prefix: prefix.into() }
    }

    /// Whether the ids of its entities are made from that of the entity above.
    pub(super) fn needs_id_above(&self) -> bool {
        self.record.shape.set.is_none()
    }

    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        style: &Style<'_>,
        expanded: &Expanded<'_>,
        above: Option<&str>,
    ) {
        match expanded {
            Expanded::Count(count) => self.count(out, style, *count),
            Expanded::One(None) => {
                if !style.omit_nulls {
                    out.extend_from_slice(&self.prefix);
                    out.extend_from_slice(b"null");
                }
            }
            Expanded::One(Some(entity)) => {
                out.extend_from_slice(&self.prefix);
                self.entity(out, entity, above);
            }
            Expanded::Many { entities, count, next_link } => {
                if let Some(count) = count {
                    self.count(out, style, *count);
                }
                out.extend_from_slice(&self.prefix);
                out.push(b'[');
                for (index, entity) in entities.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.entity(out, entity, above);
                }
                out.push(b']');
                if let Some(url) = next_link {
                    out.push(b',');
                    control::about(out, style.format, &self.way.name, "nextLink");
                    json::string(out, url);
                }
            }
        }
    }

    fn count(&self, out: &mut Vec<u8>, style: &Style<'_>, count: u64) {
        out.push(b',');
        control::about(out, style.format, &self.way.name, "count");
        style.count(out, count);
    }

    fn entity(&self, out: &mut Vec<u8>, entity: &Entity<'_>, above: Option<&str>) {
        let start = out.len();
        let shape = &self.record.shape;
        let below = || above.and_then(|above| shape.id_below(above, self.way, entity.row));
        let own = if self.needs_id_above() { below() } else { None };
        if self.kind == Expanding::References {
            id_member(out, shape.format, own.or_else(|| shape.entity_id(entity.row)).as_deref());
        } else {
            self.record.members(out, entity, own);
        }
        json::open_object(out, start);
        out.push(b'}');
    }
}

#[cfg(test)]
#[path = "expanded_tests.rs"]
mod tests;
