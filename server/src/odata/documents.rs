//! The service document and `$metadata`: what every evaluation of Power Query reads again, so both can be answered by
//! "not modified".

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use odata::edm::Model;
use odata::http::{MetadataFormat, negotiate_metadata};
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
    let format = asked.format(request.options.format.as_deref())?;
    let body = odata::write::service_document(model, &links.root, format);
    Ok(document(format.content_type(), body, asked))
}

/// The model, as XML or JSON.
pub(super) fn metadata(model: &Model, asked: &Asked, request: &Request) -> Result<Answer, Failure> {
    let format = negotiate_metadata(asked.accept.as_deref(), request.options.format.as_deref())?;
    let body = match format {
        MetadataFormat::Xml => odata::csdl::xml(model).into_bytes(),
        MetadataFormat::Json => odata::csdl::json(model),
    };
    Ok(document(format.content_type(), body, asked))
}

/// A document with its tag, or nothing but the tag when the client holds it already. The tag is weak, because the bytes
/// differ with the compression.
fn document(content_type: impl Into<String>, body: Vec<u8>, asked: &Asked) -> Answer {
    let digest = Sha256::digest(&body);
    // 128 bits: no two versions of a model will ever share it.
    let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]));
    let known = asked.if_none_match.as_deref().is_some_and(|field| matches_tag(field, &tag));
    let mut answer = if known { Answer::not_modified() } else { Answer::new(content_type, body) };
    answer.fields.push(("etag", tag));
    answer.fields.push(("cache-control", "private, no-cache".to_owned()));
    answer
}

/// Weak comparison, RFC 9110 section 8.8.3.2.
fn matches_tag(field: &str, tag: &str) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    field.split(',').any(|item| item.trim() == "*" || opaque(item) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_either_strength_and_in_a_list() {
        for (field, known) in [
            ("W/\"a\"", true),
            ("\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("", false),
        ] {
            assert_eq!(matches_tag(field, "W/\"a\""), known, "{field}");
        }
    }
}
