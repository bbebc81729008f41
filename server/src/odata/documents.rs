//! The service document and `$metadata`.

use odata::edm::Model;
use odata::http::{MetadataFormat, negotiate, negotiate_metadata};
use odata::url::Request;

use super::headers::{Answer, Asked};
use super::links::Links;
use crate::error::Failure;

/// The list of entity sets.
pub(super) fn service(
    model: &Model,
    links: &Links,
    asked: &Asked,
    request: &Request,
) -> Result<Answer, Failure> {
    let format = negotiate(asked.accept.as_deref(), request.options.format.as_deref())?;
    Ok(Answer::new(format.content_type(), odata::write::service_document(model, &links.root, format)))
}

/// The model, as XML or JSON.
pub(super) fn metadata(model: &Model, asked: &Asked, request: &Request) -> Result<Answer, Failure> {
    let format = negotiate_metadata(asked.accept.as_deref(), request.options.format.as_deref())?;
    let body = match format {
        MetadataFormat::Xml => odata::csdl::xml(model).into_bytes(),
        MetadataFormat::Json => odata::csdl::json(model),
    };
    Ok(Answer::new(format.content_type(), body))
}
