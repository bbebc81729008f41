//! What a document says about its parts, as far as a model holds it: names and sentences for people, and capabilities.

use super::names::Names;
use super::tree::Element;

/// The constants that are understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant<'a> {
    Boolean(bool),
    /// A text, a path or an enumeration member.
    Text(&'a str),
    Items(Vec<Constant<'a>>),
    Record(Vec<(&'a str, Constant<'a>)>),
    /// Anything else: an expression, or a malformed constant.
    Other,
}

/// The annotations of one part of the document, from within it and from outside.
#[derive(Debug)]
pub(super) struct Annotations<'a>(Vec<(String, Option<Constant<'a>>)>);

impl<'a> Annotations<'a> {
    /// Of an element that others call `target`. Those with a qualifier are for special clients and are passed over.
    pub(super) fn of(names: &Names<'a>, element: &'a Element, target: &str) -> Self {
        let about = |element: &&Element| element.attribute("Qualifier").is_none();
        let outside = names.annotations_of(target).iter().copied().filter(about);
        let all = outside.chain([element]).flat_map(|element| element.named("Annotation")).filter(about);
        let terms = all.filter_map(|own| Some((names.qualified(own.attribute("Term")?), constant(own))));
        Self(terms.collect())
    }

    /// The text of a term.
    pub(super) fn text(&self, term: &str) -> Option<&'a str> {
        match self.value(term)? {
            Some(Constant::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The truth of a tagging term: the annotation alone says yes.
    pub(super) fn flag(&self, term: &str) -> Option<bool> {
        match self.value(term)? {
            Some(Constant::Boolean(flag)) => Some(*flag),
            None => Some(true),
            Some(_) => None,
        }
    }

    /// The truth of a member of a term's record.
    pub(super) fn member_flag(&self, term: &str, member: &str) -> Option<bool> {
        match self.member(term, member)? {
            Constant::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The texts in a member of a term's record.
    pub(super) fn member_texts(&self, term: &str, member: &str) -> Vec<&'a str> {
        let Some(Constant::Items(items)) = self.member(term, member) else { return Vec::new() };
        let text = |item: &Constant<'a>| if let Constant::Text(text) = item { Some(*text) } else { None };
        items.iter().filter_map(text).collect()
    }

    fn member(&self, term: &str, member: &str) -> Option<&Constant<'a>> {
        let Some(Constant::Record(members)) = self.value(term)? else { return None };
        members.iter().find(|(name, _)| *name == member).map(|(_, value)| value)
    }

    /// The last annotation with that term: what stands in the element itself wins.
    fn value(&self, term: &str) -> Option<&Option<Constant<'a>>> {
        self.0.iter().rev().find(|(own, _)| own == term).map(|(_, value)| value)
    }
}

/// The constant of an `Annotation` or `PropertyValue`: an attribute, or the element in it; none for a bare tag.
fn constant(element: &Element) -> Option<Constant<'_>> {
    if let Some(text) = element.attribute("Bool") {
        return Some(boolean(text));
    }
    let attribute = ["String", "EnumMember", "PropertyPath", "NavigationPropertyPath"];
    if let Some(text) = attribute.iter().find_map(|name| element.attribute(name)) {
        return Some(Constant::Text(text));
    }
    let inside = element.children.iter().find(|child| child.name != "Annotation").map(expression);
    let dynamic = || element.has_other_than(&["Term", "Property", "Qualifier"]).then_some(Constant::Other);
    inside.or_else(dynamic)
}

fn expression(element: &Element) -> Constant<'_> {
    match element.name.as_str() {
        "Bool" => boolean(element.text.trim()),
        "String" => Constant::Text(&element.text),
        "EnumMember" | "PropertyPath" | "NavigationPropertyPath" => Constant::Text(element.text.trim()),
        "Collection" => Constant::Items(element.children.iter().map(expression).collect()),
        "Record" => {
            let members = element.named("PropertyValue");
            let members = members.filter_map(|own| Some((own.attribute("Property")?, constant(own)?)));
            Constant::Record(members.collect())
        }
        _ => Constant::Other,
    }
}

fn boolean<'a>(text: &str) -> Constant<'a> {
    match text {
        "true" | "1" => Constant::Boolean(true),
        "false" | "0" => Constant::Boolean(false),
        _ => Constant::Other,
    }
}
