//! The names of control information, in one place: version 4.01 drops the prefix `odata.`, and nothing else here differs.

use super::json::{self, Style};
use crate::edm::{Model, Primitive, Type};
use crate::http::MetadataLevel;

/// What stands before every name of control information in version 4.0.
const PREFIX: &str = "odata.";

/// `"@odata.…":`
pub(super) fn name(out: &mut Vec<u8>, what: &str) {
    about(out, "", what);
}

/// `"member@odata.…":`
pub(super) fn about(out: &mut Vec<u8>, member: &str, what: &str) {
    json::name(out, &member_name(member, what));
}

/// `member@odata.…`
pub(super) fn member_name(member: &str, what: &str) -> String {
    format!("{member}@{PREFIX}{what}")
}

/// What stands before the value of a property: its name, and with full metadata its type where JSON does not show it.
pub(super) fn member(style: &Style<'_>, name: &str, ty: &Type) -> Vec<u8> {
    let mut out = Vec::new();
    if style.format.metadata == MetadataLevel::Full && needs_type(ty) {
        about(&mut out, name, "type");
        json::string(&mut out, &type_fragment(style.model, ty));
        out.push(b',');
    }
    json::name(&mut out, name);
    out
}

/// JSON itself tells only booleans and text apart from everything else; a complex value carries its type inside.
pub(super) fn needs_type(ty: &Type) -> bool {
    !matches!(ty, Type::Primitive(Primitive::Boolean | Primitive::String) | Type::Complex(_))
}

/// `#Int64`, `#Crm.stage`, `#Collection(Decimal)`: built-in types without their namespace (OData JSON 4.0 section 4.5.3).
pub(super) fn type_fragment(model: &Model, ty: &Type) -> String {
    fn unprefixed(model: &Model, ty: &Type) -> String {
        match ty {
            Type::Primitive(primitive) => primitive.name().to_owned(),
            Type::Collection(item) => format!("Collection({})", unprefixed(model, item)),
            Type::Enum(_) | Type::Complex(_) => model.type_name(ty),
        }
    }
    format!("#{}", unprefixed(model, ty))
}
