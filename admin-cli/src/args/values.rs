//! The forms of single values, each with a sentence for what does not fit.

use std::str::FromStr;
use std::time::Duration;

use schema::operations::source_share::Grantee;

/// `45s`, `30m`, `12h`, `90d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    schema::duration::parse(text).map_err(|error| error.to_string())
}

/// The id of a secret key.
pub(super) fn key_id(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    // The bound is that of the keys' own parser.
    let fits = (1..=32).contains(&text.len()) && text.bytes().all(plain);
    if fits { Ok(text.to_owned()) } else { Err("an id has 1 to 32 letters, digits, - or _".to_owned()) }
}

/// `contacts` or `contacts:email,firstname`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectArg {
    /// HubSpot's name of the object.
    pub(crate) object: String,
    /// The chosen properties; none: all.
    pub(crate) properties: Option<Vec<String>>,
}

impl FromStr for ObjectArg {
    type Err = String;

    fn from_str(text: &str) -> Result<ObjectArg, String> {
        let (object, list) = text.split_once(':').map_or((text, None), |(object, list)| (object, Some(list)));
        let properties =
            list.map(|list| list.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>());
        if object.is_empty() || properties.iter().flatten().any(String::is_empty) {
            return Err(
                "write an object, or an object and its properties: contacts:email,firstname".to_owned()
            );
        }
        Ok(ObjectArg { object: object.to_owned(), properties })
    }
}

/// `deals:dealstage,amount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoryArg {
    /// The object it is of.
    pub(crate) object: String,
    /// The properties.
    pub(crate) properties: Vec<String>,
}

impl FromStr for HistoryArg {
    type Err = String;

    fn from_str(text: &str) -> Result<HistoryArg, String> {
        match text.parse() {
            Ok(ObjectArg { object, properties: Some(properties) }) => Ok(HistoryArg { object, properties }),
            _ => Err("write an object and the properties whose history is shown: deals:dealstage".to_owned()),
        }
    }
}

/// `contacts=email ne null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterArg {
    /// The object it is for.
    pub(crate) object: String,
    /// A `$filter`.
    pub(crate) filter: String,
}

impl FromStr for FilterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<FilterArg, String> {
        match text.split_once('=') {
            Some((object, filter)) if !object.is_empty() && !filter.trim().is_empty() => {
                Ok(FilterArg { object: object.to_owned(), filter: filter.trim().to_owned() })
            }
            _ => Err("write an object, = and a filter: contacts='email ne null'".to_owned()),
        }
    }
}

/// `60`, `60%`, or `default` for the service's setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DailyShare(pub(crate) Option<u32>);

impl FromStr for DailyShare {
    type Err = String;

    fn from_str(text: &str) -> Result<DailyShare, String> {
        if text == "default" {
            return Ok(DailyShare(None));
        }
        let number = text.strip_suffix('%').unwrap_or(text).parse().ok();
        let share = number.filter(|share| (1..=100).contains(share));
        share.map(|share| DailyShare(Some(share))).ok_or_else(|| {
            "write a number of per cent from 1 to 100, or default for the service's setting".to_owned()
        })
    }
}

/// `NAME` or `group:NAME`.
pub(super) fn grantee(text: &str) -> Result<Grantee, String> {
    match text.parse() {
        Ok(Grantee::User(name)) if name.is_empty() => Err("name a user, or a group as group:NAME".to_owned()),
        Ok(Grantee::Group(name)) if name.is_empty() => Err("name the group behind group:".to_owned()),
        Ok(grantee) => Ok(grantee),
    }
}
