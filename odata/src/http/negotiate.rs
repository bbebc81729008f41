//! `Accept` and `$format`: which representation is written.
//!
//! Data is JSON, in one of three amounts of metadata; the description of the service is XML or JSON. Unknown parameters
//! (`odata=verbose`, `odata=minimalmetadata`, `charset`) do not count, so that clients of older versions are served.

use super::Version;
use super::grammar::{Item, items};
use crate::error::{Error, ErrorKind};

/// How much control information a JSON answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetadataLevel {
    /// Only what cannot be left out: the count and the link to the next page.
    None,
    /// The context URL beside it. The default.
    #[default]
    Minimal,
    /// Everything a client could also compute from the metadata document.
    Full,
}

impl MetadataLevel {
    /// The value of the media type parameter `odata.metadata`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Full => "full",
        }
    }
}

/// The representation of data that was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Format {
    /// The amount of control information.
    pub metadata: MetadataLevel,
    /// `IEEE754Compatible=true`: `Edm.Int64`, `Edm.Decimal` and counts are written as strings.
    pub ieee754: bool,
    /// `odata.streaming=true`: the client reads while it receives. Our order of members always allows it.
    pub streaming: bool,
    /// Which version of the JSON format; it is agreed on apart, by [`negotiate_version`](super::negotiate_version).
    pub version: Version,
}

impl Format {
    /// The same in another version.
    #[must_use]
    pub fn in_version(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// The `Content-Type` of an answer in this format, with the parameter names of its version.
    pub fn content_type(self) -> String {
        let prefix = self.version.prefix();
        let streaming = if self.streaming { format!(";{prefix}streaming=true") } else { String::new() };
        let ieee754 = if self.ieee754 { ";IEEE754Compatible=true" } else { "" };
        let level = self.metadata.as_str();
        format!("application/json;{prefix}metadata={level}{streaming}{ieee754};charset=utf-8")
    }
}

/// The representation of the metadata document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataFormat {
    /// CSDL XML.
    Xml,
    /// CSDL JSON.
    Json,
}

impl MetadataFormat {
    /// The `Content-Type` of the document.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml;charset=utf-8",
            Self::Json => "application/json;charset=utf-8",
        }
    }
}

/// The format of data: `$format` if it is given, else the `Accept` header (several headers joined by commas).
///
/// ```
/// use odata::http::{negotiate, MetadataLevel};
/// let format = negotiate(Some("application/json;odata.metadata=full, */*;q=0.1"), None).unwrap();
/// assert_eq!(format.metadata, MetadataLevel::Full);
/// ```
///
/// # Errors
/// `NotAcceptable` when no kind of JSON is admitted.
pub fn negotiate(accept: Option<&str>, format: Option<&str>) -> Result<Format, Error> {
    match (format, accept.filter(|text| !text.trim().is_empty())) {
        (Some(format), _) => best(&[Range::from_format(format)]).ok_or_else(|| refuse_format(format)),
        (None, Some(accept)) => best(&ranges(accept)).ok_or_else(|| refuse_accept(accept)),
        (None, None) => Ok(Format::default()),
    }
}

/// The format of `$metadata`: XML whatever `Accept` says, because clients that read only XML ask with the header of
/// their data requests; JSON for `$format=json`, or when the header admits JSON and no XML.
///
/// # Errors
/// `NotAcceptable` for a `$format` that is neither.
pub fn negotiate_metadata(accept: Option<&str>, format: Option<&str>) -> Result<MetadataFormat, Error> {
    if let Some(format) = format {
        let range = Range::from_format(format);
        let admits = |kind| range.admits(kind).then_some(kind);
        return admits(MetadataFormat::Xml)
            .or_else(|| admits(MetadataFormat::Json))
            .ok_or_else(|| refuse_format(format));
    }
    let ranges = accept.map(ranges).unwrap_or_default();
    let admitted = |kind| ranges.iter().any(|range| range.admits(kind));
    let json_only = admitted(MetadataFormat::Json) && !admitted(MetadataFormat::Xml);
    Ok(if json_only { MetadataFormat::Json } else { MetadataFormat::Xml })
}

fn refuse_format(format: &str) -> Error {
    let message = format!(
        "This service cannot answer with $format={format}. Data is written as json, $metadata as xml or json."
    );
    Error::new(ErrorKind::NotAcceptable, message).about("$format")
}

fn refuse_accept(accept: &str) -> Error {
    let message = format!(
        "This service writes application/json (odata.metadata=none, minimal or full), which the Accept header '{accept}' does not admit."
    );
    Error::new(ErrorKind::NotAcceptable, message).about("Accept")
}

/// The wildcards of a media range, from least to most specific.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Any,
    Application,
    Xml,
    Json,
    Other,
}

