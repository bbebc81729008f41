//! What a client asks in header fields.

use crate::error::Error;
use crate::http::{Format, MetadataFormat, Preferences, Version};
use crate::http::{negotiate, negotiate_metadata, negotiate_version, preferences};

use super::{Call, Refusal, refusal};

/// The fields of a request that have a meaning here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// `Accept`, several joined by commas.
    pub accept: Option<String>,
    /// `Prefer`
    pub preferences: Preferences,
    /// `If-None-Match`, several joined by commas.
    pub if_none_match: Option<String>,
    /// The version of the answer.
    pub version: Version,
}

impl Asked {
    /// Reads the fields of a request; their names may be in any case.
    ///
    /// # Errors
    /// 406 for a version below 4.0, and for what is no version.
    pub fn read(fields: &[(&str, &str)]) -> Result<Self, Refusal> {
        let all = |name: &str| {
            let own = fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
            let texts: Vec<&str> = own.map(|(_, value)| *value).collect();
            (!texts.is_empty()).then(|| texts.join(","))
        };
        let (highest, own) = (all("odata-maxversion"), all("odata-version"));
        let version = negotiate_version(highest.as_deref(), own.as_deref()).map_err(refusal::of_version)?;
        let prefer = all("prefer");
        Ok(Self {
            accept: all("accept"),
            preferences: preferences(prefer.as_deref().into_iter()),
            if_none_match: all("if-none-match"),
            version,
        })
    }

    /// The format of data, with `$format` over `Accept`.
    ///
    /// # Errors
    /// `NotAcceptable`, as [`negotiate`].
    pub fn format(&self, option: Option<&str>) -> Result<Format, Error> {
        Ok(negotiate(self.accept.as_deref(), option)?.in_version(self.version))
    }

    /// The format of the metadata document.
    ///
    /// # Errors
    /// `NotAcceptable`, as [`negotiate_metadata`].
    pub fn metadata_format(&self, option: Option<&str>) -> Result<MetadataFormat, Error> {
        negotiate_metadata(self.accept.as_deref(), option)
    }

    /// Whether the client holds what has this entity tag; compared weakly (RFC 9110 section 8.8.3.2).
    pub fn holds(&self, tag: &str) -> bool {
        let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
        let field = self.if_none_match.as_deref().unwrap_or_default();
        field.split(',').any(|item| item.trim() == "*" || opaque(item) == opaque(tag))
    }
}

/// The query options that `$query` sends as text, in the form they would have in a URL.
pub(super) fn options<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let mut sorts = call.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case("content-type"));
    let sort = sorts.next().and_then(|(_, value)| value.split(';').next()).unwrap_or_default();
    let text = std::str::from_utf8(call.body).ok().filter(|_| sort.trim().eq_ignore_ascii_case("text/plain"));
    text.map(|text| text.trim().trim_start_matches('?')).ok_or_else(refusal::media_type)
}
