//! What goes back to a client.

use crate::http::{TEXT_CONTENT_TYPE, Version};
use crate::write;

use super::Refusal;

/// What all answers depend on beside the URL (RFC 9110 section 12.5.5).
const VARY: &str = "Accept, OData-MaxVersion, OData-Version, Prefer";

/// Status, header fields and body, ready for any way of sending them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case. `content-length` is among them wherever there may be a body.
    pub fields: Vec<(&'static str, String)>,
    /// The body; empty for HEAD, 204 and 304.
    pub body: Vec<u8>,
}

impl Answer {
    /// 200 with a body of that type.
    pub fn ok(content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, Some(content_type.into()), body.into())
    }

    /// 200 with a bare text.
    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::ok(TEXT_CONTENT_TYPE, body)
    }

    /// 204: the value is null, or a single entity is not there.
    pub fn no_content() -> Self {
        Self::new(204, None, Vec::new())
    }

    /// 304: the client has it.
    pub fn not_modified() -> Self {
        Self::new(304, None, Vec::new())
    }

    /// The same, with one more field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The same for HEAD: every field, no body.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        self.body.clear();
        self
    }

    /// The same, in this version of the protocol.
    #[must_use]
    pub(super) fn in_version(mut self, version: Version) -> Self {
        for (name, value) in &mut self.fields {
            if *name == "odata-version" {
                version.as_str().clone_into(value);
            }
        }
        self
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    fn new(status: u16, content_type: Option<String>, body: Vec<u8>) -> Self {
        let mut fields = vec![("odata-version", "4.0".to_owned()), ("vary", VARY.to_owned())];
        if let Some(content_type) = content_type {
            fields.push(("content-type", content_type));
            fields.push(("content-length", body.len().to_string()));
        }
        Self { status, fields, body }
    }
}

impl Refusal {
    /// The answer: an error in OData's JSON, whatever the client accepts.
    pub fn answer(&self) -> Answer {
        let body = write::error(self.code, &self.message, self.target.as_deref(), &[]);
        let content_type = "application/json;odata.metadata=minimal;charset=utf-8".to_owned();
        let mut answer = Answer::new(self.status, Some(content_type), body);
        answer.fields.extend(self.allow.map(|methods| ("allow", methods.to_owned())));
        answer
    }
}
