//! Names of a document: namespaces, their aliases, and which type a qualified name leads to.

use std::collections::HashMap;

use super::ReadError;
use super::tree::Element;

/// How many levels of base types are followed; a cycle is longer than any.
const MAX_BASES: usize = 32;

/// Everything that is named in a document, by its qualified name.
#[derive(Debug)]
pub(super) struct Names<'a> {
    aliases: HashMap<&'a str, &'a str>,
    types: HashMap<String, &'a Element>,
    /// The types in the order of the document, by their qualified names.
    order: Vec<(String, &'a Element)>,
    /// `Annotations` elements, by what they are about.
    annotations: HashMap<String, Vec<&'a Element>>,
    namespace: &'a str,
    container_namespace: &'a str,
}

/// Whether an element declares a type.
pub(super) fn is_type(element: &Element) -> bool {
    matches!(element.name.as_str(), "EntityType" | "ComplexType" | "EnumType" | "TypeDefinition")
}

impl<'a> Names<'a> {
    pub(super) fn new(root: &'a Element, schemas: &[&'a Element]) -> Result<Self, ReadError> {
        let mut names = Self {
            aliases: aliases(root, schemas),
            types: HashMap::new(),
            order: Vec::new(),
            annotations: HashMap::new(),
            namespace: namespace(root, schemas, "EntityType")?,
            container_namespace: namespace(root, schemas, "EntityContainer")?,
        };
        for schema in schemas {
            names.declare(schema)?;
        }
        Ok(names)
    }

    fn declare(&mut self, schema: &'a Element) -> Result<(), ReadError> {
        let namespace = schema.required("Namespace")?;
        for element in schema.children.iter().filter(|child| is_type(child)) {
            let name = format!("{namespace}.{}", element.required("Name")?);
            if self.types.insert(name.clone(), element).is_some() {
                return Err(element.error("A type of this name was declared before."));
            }
            self.order.push((name, element));
        }
        for element in schema.named("Annotations") {
            let target = self.target(element.required("Target")?);
            self.annotations.entry(target).or_default().push(element);
        }
        Ok(())
    }

    /// The namespace of the model: that of the first entity type, else of the container.
    pub(super) fn namespace(&self) -> &'a str {
        self.namespace
    }

    /// The namespace the document has its container in.
    pub(super) fn container_namespace(&self) -> &'a str {
        self.container_namespace
    }

    /// All types of one element name with their qualified names, in the order of the document.
    pub(super) fn types_of<'n>(&'n self, kind: &'n str) -> impl Iterator<Item = (&'n str, &'a Element)> {
        let of_kind = self.order.iter().filter(move |(_, element)| element.name == kind);
        of_kind.map(|(name, element)| (name.as_str(), *element))
    }

    /// A qualified name with its namespace instead of an alias.
    pub(super) fn qualified(&self, name: &str) -> String {
        match name.rsplit_once('.') {
            Some((first, rest)) => format!("{}.{rest}", self.aliases.get(first).copied().unwrap_or(first)),
            None => name.to_owned(),
        }
    }

    /// The declaration that a qualified name leads to.
    pub(super) fn declaration(&self, name: &str) -> Option<&'a Element> {
        self.types.get(&self.qualified(name)).copied()
    }

    /// The type an element derives from, and that one's, outermost first; the element itself comes last. With each goes
    /// its qualified name.
    pub(super) fn line_of_descent(
        &self,
        name: &str,
        element: &'a Element,
    ) -> Result<Vec<(String, &'a Element)>, ReadError> {
        let mut line = vec![(self.qualified(name), element)];
        let mut youngest = element;
        while let Some(base) = youngest.attribute("BaseType") {
            let found = self.declaration(base).filter(|found| found.name == element.name);
            let Some(found) = found else { return Err(youngest.error(self.undeclared(base))) };
            line.push((self.qualified(base), found));
            if line.len() > MAX_BASES {
                let message = format!("It derives from itself, or has more than {MAX_BASES} base types.");
                return Err(element.error(message));
            }
            youngest = found;
        }
        line.reverse();
        Ok(line)
    }

    /// A sentence about a name that leads nowhere.
    pub(super) fn undeclared(&self, name: &str) -> String {
        let hint = crate::hint::hint(&self.qualified(name), self.order.iter().map(|(name, _)| name.as_str()));
        format!("`{name}` is not declared in this document; references to others are not followed.{hint}")
    }

    /// What is said about something from outside.
    pub(super) fn annotations_of(&self, target: &str) -> &[&'a Element] {
        self.annotations.get(target).map(Vec::as_slice).unwrap_or_default()
    }

    /// `Alias.Type/Property` as `Namespace.Type/Property`.
    fn target(&self, text: &str) -> String {
        match text.split_once('/') {
            Some((first, rest)) => format!("{}/{rest}", self.qualified(first)),
            None => self.qualified(text),
        }
    }
}

fn aliases<'a>(root: &'a Element, schemas: &[&'a Element]) -> HashMap<&'a str, &'a str> {
    let included = root.named("Reference").flat_map(|reference| reference.named("Include"));
    let all = included.chain(schemas.iter().copied());
    all.filter_map(|element| element.attribute("Alias").zip(element.attribute("Namespace"))).collect()
}

/// The namespace of the first schema with such an element, else of the container, else of the first schema.
fn namespace<'a>(root: &Element, schemas: &[&'a Element], kind: &str) -> Result<&'a str, ReadError> {
    let with = |kind: &str| schemas.iter().find(|schema| schema.children.iter().any(|own| own.name == kind));
    let chosen = with(kind).or_else(|| with("EntityContainer")).or(schemas.first());
    chosen.ok_or_else(|| root.error("It has no Schema."))?.required("Namespace")
}
