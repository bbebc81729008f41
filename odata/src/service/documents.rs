//! The service document and `$metadata`. Both have a tag, because clients read them again before every query.

use super::{Answer, Asked, Refusal};
use crate::edm::Model;
use crate::http::MetadataFormat;
use crate::url::Request;
use crate::{csdl, write};

/// The list of entity sets and singletons.
pub(super) fn service(
    model: &Model,
    root: &str,
    asked: &Asked,
    request: &Request,
) -> Result<Answer, Refusal> {
    let format = asked.format(request.options.format.as_deref())?;
    Ok(document(format.content_type(), write::service_document(model, root, format), asked))
}

/// The model, as XML or JSON.
pub(super) fn metadata(model: &Model, asked: &Asked, request: &Request) -> Result<Answer, Refusal> {
    let format = asked.metadata_format(request.options.format.as_deref())?;
    let body = match format {
        MetadataFormat::Xml => csdl::xml(model).into_bytes(),
        MetadataFormat::Json => csdl::json(model),
    };
    Ok(document(format.content_type().to_owned(), body, asked))
}

fn document(content_type: String, body: Vec<u8>, asked: &Asked) -> Answer {
    let tag = format!("W/\"{:032x}\"", digest(&body));
    let answer = if asked.holds(&tag) { Answer::not_modified() } else { Answer::ok(content_type, body) };
    answer.with("etag", tag)
}

/// FNV-1a with 128 bits: nobody but the service itself chooses what is in these documents.
fn digest(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_published_one() {
        assert_eq!(digest(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(digest(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
