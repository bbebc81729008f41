//! The system query options: which exist, where they may stand, and what they mean.

use super::decode::RawOption;
use super::expression;
use super::parser::Parser;
use super::{Aliases, Options, OrderBy, Resource, select};
use crate::check::{self, Scope};
use crate::edm::{Model, SetId};
use crate::error::{Error, ErrorKind};
use crate::hint::nearest;

/// The system query options, without their dollar.
const NAMES: [&str; 16] = [
    "filter",
    "select",
    "orderby",
    "top",
    "skip",
    "count",
    "expand",
    "search",
    "skiptoken",
    "format",
    "apply",
    "compute",
    "deltatoken",
    "index",
    "levels",
    "schemaversion",
];

/// The options of a query by what they are; what is neither a system option nor an alias only stays in `raw`.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Name without dollar, in lower case, and decoded value.
    system: Vec<(&'static str, String)>,
    pub(super) aliases: Aliases,
    raw: Vec<(String, String)>,
}

/// Sorts the options; whether a system option fits the resource is not known yet.
pub(super) fn named(options: &[RawOption<'_>]) -> Result<Named, Error> {
    let mut named = Named::default();
    for option in options {
        add(&mut named, option).map_err(|error| error.about(option.name.as_str()))?;
    }
    Ok(named)
}

fn add(named: &mut Named, option: &RawOption<'_>) -> Result<(), Error> {
    let Some(name) = system_name(&option.name)? else {
        named.raw.push((option.name.clone(), option.raw.to_owned()));
        return alias(named, option);
    };
    if named.system.iter().any(|(seen, _)| *seen == name) {
        return Err(Error::syntax(format!("The option `${name}` is given twice.")));
    }
    let Some(value) = &option.value else {
        return Err(Error::syntax(format!("The option `${name}` has no value.")));
    };
    named.raw.push((format!("${name}"), option.raw.to_owned()));
    named.system.push((name, value.clone()));
    Ok(())
}

/// The system option of that name, with or without `$`, in any case; `None` for an alias and a custom option.
fn system_name(name: &str) -> Result<Option<&'static str>, Error> {
    let bare = name.strip_prefix('$').unwrap_or(name).to_ascii_lowercase();
    let known = NAMES.into_iter().find(|known| *known == bare);
    match (known, name.starts_with('$')) {
        (None, true) if bare == "id" => Err(Error::not_supported("`$id` is")),
        (None, true) => Err(unknown(name, &bare)),
        (known, _) => Ok(known),
    }
}

fn unknown(name: &str, bare: &str) -> Error {
    let hint = nearest(bare, NAMES.into_iter()).map(|near| format!(" Did you mean `${near}`?"));
    Error::syntax(format!("There is no query option `{name}`.{}", hint.unwrap_or_default()))
}

fn alias(named: &mut Named, option: &RawOption<'_>) -> Result<(), Error> {
    let (Some(name), Some(text)) = (option.name.strip_prefix('@'), &option.value) else { return Ok(()) };
    let ast = expression::parse(text)?;
    if named.aliases.insert(name.to_owned(), ast).is_some() {
        return Err(Error::syntax(format!("The alias `@{name}` is given twice.")));
    }
    Ok(())
}

/// Parses the system options and checks them against what the path leads to.
pub(super) fn parse(model: &Model, resource: &Resource, named: Named) -> Result<Options, Error> {
    let Named { system, aliases, raw } = named;
    let mut options = Options { raw, ..Options::default() };
    for (name, text) in &system {
        if *resource == Resource::Metadata && *name != "format" {
            // Clients append the options of a feed to its metadata too; they mean nothing there.
            continue;
        }
        fits(resource, name)
            .and_then(|()| set(model, resource, &aliases, &mut options, name, text))
            .map_err(|error| error.about(format!("${name}")))?;
    }
    Ok(options)
}

/// Which options a resource takes. `/$count` ignores those that only shape a page (OData 4.01, section 11.2.10).
fn fits(resource: &Resource, name: &str) -> Result<(), Error> {
    let (what, taken): (_, &[&str]) = match resource {
        Resource::ServiceDocument | Resource::Metadata => ("the service document", &["format"]),
        Resource::Batch => ("a batch", &["format"]),
        Resource::EntitySet { .. } | Resource::Count { .. } => ("a collection", &NAMES),
        Resource::Entity { .. } => ("a single entity", &["select", "expand", "compute", "format"]),
        Resource::Property { .. } | Resource::PropertyValue { .. } => ("a single property", &["format"]),
    };
    if taken.contains(&name) || name == "schemaversion" {
        Ok(())
    } else {
        Err(Error::syntax(format!("The option `${name}` does not apply to {what}.")))
    }
}

fn set(
    model: &Model,
    resource: &Resource,
    aliases: &Aliases,
    options: &mut Options,
    name: &str,
    text: &str,
) -> Result<(), Error> {
    let scope = || set_of(resource).map(|set| Scope::new(model, model.type_of_set(set), aliases));
    match name {
        "format" => options.format = Some(required(text)?.to_owned()),
        "skiptoken" => options.skiptoken = Some(required(text)?.to_owned()),
        "top" => options.top = Some(number(text)?),
        "skip" => options.skip = Some(number(text)?),
        "count" => options.count = boolean(text)?,
        "schemaversion" if text == "*" => {}
        "filter" => options.filter = scope().map(|scope| filter(&scope, text)).transpose()?,
        "orderby" => {
            let criteria = scope().map(|scope| order_by(&scope, text)).transpose()?;
            options.orderby = criteria.unwrap_or_default();
        }
        "select" => {
            let entity_type = set_of(resource).map(|set| model.type_of_set(set));
            options.select = entity_type.map(|entity_type| select::parse(entity_type, text)).transpose()?;
        }
        _ => return Err(Error::not_supported(format_args!("The option `${name}` is"))),
    }
    Ok(())
}

fn set_of(resource: &Resource) -> Option<SetId> {
    match resource {
        Resource::ServiceDocument | Resource::Metadata | Resource::Batch => None,
        Resource::EntitySet { set }
        | Resource::Count { set }
        | Resource::Entity { set, .. }
        | Resource::Property { set, .. }
        | Resource::PropertyValue { set, .. } => Some(*set),
    }
}

fn required(text: &str) -> Result<&str, Error> {
    if text.is_empty() { Err(Error::syntax("A value is missing.")) } else { Ok(text) }
}

fn number(text: &str) -> Result<u64, Error> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::syntax(format!("`{text}` is not a whole number of 0 or more.")));
    }
    text.parse().map_err(|_| Error::new(ErrorKind::Overflow, format!("`{text}` is too large.")))
}

fn boolean(text: &str) -> Result<bool, Error> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::syntax(format!("`{text}` is neither true nor false."))),
    }
}

fn filter(scope: &Scope<'_>, text: &str) -> Result<crate::expr::Expr, Error> {
    check::filter(scope, &expression::parse(text)?)
}

fn order_by(scope: &Scope<'_>, text: &str) -> Result<Vec<OrderBy>, Error> {
    let mut parser = Parser::new(text)?;
    let mut criteria = Vec::new();
    loop {
        let ast = parser.expression()?;
        let descending = parser.eat_word("desc");
        if !descending {
            parser.eat_word("asc");
        }
        criteria.push(OrderBy { expr: check::sortable(scope, &ast)?, descending });
        if !parser.eat(',') {
            parser.end()?;
            return Ok(criteria);
        }
    }
}
