//! From CSDL XML to a [`Model`](crate::edm::Model), for serving what others have described.
//!
//! A model here has one namespace, no inheritance, and only what a reader of data needs. What a document has beyond that
//! is either brought into this form (types of several schemas come together, a derived type gets the properties of its
//! base, a type definition becomes the type it stands for) or left out, and then reported; what would make the answers
//! wrong is refused, with element and line. References to other documents are not followed, and a document type
//! declaration is refused, so that a document stands for itself and for nothing larger.

mod annotation;
mod container;
mod names;
mod navigation;
mod properties;
mod tree;
mod types;

use std::collections::HashMap;
use std::fmt;

use crate::edm::{ComplexId, EnumId, Model, ModelError, TypeId};
use names::Names;
use tree::Element;

/// The largest document that is read. The largest of a public service that is known, of Microsoft Graph, has 7 MiB.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The model, checked as if built in code.
    pub model: Model,
    /// What the document says and the model does not, in the order of the lines.
    pub left_out: Vec<LeftOut>,
}

/// A part of a document that the model does not have, or has in another form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The line it begins in, from 1.
    pub line: usize,
    /// The element and its name.
    pub what: String,
    /// Why, or what became of it.
    pub reason: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} {}", self.line, self.what, self.reason)
    }
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// The element and its name, if it was one.
    pub element: Option<String>,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.element {
            Some(element) => write!(f, "line {}, {element}: {}", self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads a document of CSDL XML, version 4.0 or 4.01.
///
/// # Errors
/// No well-formed XML, no CSDL of these versions, or a model that cannot be served.
///
/// ```
/// use odata::csdl::read;
///
/// let document = read(r#"
///     <edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
///       <edmx:DataServices>
///         <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Shop">
///           <EntityType Name="Product">
///             <Key><PropertyRef Name="ID"/></Key>
///             <Property Name="ID" Type="Edm.Int32" Nullable="false"/>
///           </EntityType>
///           <Function Name="Best"><ReturnType Type="Shop.Product"/></Function>
///           <EntityContainer Name="Container">
///             <EntitySet Name="Products" EntityType="Shop.Product"/>
///           </EntityContainer>
///         </Schema>
///       </edmx:DataServices>
///     </edmx:Edmx>"#)?;
/// assert_eq!(document.model.entity_sets()[0].name, "Products");
/// assert_eq!(document.left_out[0].to_string(), "line 9: Function `Best` is not served: nothing here can be called.");
/// # Ok::<(), odata::csdl::ReadError>(())
/// ```
pub fn read(text: &str) -> Result<Document, ReadError> {
    if text.len() > MAX_BYTES {
        let message = format!("The document is larger than {} MiB.", MAX_BYTES / 1024 / 1024);
        return Err(ReadError { line: 1, element: None, message });
    }
    let root = tree::parse(text)?;
    let schemas = schemas(&root)?;
    let names = Names::new(&root, &schemas)?;
    let mut reader = Reader { names: &names, ids: HashMap::new(), left_out: Vec::new() };
    reader.uncallable(&schemas);
    let container = container::only(&schemas)?;
    let mut builder = Model::builder(names.namespace(), container.required("Name")?);
    let mut types = reader.types()?;
    reader.container(&mut builder, &mut types, container)?;
    types.add_to(&mut builder);
    let model = builder.build().map_err(|error| located(&root, &error))?;
    let mut left_out = reader.left_out;
    left_out.sort_by_key(|part| part.line);
    Ok(Document { model, left_out })
}

/// The schemas of the document, after a look at its frame.
fn schemas(root: &Element) -> Result<Vec<&Element>, ReadError> {
    if root.name != "Edmx" {
        return Err(root.error("A document of CSDL begins with an edmx:Edmx element."));
    }
    let version = root.required("Version")?;
    if !matches!(version, "4.0" | "4.01") {
        return Err(root.error(format!("Version {version} of CSDL is not read; 4.0 and 4.01 are.")));
    }
    let services = root.named("DataServices").next();
    let services = services.ok_or_else(|| root.error("It has no edmx:DataServices element."))?;
    Ok(services.named("Schema").collect())
}

/// What goes along while a document is read.
#[derive(Debug)]
struct Reader<'a> {
    names: &'a Names<'a>,
    /// What the model's types are called in the document.
    ids: HashMap<String, Id>,
    left_out: Vec<LeftOut>,
}

/// A declared type, as the model refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    Entity(TypeId),
    Complex(ComplexId),
    Enum(EnumId),
}

impl<'a> Reader<'a> {
    fn leave_out(&mut self, element: &Element, reason: impl Into<String>) {
        self.left_out.push(LeftOut { line: element.line, what: element.title(), reason: reason.into() });
    }

    /// Reports what can be called, which a service of data alone does not have, and schemas that were merged.
    fn uncallable(&mut self, schemas: &[&'a Element]) {
        for schema in schemas {
            let foreign = schema.attribute("Namespace") != Some(self.names.namespace());
            if foreign && schema.children.iter().any(names::is_type) {
                let reason = format!("has its types served in `{}`.", self.names.namespace());
                self.leave_out(schema, reason);
            }
            for child in &schema.children {
                if matches!(child.name.as_str(), "Function" | "Action") {
                    self.leave_out(child, "is not served: nothing here can be called.");
                }
            }
        }
    }
}

/// What the check of the whole model found, at the element it is about.
fn located(root: &Element, error: &ModelError) -> ReadError {
    let (owner, name) = match error {
        ModelError::InvalidName(name) => (None, name),
        ModelError::DuplicateName { name, scope } => (Some(scope), name),
        ModelError::Key { entity_type, .. } => (None, entity_type),
        ModelError::Dangling { owner, .. } => (None, owner),
    };
    let within = owner.and_then(|owner| root.last_called(owner)).unwrap_or(root);
    let element = within.last_called(name).unwrap_or(within);
    element.error(format!("The model cannot be served: {error}."))
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
