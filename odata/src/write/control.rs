//! The names of control information, in one place: version 4.01 drops the prefix `odata.`, and the `#` before the names
//! of built-in types.

use super::json::{self, Style};
use crate::edm::{Model, Primitive, Type};
use crate::http::{Format, MetadataLevel, Version};

/// `"@odata.…":`
pub(super) fn name(out: &mut Vec<u8>, format: Format, what: &str) {
    about(out, format, "", what);
}

/// `"member@odata.…":`
pub(super) fn about(out: &mut Vec<u8>, format: Format, member: &str, what: &str) {
    json::name(out, &member_name(format, member, what));
}

/// `member@odata.…`
pub(super) fn member_name(format: Format, member: &str, what: &str) -> String {
    format!("{member}@{}{what}", format.version.prefix())
}

/// What stands before the value of a property: its name, and with full metadata its type where JSON does not show it.
pub(super) fn member(style: &Style<'_>, name: &str, ty: &Type) -> Vec<u8> {
    let mut out = Vec::new();
    if style.format.metadata == MetadataLevel::Full && needs_type(ty) {
        about(&mut out, style.format, name, "type");
        json::string(&mut out, &type_fragment(style.model, style.format.version, ty));
        out.push(b',');
    }
    json::name(&mut out, name);
    out
}

/// JSON itself tells only booleans and text apart from everything else; a complex value carries its type inside.
pub(super) fn needs_type(ty: &Type) -> bool {
    !matches!(ty, Type::Primitive(Primitive::Boolean | Primitive::String) | Type::Complex(_))
}

/// `#Int64`, `#Crm.stage`, `#Collection(Decimal)`: built-in types without their namespace (OData JSON 4.0 section 4.5.3),
/// and in version 4.01 without the `#` (section 4.6.3).
pub(super) fn type_fragment(model: &Model, version: Version, ty: &Type) -> String {
    fn unprefixed(model: &Model, ty: &Type) -> String {
        match ty {
            Type::Primitive(primitive) => primitive.name().to_owned(),
            Type::Collection(item) => format!("Collection({})", unprefixed(model, item)),
            Type::Enum(_) | Type::Complex(_) => model.type_name(ty),
        }
    }
    fn is_built_in(ty: &Type) -> bool {
        match ty {
            Type::Primitive(_) => true,
            Type::Collection(item) => is_built_in(item),
            Type::Enum(_) | Type::Complex(_) => false,
        }
    }
    let hash = if version == Version::V4_01 && is_built_in(ty) { "" } else { "#" };
    format!("{hash}{}", unprefixed(model, ty))
}
