//! The elements of a document, with the lines they begin in: what is left when XML has been dealt with.
//!
//! Only elements of the two namespaces of CSDL are kept; others, with all that is in them, are for other readers.

use std::str::FromStr;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::ReadError;

/// Elements in elements. A schema needs 8 levels; the rest is for annotations, whose expressions are skipped anyway.
const MAX_DEPTH: usize = 64;

const EDMX: &str = "http://docs.oasis-open.org/odata/ns/edmx";
const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";

/// An element and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// The name without a prefix.
    pub(super) name: String,
    /// The line it begins in, from 1.
    pub(super) line: usize,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// All text directly in it.
    pub(super) text: String,
}

impl Element {
    /// Its attribute of that name.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Whether it has an attribute beside these.
    pub(super) fn has_other_than(&self, names: &[&str]) -> bool {
        self.attributes.iter().any(|(own, _)| !names.contains(&own.as_str()))
    }

    /// Its attribute, which must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, ReadError> {
        self.attribute(name).ok_or_else(|| self.error(format!("The attribute {name} is missing.")))
    }

    /// Its attribute as a truth value.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, ReadError> {
        match self.attribute(name) {
            None => Ok(default),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(other) => Err(self.error(format!("{name}=\"{other}\" is neither true nor false."))),
        }
    }

    /// Its attribute as a number.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, ReadError> {
        let refused = |text| self.error(format!("{name}=\"{text}\" is no number that fits there."));
        self.attribute(name).map(|text| text.trim().parse().map_err(|_| refused(text))).transpose()
    }

    /// What is directly in it and has that element name.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The last element in it, at any depth, with that value of `Name`: of two, the one too many.
    pub(super) fn last_called(&self, name: &str) -> Option<&Element> {
        let deeper = self.children.iter().rev().find_map(|child| child.last_called(name));
        deeper.or_else(|| (self.attribute("Name") == Some(name)).then_some(self))
    }

    /// How people call it.
    pub(super) fn title(&self) -> String {
        let name =
            ["Name", "Namespace", "Path", "Property", "Target"].iter().find_map(|own| self.attribute(own));
        name.map_or_else(|| self.name.clone(), |name| format!("{} `{name}`", self.name))
    }

    /// An error about it.
    pub(super) fn error(&self, message: impl Into<String>) -> ReadError {
        ReadError { line: self.line, element: Some(self.title()), message: message.into() }
    }
}

/// The root element.
pub(super) fn parse(text: &str) -> Result<Element, ReadError> {
    Parser::new(text).document()
}

/// Goes through the events of a document and keeps the elements that are open.
struct Parser<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    /// How much of the text has been counted, and the line that ends in.
    counted: usize,
    line: usize,
    /// Elements that are not closed yet, outermost first.
    open: Vec<Element>,
    /// How many elements deep we are in something that is skipped.
    skipped: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { text, reader: NsReader::from_str(text), counted: 0, line: 1, open: Vec::new(), skipped: 0 }
    }

    fn document(mut self) -> Result<Element, ReadError> {
        loop {
            self.count_lines();
            let (namespace, event) = match self.reader.read_resolved_event() {
                Ok((namespace, event)) => (owned(&namespace), event),
                Err(error) => return Err(self.error(format!("This is no well-formed XML: {error}."))),
            };
            let closed = match event {
                Event::Start(tag) => self.start(&tag, namespace.as_deref())?,
                Event::Empty(tag) => {
                    self.start(&tag, namespace.as_deref())?;
                    self.end()
                }
                Event::End(_) => self.end(),
                Event::Text(text) => self.append(&text.xml10_content()),
                Event::CData(text) => self.append(&text.xml10_content()),
                Event::GeneralRef(name) => {
                    let text = self.referred(&name)?;
                    self.append(&text)
                }
                Event::DocType(_) => {
                    return Err(self.error("A document type declaration is not read; remove it."));
                }
                Event::Eof => return Err(self.error("The document ends before its root element does.")),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
            };
            if let Some(root) = closed {
                return Ok(root);
            }
        }
    }

    /// Brings the line up to where the next event begins.
    fn count_lines(&mut self) {
        let reached = usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len());
        let passed = self.text.as_bytes().get(self.counted..reached).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = reached.max(self.counted);
    }

    fn start(&mut self, tag: &BytesStart<'_>, namespace: Option<&str>) -> Result<Option<Element>, ReadError> {
        if self.open.len() + self.skipped >= MAX_DEPTH {
            return Err(self.error(format!("Elements are nested more than {MAX_DEPTH} deep.")));
        }
        let ours = matches!(namespace, Some(EDMX | EDM));
        if self.skipped > 0 || (!ours && !self.open.is_empty()) {
            self.skipped += 1;
            return Ok(None);
        }
        if !ours {
            let found = namespace.map_or_else(|| "none".to_owned(), |namespace| format!("`{namespace}`"));
            return Err(self.error(format!(
                "The root element is not in the namespace of CSDL 4.0, `{EDMX}`; its namespace is {found}."
            )));
        }
        let element = self.element(tag)?;
        self.open.push(element);
        Ok(None)
    }

    fn element(&self, tag: &BytesStart<'_>) -> Result<Element, ReadError> {
        let malformed =
            |error: &dyn std::fmt::Display| self.error(format!("An attribute is malformed: {error}."));
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| malformed(&error))?;
            let value = attribute.normalized_value(XmlVersion::Explicit1_0);
            let value = value.map_err(|error| malformed(&error))?.into_owned();
            attributes.push((attribute.key.into_inner().to_owned(), value));
        }
        Ok(Element {
            name: tag.local_name().into_inner().to_owned(),
            line: self.line,
            attributes,
            children: Vec::new(),
            text: String::new(),
        })
    }

    /// Closes the innermost element; the root is handed out.
    fn end(&mut self) -> Option<Element> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return None;
        }
        let element = self.open.pop()?;
        match self.open.last_mut() {
            None => return Some(element),
            Some(parent) => parent.children.push(element),
        }
        None
    }

    fn append(&mut self, text: &str) -> Option<Element> {
        if let (0, Some(element)) = (self.skipped, self.open.last_mut()) {
            element.text.push_str(text);
        }
        None
    }

    /// What a reference in text stands for: a character by its number, or one of the five entities XML itself has.
    fn referred(&self, name: &BytesRef<'_>) -> Result<String, ReadError> {
        let number = name.resolve_char_ref().map_err(|error| self.error(format!("{error}.")))?;
        if let Some(character) = number {
            return Ok(character.to_string());
        }
        let name = name.xml10_content();
        let known = quick_xml::escape::resolve_predefined_entity(&name);
        known.map(str::to_owned).ok_or_else(|| self.error(format!("The entity `{name}` is not declared.")))
    }

    fn error(&self, message: impl Into<String>) -> ReadError {
        ReadError { line: self.line, element: self.open.last().map(Element::title), message: message.into() }
    }
}

fn owned(namespace: &ResolveResult<'_>) -> Option<String> {
    match namespace {
        ResolveResult::Bound(Namespace(uri)) => Some((*uri).to_owned()),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => None,
    }
}
