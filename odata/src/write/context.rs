//! URLs inside answers: the context and the ids of entities (OData 4.0 part 1 section 10, part 2 section 4.3).

use super::Shape;
use crate::edm::{EntityType, Model, NavigationProperty, Property, Type};
use crate::http::Version;
use crate::url::{Expand, Expanding, NestedSelect, PathStart, PathStep, PropertyPath, ResourcePath};
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

impl<'a> Shape<'a> {
    /// `<root>$metadata#contacts`, or `#contacts(id,email)` for a selection.
    pub(super) fn collection_context(&self) -> String {
        let mut out = String::new();
        metadata(&mut out, self.root);
        out.push('#');
        self.place(&mut out);
        self.list(&mut out);
        out
    }

    /// `<root>$metadata#contacts/$entity`, or `#me` for a singleton.
    pub(super) fn entity_context(&self) -> String {
        let context = self.collection_context();
        let from_singleton = matches!(self.path, Some(ResourcePath { start: PathStart::Singleton(_), .. }));
        if self.set.is_none() && from_singleton { context } else { format!("{context}/$entity") }
    }

    /// `<root>$metadata#contacts(1)/address/city`
    pub(super) fn property_context(&self, row: &[Value], path: &PropertyPath) -> Option<String> {
        let mut out = String::new();
        metadata(&mut out, self.root);
        out.push('#');
        self.entity_path(&mut out, row)?;
        for name in path.names(self.model, self.type_of_entities()) {
            out.push('/');
            percent_encoded(&mut out, name, b"");
        }
        path.declared(self.model, self.type_of_entities()).map(|_| out)
    }

    /// `<root>contacts(1)`; nothing when the key was not read, or the entity is a member of nothing known.
    pub(super) fn entity_id(&self, row: &[Value]) -> Option<String> {
        let mut out = String::new();
        root(&mut out, self.root);
        self.entity_path(&mut out, row)?;
        Some(out)
    }

    /// `<id>/companies(2)`, the id of an entity that is only known as a member of what another one leads to.
    pub(super) fn id_below(&self, above: &str, way: &NavigationProperty, row: &[Value]) -> Option<String> {
        let mut out = format!("{above}/{}", segment(&way.name));
        if way.collection {
            self.predicate(&mut out, self.type_of_entities(), row)?;
        }
        Some(out)
    }

    /// Where the entities are: their set, or else the path that led to them.
    fn place(&self, out: &mut String) {
        match (self.set, self.path) {
            (Some(set), _) => percent_encoded(out, &self.model.set(set).name, b""),
            (None, Some(path)) => self.path_to(out, path),
            (None, None) => out.push_str(&segment(&self.type_of_entities().name)),
        }
    }

    fn path_to(&self, out: &mut String, path: &ResourcePath) {
        let model = self.model;
        match &path.start {
            PathStart::Set(set) => percent_encoded(out, &model.set(*set).name, b""),
            PathStart::Entity(set, key) => {
                percent_encoded(out, &model.set(*set).name, b"");
                self.key(out, model.type_of_set(*set), key);
            }
            PathStart::Singleton(id) => percent_encoded(out, &model.singleton_with(*id).name, b""),
        }
        for PathStep { step, key } in &path.steps {
            out.push('/');
            percent_encoded(out, &model.way(step).name, b"");
            if let Some(key) = key.as_ref().filter(|_| path.steps.last().map(|last| &last.step) != Some(step))
            {
                self.key(out, model.entity_type(step.target), key);
            }
        }
    }

    /// What is selected and expanded, if that is not simply everything.
    fn list(&self, out: &mut String) {
        let items = self.items();
        if !items.is_empty() {
            out.push('(');
            out.push_str(&items.join(","));
            out.push(')');
        }
    }

