//! Answers with rows: collections, their number, single entities and their properties.

use super::{Answer, Asked, Call, Refusal, Source, Wish, next_link};
use crate::edm::{Model, SetId};
use crate::error::{Error, ErrorKind};
use crate::http::{BINARY_CONTENT_TYPE, Honoured};
use crate::url::{Request, Resource};
use crate::value::{Row, Value};
use crate::write::{self, PageWriter, Shape};

/// Everything an answer with rows is made from.
struct Rows<'a> {
    model: &'a Model,
    source: &'a dyn Source,
    call: &'a Call<'a>,
    asked: &'a Asked,
    request: &'a Request,
    wish: Wish,
}

pub(super) fn answer(
    model: &Model,
    source: &dyn Source,
    call: &Call<'_>,
    asked: &Asked,
    request: &Request,
) -> Result<Answer, Refusal> {
    let wish = Wish { now: call.now, max_page_size: asked.preferences.max_page_size };
    let rows = Rows { model, source, call, asked, request, wish };
    match request.resource {
        Resource::EntitySet { set } => rows.page(set),
        Resource::Count { .. } => {
            let count = source.count(model, request, &rows.wish)?;
            Ok(Answer::text(count.to_string()))
        }
        Resource::Entity { set, .. } => rows.entity(set),
        Resource::Property { set, property, .. } => rows.property(set, property),
        Resource::PropertyValue { property, .. } => rows.value(property),
        _ => Err(Error::not_supported("This kind of request is").into()),
    }
}

impl Rows<'_> {
    fn page(&self, set: SetId) -> Result<Answer, Refusal> {
        let shape = self.shape(set)?;
        let page = self.source.page(self.model, self.request, &self.wish)?;
        let mut writer = PageWriter::new(shape);
        page.rows.iter().for_each(|row| writer.push(row));
        let next = page.next.as_deref();
        let next = next.map(|token| next_link(self.call.root, self.call.path, &self.request.options, token));
        let body = writer.finish(page.count, next.as_deref());
        Ok(self.applied(Answer::ok(shape.format.content_type(), body), page.size))
    }

    fn entity(&self, set: SetId) -> Result<Answer, Refusal> {
        let shape = self.shape(set)?;
        let body = write::entity(&shape, &self.row()?);
        Ok(self.applied(Answer::ok(shape.format.content_type(), body), None))
    }

    fn property(&self, set: SetId, property: usize) -> Result<Answer, Refusal> {
        let shape = self.shape(set)?;
        let body = write::property(&shape, &self.row()?, property);
        let answer =
            body.map_or_else(Answer::no_content, |body| Answer::ok(shape.format.content_type(), body));
        Ok(self.applied(answer, None))
    }

    fn value(&self, property: usize) -> Result<Answer, Refusal> {
        let row = self.row()?;
        let value = row.get(property).unwrap_or(&Value::Null);
        Ok(match (value, write::raw_value(value)) {
            (_, None) => Answer::no_content(),
            (Value::Binary(_), Some(body)) => Answer::ok(BINARY_CONTENT_TYPE, body),
            (_, Some(body)) => Answer::text(body),
        })
    }

    fn row(&self) -> Result<Row, Refusal> {
        let found = self.source.entity(self.model, self.request, &self.wish)?;
        let nobody = || Error::new(ErrorKind::EntityNotFound, "There is no entity with this key.");
        Ok(found.ok_or_else(nobody)?)
    }

    fn shape(&self, set: SetId) -> Result<Shape<'_>, Refusal> {
        let options = &self.request.options;
        let format = self.asked.format(options.format.as_deref())?;
        let shape = Shape::new(self.model, set, self.call.root, format).selecting(options.select.as_ref());
        Ok(Shape { omit_nulls: self.asked.preferences.omit_nulls, ..shape })
    }

    fn applied(&self, answer: Answer, page_size: Option<u64>) -> Answer {
        let preferences = &self.asked.preferences;
        let honoured =
            Honoured { max_page_size: page_size, omit_nulls: preferences.omit_nulls, ..Honoured::default() };
        match preferences.applied(&honoured) {
            Some(applied) => answer.with("preference-applied", applied),
            None => answer,
        }
    }
}
