//! Rows on their way into an answer's body: pages, single entities, references and properties.

use odata::http::{Format, TEXT_CONTENT_TYPE};
use odata::url::{Expand, Expanding, Part, PropertyPath};
use odata::write::{self, Expanded, PageWriter, Shape};
use odata::{Row, Value};

use super::headers::Answer;
use crate::execute::{Entity, Flow, Inline, Sink};

/// A page in memory, full at its size.
pub(super) struct Buffer<'a> {
    writer: PageWriter<'a>,
    expand: &'a [Expand],
    most: usize,
}

impl<'a> Buffer<'a> {
    /// A page of at most so many bytes, and what the last row has beyond.
    pub(super) fn new(shape: Shape<'a>, part: &Part, most: usize) -> Self {
        let expand = shape.expand;
        let writer = match part {
            Part::References => PageWriter::references(shape),
            _ => PageWriter::new(shape),
        };
        Self { writer, expand, most }
    }

    pub(super) fn finish(self, count: Option<u64>, next_link: Option<&str>) -> Vec<u8> {
        self.writer.finish(count, next_link)
    }
}

impl Sink for Buffer<'_> {
    fn push(&mut self, entity: Entity) -> Result<Flow, odata::Error> {
        self.writer.push_entity(&with_expanded(&entity, self.expand));
        Ok(match self.writer.len() {
            size if size >= self.most => Flow::Full,
            size if size >= self.most / 4 * 3 => Flow::Enough,
            _ => Flow::More,
        })
    }
}

/// The body about one entity, or about the part of it that is asked for.
pub(super) fn one(shape: &Shape<'_>, part: &Part, entity: &Entity) -> Answer {
    match part {
        Part::Property(path) => property(shape, &entity.row, path),
        Part::Value(path) => value(&entity.row, path),
        Part::References => json(shape.format, write::reference(shape, &entity.row)),
        _ => json(shape.format, write::entity_with(shape, &with_expanded(entity, shape.expand))),
    }
}

fn json(format: Format, body: Vec<u8>) -> Answer {
    Answer::new(format.content_type(), body)
}

fn property(shape: &Shape<'_>, row: &Row, path: &PropertyPath) -> Answer {
    match write::property(shape, row, path.property) {
        Some(body) => json(shape.format, body),
        None => Answer::no_content(),
    }
}

fn value(row: &[Value], path: &PropertyPath) -> Answer {
    match row.get(path.property).and_then(write::raw_value) {
        Some(body) => Answer::new(TEXT_CONTENT_TYPE, body),
        None => Answer::no_content(),
    }
}

fn with_expanded<'a>(entity: &'a Entity, expand: &[Expand]) -> write::Entity<'a> {
    let expanded = entity.expanded.iter().zip(expand).map(|(inline, expand)| of(inline, expand)).collect();
    write::Entity { row: &entity.row, expanded }
}

fn of<'a>(inline: &'a Inline, expand: &Expand) -> Expanded<'a> {
    let mut entities = inline.entities.iter().map(|entity| with_expanded(entity, &expand.options.expand));
    match expand.kind {
        Expanding::Count => Expanded::Count(inline.count.unwrap_or(0)),
        _ if expand.step.collection => {
            Expanded::Many { entities: entities.collect(), count: inline.count, next_link: None }
        }
        _ => Expanded::One(entities.next().map(Box::new)),
    }
}