    fn items(&self) -> Vec<String> {
        let expanded: Vec<(String, bool)> =
            self.expand.iter().filter_map(|expand| self.expanded_item(expand)).collect();
        let later = self.format.version == Version::V4_01;
        let Some(properties) = self.select else {
            // In version 4.01 they are told apart by their parentheses, so that they hide nothing and are all listed.
            if later {
                return expanded.into_iter().map(|(item, _)| item).collect();
            }
            // Beside every property, the ways to others need no mention: a list of them alone would hide the properties.
            // Only what is selected of others has to be said, and then a star says that the properties are all there.
            let detailed = expanded.iter().any(|(_, detailed)| *detailed);
            let items = expanded.into_iter().map(|(item, _)| item);
            return if detailed {
                std::iter::once("*".to_owned()).chain(items).collect()
            } else {
                Vec::new()
            };
        };
        let entity_type = self.type_of_entities();
        let mut items = Vec::new();
        for &index in properties {
            let Some(property) = entity_type.properties.get(index) else { continue };
            named_parts(self.model, &mut items, property, self.nested, index, "");
        }
        let ways = self
            .select_navigation
            .iter()
            .filter(|index| later || self.expand.iter().all(|expand| expand.navigation != **index));
        items.extend(
            ways.filter_map(|&index| entity_type.navigation.get(index)).map(|way| segment(&way.name)),
        );
        items.extend(expanded.into_iter().map(|(item, _)| item));
        items
    }

    /// `companies`, or `companies(name)` with what is selected of it, which is the second part of the answer.
    fn expanded_item(&self, expand: &'a Expand) -> Option<(String, bool)> {
        let mut item = segment(&self.model.way(&expand.step).name);
        let before = item.len();
        match expand.kind {
            Expanding::Entities => self.expanded(expand).list(&mut item),
            Expanding::References => {}
            Expanding::Count => return None,
        }
        let detailed = item.len() > before;
        if !detailed && self.format.version == Version::V4_01 {
            item.push_str("()");
        }
        Some((item, detailed))
    }

    /// `contacts(1)`, `links(from_id=1,to_id=2)`
    fn entity_path(&self, out: &mut String, row: &[Value]) -> Option<()> {
        match (self.set, self.path) {
            (Some(set), _) => percent_encoded(out, &self.model.set(set).name, b""),
            (None, Some(path)) => {
                self.path_to(out, path);
                if path.steps.last().is_none_or(|last| !last.step.collection) {
                    return Some(());
                }
            }
            (None, None) => return None,
        }
        self.predicate(out, self.type_of_entities(), row)
    }

    /// The key of a row in parentheses.
    fn predicate(&self, out: &mut String, entity_type: &EntityType, row: &[Value]) -> Option<()> {
        let key: Option<Vec<Value>> = entity_type
            .key
            .iter()
            .map(|&index| row.get(index).filter(|value| !value.is_null()).cloned())
            .collect();
        self.key(out, entity_type, &key?);
        Some(())
    }

    fn key(&self, out: &mut String, entity_type: &EntityType, key: &[Value]) {
        for (position, (&index, value)) in entity_type.key.iter().zip(key).enumerate() {
            out.push(if position == 0 { '(' } else { ',' });
            let property = &entity_type.properties[index];
            if entity_type.key.len() > 1 {
                percent_encoded(out, &property.name, b"");
                out.push('=');
            }
            // A literal of an enumeration begins with its type, which the value does not know.
            let is_enum = matches!(property.ty, Type::Enum(_));
            let type_name = if is_enum { self.model.type_name(&property.ty) } else { String::new() };
            percent_encoded(out, &format!("{type_name}{value}"), LITERAL_CHARACTERS);
        }
        out.push(')');
    }
}

/// The name of a property, or the paths to what is selected of it.
fn named_parts(
    model: &Model,
    items: &mut Vec<String>,
    property: &Property,
    nested: &[NestedSelect],
    index: usize,
    above: &str,
) {
    let name = format!("{above}{}", segment(&property.name));
    let part = nested.iter().find(|nested| nested.property == index);
    let item_type = if let Type::Collection(item) = &property.ty { item } else { &property.ty };
    let select = part.and_then(|part| part.options.select.as_ref()).filter(|select| !select.all);
    let (Some(select), Type::Complex(id)) = (select, item_type) else {
        items.push(name);
        return;
    };
    for &member in &select.properties {
        let declared = &model.complex_type(*id).properties[member];
        named_parts(model, items, declared, &select.nested, member, &format!("{name}/"));
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
        let links = model.set_id("links").unwrap();
        let shape = Shape::new(&model, links, sample::ROOT, crate::http::Format::default());
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
        let context = sample::shape(&model).property_context(&sample::ada(), &PropertyPath::of(1)).unwrap();
        assert_eq!(context, "https://host/odata/$metadata#contacts(1)/email");
    }
}
