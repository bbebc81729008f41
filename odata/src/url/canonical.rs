//! The text of a request: the URL that a client would have written for it.
//!
//! Promise: [`parse`](super::parse) reads the same request back. Aliases are replaced, `$levels` is written out, and the
//! options have a fixed order, so that two URLs with the same meaning mostly have the same text.

use super::{
    Expand, Expanding, Options, OrderBy, Part, PathStart, PropertyPath, Request, ResourcePath, Select,
};
use crate::Value;
use crate::edm::{ComplexType, EntityType, Model, Property, Type, TypeId};
use crate::expr::Expr;

impl Request {
    /// Path and query behind the service's root, encoded as Power Query does it.
    ///
    /// ```
    /// use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
    /// use odata::url::parse;
    ///
    /// let mut builder = Model::builder("Crm", "Feed");
    /// let deal = EntityType::new("deal").property(Property::new("id", Primitive::Int64).required()).keyed_by(&["id"]);
    /// let deal = builder.entity_type(deal);
    /// builder.entity_set(EntitySet::new("deals", deal));
    /// let model = builder.build()?;
    ///
    /// let request = parse(&model, "deals/", Some("top=5&$filter=(id gt @p) and not (id eq 9)&@p=3"))?;
    /// assert_eq!(request.text(&model), "deals?$filter=id%20gt%203%20and%20not%20%28id%20eq%209%29&$top=5");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn text(&self, model: &Model) -> String {
        let (path, row) = match self.resource.path() {
            Some(path) => (path_text(model, &path), Row::of_path(model, &path)),
            None => (self.resource.document().to_owned(), Row::Plain),
        };
        let query: Vec<String> = pairs(model, row, &self.options)
            .into_iter()
            .map(|(name, value)| format!("{name}={}", encoded(&value)))
            .collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}

/// What the names in options are looked up in.
#[derive(Clone, Copy)]
enum Row<'m> {
    Entity(&'m EntityType),
    Complex(&'m ComplexType),
    /// Values without properties.
    Plain,
}

impl<'m> Row<'m> {
    fn of_path(model: &'m Model, path: &ResourcePath) -> Self {
        let entity_type = model.entity_type(path.entity_type(model));
        match &path.part {
            Part::Property(property) | Part::PropertyCount(property) | Part::Value(property) => {
                property.declared(model, entity_type).map_or(Self::Plain, |found| Self::of(model, &found.ty))
            }
            Part::Entities | Part::Count | Part::References => Self::Entity(entity_type),
        }
    }

    fn of(model: &'m Model, ty: &'m Type) -> Self {
        match ty {
            Type::Complex(id) => Self::Complex(model.complex_type(*id)),
            Type::Collection(item) => Self::of(model, item),
            Type::Primitive(_) | Type::Enum(_) => Self::Plain,
        }
    }

    fn properties(self) -> &'m [Property] {
        match self {
            Self::Entity(entity_type) => &entity_type.properties,
            Self::Complex(complex) => &complex.properties,
            Self::Plain => &[],
        }
    }

    fn expression(self, expr: &Expr) -> String {
        match self {
            Self::Entity(entity_type) => expr.display(entity_type).to_string(),
            Self::Complex(_) | Self::Plain => expr.to_string(),
        }
    }
}

fn path_text(model: &Model, path: &ResourcePath) -> String {
    let mut text = match &path.start {
        PathStart::Set(set) => model.set(*set).name.clone(),
        PathStart::Entity(set, key) => {
            let set = model.set(*set);
            format!("{}{}", set.name, key_text(model, set.entity_type, key))
        }
        PathStart::Singleton(id) => model.singleton_with(*id).name.clone(),
    };
    for step in &path.steps {
        text.push('/');
        text.push_str(&model.way(&step.step).name);
        text.extend(step.key.iter().map(|key| key_text(model, step.step.target, key)));
    }
    let entity_type = model.entity_type(path.entity_type(model));
    let below = |property: &PropertyPath| property.names(model, entity_type).join("/");
    match &path.part {
        Part::Entities => text,
        Part::Count => text + "/$count",
        Part::References => text + "/$ref",
        Part::Property(property) => format!("{text}/{}", below(property)),
        Part::Value(property) => format!("{text}/{}/$value", below(property)),
        Part::PropertyCount(property) => format!("{text}/{}/$count", below(property)),
    }
}

fn key_text(model: &Model, id: TypeId, key: &[Value]) -> String {
    let entity_type = model.entity_type(id);
    let values: Vec<String> = match key {
        [value] => vec![encoded(&value.to_string())],
        _ => entity_type
            .key
            .iter()
            .zip(key)
            .map(|(index, value)| {
                format!("{}={}", entity_type.properties[*index].name, encoded(&value.to_string()))
            })
            .collect(),
    };
    format!("({})", values.join(","))
}

/// The options by name, not encoded.
fn pairs(model: &Model, row: Row<'_>, options: &Options) -> Vec<(&'static str, String)> {
    let order =
        |by: &OrderBy| format!("{}{}", row.expression(&by.expr), if by.descending { " desc" } else { "" });
    let orders: Vec<String> = options.orderby.iter().map(order).collect();
    let expands: Vec<String> = options.expand.iter().map(|expand| expand_text(model, expand)).collect();
    let list = |items: Vec<String>| (!items.is_empty()).then(|| items.join(","));
    [
        ("$filter", options.filter.as_ref().map(|filter| row.expression(filter))),
        ("$search", options.search.as_ref().map(|search| search.text.clone())),
        ("$select", options.select.as_ref().map(|select| select_text(model, row, select))),
        ("$expand", list(expands)),
        ("$orderby", list(orders)),
        ("$top", options.top.map(|top| top.to_string())),
        ("$skip", options.skip.map(|skip| skip.to_string())),
        ("$count", options.count.then(|| "true".to_owned())),
        ("$skiptoken", options.skiptoken.clone()),
        ("$format", options.format.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect()
}

/// A name with its options in parentheses.
fn with_options(name: &str, pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return name.to_owned();
    }
    let options: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{name}({})", options.join(";"))
}

fn expand_text(model: &Model, expand: &Expand) -> String {
    let kind = match expand.kind {
        Expanding::Entities => "",
        Expanding::References => "/$ref",
        Expanding::Count => "/$count",
    };
    let row = Row::Entity(model.entity_type(expand.step.target));
    with_options(&format!("{}{kind}", model.way(&expand.step).name), &pairs(model, row, &expand.options))
}

fn select_text(model: &Model, row: Row<'_>, select: &Select) -> String {
    let mut items = Vec::new();
    if select.all {
        items.push("*".to_owned());
    }
    for (index, property) in row.properties().iter().enumerate() {
        let nested = select.nested.iter().find(|nested| nested.property == index);
        match nested {
            Some(nested) => {
                let row = Row::of(model, &property.ty);
                items.push(with_options(&property.name, &pairs(model, row, &nested.options)));
            }
            None if !select.all && select.properties.contains(&index) => items.push(property.name.clone()),
            None => {}
        }
    }
    if let Row::Entity(entity_type) = row {
        items.extend(select.navigation.iter().map(|&index| entity_type.navigation[index].name.clone()));
    }
    items.join(",")
}

/// Everything but letters, digits and `-_.~` in percent-encoding.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