/// One media range: what it admits and how much it is wanted.
#[derive(Debug)]
struct Range {
    kind: Kind,
    /// `odata.metadata`, if given and valid.
    level: Option<MetadataLevel>,
    ieee754: bool,
    streaming: bool,
    /// A parameter we know has a value we do not know: nothing can match.
    impossible: bool,
    /// Thousandths, 0 to 1000 (RFC 9110 section 12.4.2). 0 excludes.
    quality: u16,
}

fn ranges(accept: &str) -> Vec<Range> {
    items(accept).map(|item| Range::new(&item)).collect()
}

impl Range {
    fn from_format(format: &str) -> Self {
        let item = items(format).next();
        let range = item.map(|item| Self::new(&item)).unwrap_or_else(Self::nothing);
        Self { quality: 1000, ..range }
    }

    fn nothing() -> Self {
        Self {
            kind: Kind::Other,
            level: None,
            ieee754: false,
            streaming: false,
            impossible: false,
            quality: 0,
        }
    }

    fn new(item: &Item<'_>) -> Self {
        let either = |names: [&str; 2]| names.iter().find_map(|name| item.parameter(name));
        let level = either(["odata.metadata", "metadata"]);
        let known = level.map(level_named);
        let ieee754 = item.parameter("IEEE754Compatible");
        Self {
            kind: kind(item.name),
            level: known.flatten(),
            ieee754: ieee754.is_some_and(|value| value.eq_ignore_ascii_case("true")),
            streaming: either(["odata.streaming", "streaming"])
                .is_some_and(|v| v.eq_ignore_ascii_case("true")),
            impossible: known == Some(None) || ieee754.is_some_and(|value| !is_boolean(value)),
            quality: item.parameter("q").map_or(1000, quality),
        }
    }

    fn admits(&self, format: MetadataFormat) -> bool {
        let exact = if format == MetadataFormat::Xml { Kind::Xml } else { Kind::Json };
        self.quality > 0 && (self.kind == exact || self.kind < Kind::Xml)
    }

    /// How specifically this range speaks of JSON with that amount of metadata; `None` when it does not.
    fn specificity(&self, level: MetadataLevel) -> Option<(Kind, bool)> {
        let of_level = self.level.is_none_or(|own| own == level);
        let of_json = matches!(self.kind, Kind::Any | Kind::Application | Kind::Json);
        (of_json && of_level && !self.impossible).then_some((self.kind, self.level.is_some()))
    }
}

/// The admitted format with the highest quality. Of equals, the default comes first, then what says less.
fn best(ranges: &[Range]) -> Option<Format> {
    let mut found: Option<(u16, Format)> = None;
    for level in [MetadataLevel::Minimal, MetadataLevel::None, MetadataLevel::Full] {
        let Some(range) = speaking_for(ranges, level) else { continue };
        let better = found.is_none_or(|(quality, _)| range.quality > quality);
        if range.quality > 0 && better {
            let format = Format {
                metadata: level,
                ieee754: range.ieee754,
                streaming: range.streaming,
                ..Format::default()
            };
            found = Some((range.quality, format));
        }
    }
    found.map(|(_, format)| format)
}

/// The most specific range decides about a representation (RFC 9110 section 12.5.1); of equals the most wanted, then the first.
fn speaking_for(ranges: &[Range], level: MetadataLevel) -> Option<&Range> {
    let speaking = ranges.iter().rev().filter_map(|range| Some((range.specificity(level)?, range)));
    speaking.max_by_key(|(specificity, range)| (*specificity, range.quality)).map(|(_, range)| range)
}

fn kind(name: &str) -> Kind {
    match name.to_ascii_lowercase().as_str() {
        // The bare `*` is what old Java clients send for `*/*`.
        "*/*" | "*" => Kind::Any,
        "application/*" => Kind::Application,
        "application/json" | "json" => Kind::Json,
        "application/xml" | "text/xml" | "xml" => Kind::Xml,
        _ => Kind::Other,
    }
}

fn level_named(text: &str) -> Option<MetadataLevel> {
    let levels = [MetadataLevel::None, MetadataLevel::Minimal, MetadataLevel::Full];
    levels.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text))
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// `0.85` as 850. What is no number does not devalue the range.
fn quality(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let thousandths = format!("{fraction:0<3}").get(..3).and_then(|digits| digits.parse::<u16>().ok());
    match (whole.parse::<u16>(), thousandths) {
        (Ok(whole), Some(thousandths)) => whole.saturating_mul(1000).saturating_add(thousandths).min(1000),
        _ => 1000,
    }
}

#[cfg(test)]
#[path = "negotiate_tests.rs"]
mod tests;
