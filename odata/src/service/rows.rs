//! Answers with rows: collections, their number, single entities and references.

use super::{Answer, Asked, Call, One, Refusal, Source, Wish, next_link, properties};
use crate::edm::Model;
use crate::error::{Error, ErrorKind};
use crate::eval::{self, Context};
use crate::http::Honoured;
use crate::url::{Options, Part, Request, ResourcePath};
use crate::write::{self, Entity, PageWriter, Shape};

/// Everything an answer with rows is made from.
pub(super) struct Rows<'a> {
    pub(super) model: &'a Model,
    source: &'a dyn Source,
    call: &'a Call<'a>,
    asked: &'a Asked,
    pub(super) path: &'a ResourcePath,
    pub(super) options: &'a Options,
    pub(super) wish: Wish,
}

pub(super) fn answer(
    model: &Model,
    source: &dyn Source,
    call: &Call<'_>,
    asked: &Asked,
    request: &Request,
) -> Result<Answer, Refusal> {
    let no_rows = || Error::not_supported("This kind of request is");
    let path = request.resource.path().ok_or_else(no_rows)?;
    let options = &request.options;
    chooses_only_own_items(options)?;
    let wish = Wish { now: call.now, max_page_size: asked.preferences.max_page_size };
    let rows = Rows { model, source, call, asked, path: &path, options, wish };
    match &path.part {
        Part::Entities | Part::References if path.is_collection() => rows.page(),
        Part::Entities | Part::References => rows.entity(),
        Part::Count => {
            let count = source.count(&path, options, &rows.wish)?.ok_or_else(missing)?;
            Ok(Answer::text(count.to_string()))
        }
        Part::Property(property) => properties::property(&rows, property),
        Part::Value(property) => properties::value(&rows, property),
        Part::PropertyCount(property) => properties::count(&rows, property),
    }
}

impl<'a> Rows<'a> {
    fn page(&self) -> Result<Answer, Refusal> {
        let shape = self.shape()?;
        let page = self.source.page(self.path, self.options, &self.wish)?.ok_or_else(missing)?;
        let references = self.path.part == Part::References;
        let mut writer = if references { PageWriter::references(shape) } else { PageWriter::new(shape) };
        for entity in &page.entities {
            self.chosen(entity, |entity| writer.push_entity(entity))?;
        }
        let next = page.next.as_deref();
        let next = next.map(|token| next_link(self.call.root, self.call.path, self.options, token));
        let body = writer.finish(page.count, next.as_deref());
        Ok(self.applied(Answer::ok(shape.format.content_type(), body), page.size))
    }

    fn entity(&self) -> Result<Answer, Refusal> {
        let shape = self.shape()?;
        let Some(entity) = self.found()? else { return Ok(Answer::no_content()) };
        let body = match self.path.part {
            Part::References => write::reference(&shape, entity.row),
            _ => self.chosen(&entity, |entity| write::entity_with(&shape, entity))?,
        };
        Ok(self.applied(Answer::ok(shape.format.content_type(), body), None))
    }

    /// Writes an entity with the items of its collections that `$select` asks for.
    fn chosen<T>(&self, entity: &Entity<'_>, write: impl FnOnce(&Entity<'_>) -> T) -> Result<T, Error> {
        let parts = self.options.select.as_ref().filter(|select| !select.nested.is_empty());
        let Some(select) = parts else { return Ok(write(entity)) };
        let row = eval::selected(select, entity.row.to_vec(), &self.context());
        let row = row.map_err(|error| error.about("$select"))?;
        Ok(write(&Entity { row: &row, expanded: entity.expanded.clone() }))
    }

    pub(super) fn context(&self) -> Context {
        Context { now: self.wish.now }
    }

    /// The entity at the end of the path; none where a navigation property leads to nothing.
    pub(super) fn found(&self) -> Result<Option<Entity<'a>>, Refusal> {
        match self.source.one(self.path, self.options, &self.wish)? {
            One::Entity(entity) => Ok(Some(entity)),
            One::Nothing => Ok(None),
            One::Missing => Err(missing().into()),
        }
    }

    pub(super) fn shape(&self) -> Result<Shape<'a>, Refusal> {
        let format = self.asked.format(self.options.format.as_deref())?;
        let shape = Shape::of_path(self.model, self.path, self.call.root, format).asking(self.options);
        Ok(Shape { omit_nulls: self.asked.preferences.omit_nulls, ..shape })
    }

    pub(super) fn applied(&self, answer: Answer, page_size: Option<u64>) -> Answer {
        let preferences = &self.asked.preferences;
        let honoured =
            Honoured { max_page_size: page_size, omit_nulls: preferences.omit_nulls, ..Honoured::default() };
        match preferences.applied(&honoured) {
            Some(applied) => answer.with("preference-applied", applied),
            None => answer,
        }
    }
}

fn missing() -> Error {
    Error::new(ErrorKind::EntityNotFound, "There is no such entity.")
}

/// Refuses what would be answered by more than is asked for: items of a collection inside of a complex value or of an
/// expanded entity are not chosen, and their number is not written.
fn chooses_only_own_items(options: &Options) -> Result<(), Error> {
    for nested in options.select.iter().flat_map(|select| &select.nested) {
        if nested.options.count {
            return Err(
                Error::not_supported("Counting the items of a collection in $select is").about("$select")
            );
        }
        whole_items(&nested.options)?;
    }
    options.expand.iter().try_for_each(|expand| whole_items(&expand.options))
}

fn whole_items(options: &Options) -> Result<(), Error> {
    for Options { filter, orderby, top, skip, .. } in nested_options(options) {
        if filter.is_some() || !orderby.is_empty() || top.is_some() || skip.is_some() {
            return Err(Error::not_supported("Choosing items below $expand or inside of a complex value is")
                .about("$select"));
        }
    }
    chooses_only_own_items(options)
}

fn nested_options(options: &Options) -> impl Iterator<Item = &Options> {
    options.select.iter().flat_map(|select| &select.nested).map(|nested| &nested.options)
}
