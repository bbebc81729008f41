//! What a client asks in header fields, and the fields of an answer.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use odata::http::{Format, Preferences, Version, negotiate};

use crate::error::Failure;

/// Below this a compressed answer is no faster on any network.
const MIN_COMPRESSED: usize = 1024;

/// Negotiation of one request.
#[derive(Debug)]
pub(super) struct Asked {
    /// `Accept`, joined.
    pub(super) accept: Option<String>,
    /// `Prefer`.
    pub(super) preferences: Preferences,
    /// `If-None-Match`, joined.
    pub(super) if_none_match: Option<String>,
    /// Whether gzip may be used.
    pub(super) gzip: bool,
    /// The version of the answer.
    pub(super) version: Version,
}

impl Asked {
    /// Reads the fields; refuses an OData version that is not spoken.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Failure> {
        let one = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let version = odata::http::negotiate_version(one("odata-maxversion"), one("odata-version"))
            .map_err(|error| Failure::NotAcceptable(error.message))?;
        let texts = |name: &str| {
            headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let accept = texts(ACCEPT.as_str());
        let prefer = texts("prefer");
        let known = texts("if-none-match");
        Ok(Self {
            accept: (!accept.is_empty()).then(|| accept.join(",")),
            preferences: odata::http::preferences(prefer.iter().map(String::as_str)),
            if_none_match: (!known.is_empty()).then(|| known.join(",")),
            gzip: accepts_gzip(&texts(ACCEPT_ENCODING.as_str()).join(",")),
            version,
        })
    }

    /// The format of data, with `$format` over `Accept`.
    pub(super) fn format(&self, option: Option<&str>) -> Result<Format, Failure> {
        Ok(negotiate(self.accept.as_deref(), option)?.in_version(self.version))
    }
}

fn accepts_gzip(field: &str) -> bool {
    let said = |wanted: &str| {
        field.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next().filter(|coding| coding.eq_ignore_ascii_case(wanted))?;
            Some(!parts.any(is_zero_weight))
        })
    };
    // What is said of gzip itself goes before what is said of all codings.
    said("gzip").or_else(|| said("*")).unwrap_or(false)
}

fn is_zero_weight(parameter: &str) -> bool {
    let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    weight.is_some_and(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0))
}

/// A body on its way out, with the fields that belong to it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
    pub(super) status: StatusCode,
    pub(super) fields: Vec<(&'static str, String)>,
    /// Bytes of the body that the requests of a batch have noted as theirs.
    pub(super) in_parts: u64,
    /// What `OData-Version` says.
    pub(super) version: Version,
}

impl Answer {
    pub(super) fn new(content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type: content_type.into(),
            body: body.into(),
            status: StatusCode::OK,
            fields: Vec::new(),
            in_parts: 0,
            version: Version::V4_0,
        }
    }

    /// What the OData layer answered as a whole, with the fields that are its alone.
    pub(super) fn of_service(answer: odata::service::Answer) -> Self {
        let own = |name: &str| answer.fields.iter().find(|(field, _)| *field == name);
        let text = |name: &str| own(name).map(|(_, text)| text.clone());
        let mut fields: Vec<(&'static str, String)> = Vec::new();
        fields.extend(text("preference-applied").map(|text| ("preference-applied", text)));
        if let Some(tag) = text("etag") {
            fields.push(("etag", tag));
            fields.push(("cache-control", "private, no-cache".to_owned()));
        }
        let content_type = text("content-type").unwrap_or_default();
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let newer = text("odata-version").as_deref() == Some(Version::V4_01.as_str());
        let version = if newer { Version::V4_01 } else { Version::V4_0 };
        Self { content_type, body: answer.body, status, fields, in_parts: 0, version }
    }

    /// 204: the property is null.
    pub(super) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::new(String::new(), Vec::new()) }
    }

    /// 304: the client has it.
    pub(super) fn not_modified() -> Self {
        Self { status: StatusCode::NOT_MODIFIED, ..Self::new(String::new(), Vec::new()) }
    }

    /// The fields that describe it, wherever it stands: in a response of its own or in that of a batch.
    pub(super) fn described(&self) -> Vec<(&'static str, String)> {
        let content_type =
            (!self.content_type.is_empty()).then(|| ("content-type", self.content_type.clone()));
        let version = ("odata-version", self.version.as_str().to_owned());
        content_type.into_iter().chain([version]).chain(self.fields.iter().cloned()).collect()
    }

    /// The response: whole, with its length, compressed when asked and worth it.
    pub(super) async fn into_response(self, gzip: bool) -> Result<axum::response::Response, Failure> {
        let compress = gzip && self.body.len() >= MIN_COMPRESSED;
        let fields = self.described();
        let body = if compress { compressed(self.body).await? } else { self.body };
        let mut response = axum::response::Response::new(axum::body::Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let mut set = |name: &'static str, text: &str| {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        };
        set(VARY.as_str(), "Accept, Accept-Encoding, OData-MaxVersion, OData-Version, Prefer");
        if compress {
            set(CONTENT_ENCODING.as_str(), "gzip");
        }
        for (name, text) in &fields {
            set(name, text);
        }
        Ok(response)
    }
}

async fn compressed(body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    // 4 MiB take some 40 ms at level 1: too long for a thread that serves others.
    let work = tokio::task::spawn_blocking(move || {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&body)?;
        encoder.finish()
    });
    let outcome = work.await.map_err(|error| Failure::Internal(format!("compression: {error}")))?;
    outcome.map_err(|error| Failure::Internal(format!("compression: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_only_when_it_is_accepted() {
        for (field, expected) in [
            ("gzip, deflate", true),
            ("GZIP", true),
            ("*", true),
            ("gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("gzip;Q=0", false),
            ("gzip;q=0, *", false),
            ("*;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(field), expected, "{field}");
        }
    }
}
