//! URLs inside answers: the context and the ids of entities (OData 4.0 part 1 section 10, part 2 section 4.3).

use super::Shape;
use crate::edm::Type;
use crate::value::Value;

/// Sub-delimiters that literals and key predicates are made of; allowed in a path segment (RFC 3986 section 3.3).
const LITERAL_CHARACTERS: &[u8] = b"'():,";

/// The root with its slash.
pub(super) fn root(out: &mut String, root: &str) {
    out.push_str(root);
    if !root.ends_with('/') {
        out.push('/');
    }
}

/// `<root>$metadata`
pub(super) fn metadata(out: &mut String, service_root: &str) {
    root(out, service_root);
    out.push_str("$metadata");
}

/// The name of a set or singleton as the first segment of a path.
pub(super) fn segment(name: &str) -> String {
    let mut out = String::new();
    percent_encoded(&mut out, name, b"");
    out
}

impl Shape<'_> {
    /// `<root>$metadata#contacts`, or `#contacts(id,email)` for a selection.
    pub(super) fn collection_context(&self) -> String {
        let mut out = String::new();
        metadata(&mut out, self.root);
        out.push('#');
        self.set_name(&mut out);
        for (index, name) in self.selected_names().enumerate() {
            out.push(if index == 0 { '(' } else { ',' });
            percent_encoded(&mut out, name, b"");
        }
        if self.selected_names().next().is_some() {
            out.push(')');
        }
        out
    }

    /// `<root>$metadata#contacts/$entity`
    pub(super) fn entity_context(&self) -> String {
        format!("{}/$entity", self.collection_context())
    }

    /// `<root>$metadata#contacts(1)/email`
    pub(super) fn property_context(&self, row: &[Value], property: usize) -> Option<String> {
        let mut out = String::new();
        metadata(&mut out, self.root);
        out.push('#');
        self.entity_path(&mut out, row)?;
        out.push('/');
        percent_encoded(&mut out, &self.entity_type().properties.get(property)?.name, b"");
        Some(out)
    }

    /// `<root>contacts(1)`; nothing when the key was not read.
    pub(super) fn entity_id(&self, row: &[Value]) -> Option<String> {
        let mut out = String::new();
        root(&mut out, self.root);
        self.entity_path(&mut out, row)?;
        Some(out)
    }

    fn set_name(&self, out: &mut String) {
        percent_encoded(out, &self.model.set(self.set).name, b"");
    }

    /// What a selection names; nothing without one.
    fn selected_names(&self) -> impl Iterator<Item = &str> {
        let entity_type = self.entity_type();
        // Beside every property, the ways to others need no mention: a list of them alone would hide the properties.
        let (properties, navigation) = match self.select {
            Some(properties) => (properties, self.select_navigation),
            None => Default::default(),
        };
        let properties = properties.iter().filter_map(|&index| entity_type.properties.get(index));
        let navigation = navigation.iter().filter_map(|&index| entity_type.navigation.get(index));
        properties.map(|property| property.name.as_str()).chain(navigation.map(|way| way.name.as_str()))
    }

    /// `contacts(1)`, `links(from_id=1,to_id=2)`
    fn entity_path(&self, out: &mut String, row: &[Value]) -> Option<()> {
        self.set_name(out);
        let entity_type = self.entity_type();
        for (position, &index) in entity_type.key.iter().enumerate() {
            out.push(if position == 0 { '(' } else { ',' });
            let property = entity_type.properties.get(index)?;
            if entity_type.key.len() > 1 {
                percent_encoded(out, &property.name, b"");
                out.push('=');
            }
            self.key_literal(out, &property.ty, row.get(index).filter(|value| !value.is_null())?);
        }
        out.push(')');
        Some(())
    }

    fn key_literal(&self, out: &mut String, ty: &Type, value: &Value) {
        // A literal of an enumeration begins with its type, which the value does not know.
        let type_name = if let Type::Enum(_) = ty { self.model.type_name(ty) } else { String::new() };
        percent_encoded(out, &format!("{type_name}{value}"), LITERAL_CHARACTERS);
    }
}

/// `text` as part of a URL: what is not unreserved (RFC 3986 section 2.3) or in `also` is percent-encoded.
fn percent_encoded(out: &mut String, text: &str, also: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            let digits = [byte >> 4, byte & 15].map(|digit| b"0123456789ABCDEF"[usize::from(digit)]);
            out.extend(digits.map(char::from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::url::Select;

    #[test]
    fn a_collection_is_named_by_its_set_and_what_was_selected_of_it() {
        let model = sample::model();
        let all = sample::shape(&model);
        assert_eq!(all.collection_context(), "https://host/odata/$metadata#contacts");
        let some = Shape { select: Some(&[0, 1]), select_navigation: &[0], ..all };
        assert_eq!(some.collection_context(), "https://host/odata/$metadata#contacts(id,email,company)");
        assert_eq!(some.entity_context(), "https://host/odata/$metadata#contacts(id,email,company)/$entity");
    }

    #[test]
    fn a_selection_of_everything_is_named_like_none() {
        let model = sample::model();
        let all = Select { properties: (0..9).collect(), navigation: vec![0], all: true, nested: Vec::new() };
        let shape = sample::shape(&model).selecting(Some(&all));
        assert_eq!(shape.collection_context(), "https://host/odata/$metadata#contacts");
        let some = Select { all: false, properties: vec![1], ..all };
        let shape = sample::shape(&model).selecting(Some(&some));
        assert_eq!(shape.collection_context(), "https://host/odata/$metadata#contacts(email,company)");
    }

    #[test]
    fn a_selection_of_nothing_leaves_no_empty_brackets() {
        let model = sample::model();
        let shape = Shape { select: Some(&[]), ..sample::shape(&model) };
        assert_eq!(shape.collection_context(), "https://host/odata/$metadata#contacts");
    }

    #[test]
    fn the_slash_after_the_root_is_written_once() {
        let model = sample::model();
        let shape = Shape { root: "https://host/odata", ..sample::shape(&model) };
        assert_eq!(shape.entity_context(), "https://host/odata/$metadata#contacts/$entity");
    }

    #[test]
    fn keys_are_literals_and_cannot_break_out_of_their_segment() {
        let model = sample::model();
        let shape = Shape { set: model.set_id("links").unwrap(), ..sample::shape(&model) };
        let row = [Value::Int64(-1), Value::string("it's/a%?#é"), Value::Enum("open".into())];
        assert_eq!(
            shape.entity_id(&row).unwrap(),
            "https://host/odata/links(from_id=-1,to='it''s%2Fa%25%3F%23%C3%A9',state=Crm.stage'open')"
        );
        assert_eq!(shape.entity_id(&[Value::Int64(1), Value::Null]), None);
    }

    #[test]
    fn a_property_is_named_by_its_entity() {
        let model = sample::model();
        let context = sample::shape(&model).property_context(&sample::ada(), 1).unwrap();
        assert_eq!(context, "https://host/odata/$metadata#contacts(1)/email");
    }
}
