//! The system query options: which exist, where they may stand, and what they mean.

use std::cell::Cell;

use super::decode::RawOption;
use super::nested::Piece;
use super::parser::Parser;
use super::resource::Resource;
use super::target::{Kind, Target};
use super::{Aliases, Options, OrderBy, Search, expand, expression, select};
use crate::check::{self, Scope};
use crate::edm::Model;
use crate::error::{Error, ErrorKind};
use crate::hint::nearest;

/// The system query options, without their dollar.
const NAMES: [&str; 17] = [
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
    "id",
];

/// The options of a query by what they are; what is neither a system option nor an alias only stays in `raw`.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Name without dollar, in lower case, and decoded value.
    system: Vec<(&'static str, String)>,
    pub(super) aliases: Aliases,
    raw: Vec<(String, String)>,
    custom_id: Option<String>,
}

impl Named {
    /// `$id`, which is part of the path and no option any more; without its dollar it may also be a custom option.
    pub(super) fn take_id(&mut self) -> Option<String> {
        match self.system.iter().position(|(name, _)| *name == "id") {
            Some(index) => Some(self.system.remove(index).1),
            None => self.custom_id.take(),
        }
    }
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
        if option.name.eq_ignore_ascii_case("id") {
            named.custom_id.clone_from(&option.value);
        }
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
    let known = NAMES.into_iter().find(|known| *known == bare && (bare != "id" || name.starts_with('$')));
    if known.is_none() && name.starts_with('$') { Err(unknown(name, &bare)) } else { Ok(known) }
}

fn unknown(name: &str, bare: &str) -> Error {
    let hint = nearest(bare, NAMES.into_iter()).map(|near| format!(" Did you mean `${near}`?"));
    Error::syntax(format!("There is no query option `{name}`.{}", hint.unwrap_or_default()))
}

fn alias(named: &mut Named, option: &RawOption<'_>) -> Result<(), Error> {
    let (Some(name), Some(text)) = (option.name.strip_prefix('@'), &option.value) else { return Ok(()) };
    let ast = expression::parse(text)?;
    if !named.aliases.insert(name, ast) {
        return Err(Error::syntax(format!("The alias `@{name}` is given twice.")));
    }
    Ok(())
}

/// Parses the system options and checks them against what the path leads to.
pub(super) fn parse(model: &Model, resource: &Resource, named: Named) -> Result<Options, Error> {
    let Named { system, aliases, raw, custom_id: _ } = named;
    let target = Target::of(model, resource);
    let environment = Environment::new(model, &aliases);
    let mut options = Options { raw, ..Options::default() };
    for (name, text) in &system {
        if target.kind == Kind::Metadata && *name != "format" {
            // Clients append the options of a feed to its metadata too; they mean nothing there.
            continue;
        }
        fits(target.kind, name)
            .and_then(|()| environment.set(&target, &mut options, name, Piece::whole(text)))
            .map_err(|error| error.about(format!("${name}")))?;
    }
    Ok(options)
}

fn fits(kind: Kind, name: &str) -> Result<(), Error> {
    let (what, taken) = kind.takes();
    if taken.contains(&name) || name == "schemaversion" {
        Ok(())
    } else {
        Err(Error::syntax(format!("The option `${name}` does not apply to {what}.")))
    }
}

/// How deep options may be nested in options: deeper than any expansion that is answered.
const MAX_NESTING: usize = 25;

/// `$levels`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Levels {
    Number(u64),
    Max,
}

/// The options of one pair of parentheses.
#[derive(Default)]
struct Nested {
    options: Options,
    levels: Option<Levels>,
    seen: Vec<&'static str>,
}

/// What is the same for the options of a request and all that are nested in them.
#[derive(Debug)]
pub(super) struct Environment<'a> {
    pub(super) model: &'a Model,
    aliases: &'a Aliases,
    depth: Cell<usize>,
    expanded: Cell<usize>,
}

impl<'a> Environment<'a> {
    fn new(model: &'a Model, aliases: &'a Aliases) -> Self {
        Self { model, aliases, depth: Cell::new(0), expanded: Cell::new(0) }
    }

    /// Counts expanded navigation properties, against what a request may ask for.
    pub(super) fn count_expanded(&self, more: usize) -> Result<(), Error> {
        self.expanded.set(self.expanded.get() + more);
        if self.expanded.get() <= expand::MAX_EXPANDED {
            return Ok(());
        }
        let message =
            format!("The request expands more than {} navigation properties.", expand::MAX_EXPANDED);
        Err(Error::new(ErrorKind::TooComplex, message))
    }

    /// The options in the parentheses of `$select`.
    pub(super) fn nested(&self, target: &Target<'_>, text: Piece<'_>) -> Result<Options, Error> {
        self.nested_with_levels(target, text).map(|(options, _)| options)
    }

    /// The options in the parentheses of `$expand`, and `$levels` beside them.
    pub(super) fn nested_with_levels(
        &self,
        target: &Target<'_>,
        text: Piece<'_>,
    ) -> Result<(Options, Option<Levels>), Error> {
        if self.depth.get() >= MAX_NESTING {
            return Err(Error::new(ErrorKind::TooComplex, "The options are nested too deeply.").at(text.at));
        }
        self.depth.set(self.depth.get() + 1);
        let mut nested = Nested::default();
        for piece in text.split(';')? {
            let piece = piece.trimmed();
            self.nested_option(target, &mut nested, piece).map_err(|error| error.at(piece.at))?;
        }
        self.depth.set(self.depth.get() - 1);
        Ok((nested.options, nested.levels))
    }

    fn nested_option(&self, target: &Target<'_>, nested: &mut Nested, piece: Piece<'_>) -> Result<(), Error> {
        let Some((name, value)) = piece.pair() else {
            let message = format!("`{}` is no option; options are separated by `;`.", piece.text);
            return Err(Error::syntax(message));
        };
        let name = name.text.trim();
        if name.starts_with('@') {
            return Err(Error::not_supported("An alias inside of an option is"));
        }
        let Some(known) = system_name(name)? else { return Err(unknown(name, &name.to_ascii_lowercase())) };
        if nested.seen.contains(&known) {
            return Err(Error::syntax(format!("The option `${known}` is given twice.")));
        }
        nested.seen.push(known);
        fits(target.kind, known)?;
        if known == "levels" {
            nested.levels = Some(levels(value.text)?);
            return Ok(());
        }
        self.set(target, &mut nested.options, known, value)
    }

    fn set(
        &self,
        target: &Target<'_>,
        options: &mut Options,
        name: &str,
        value: Piece<'_>,
    ) -> Result<(), Error> {
        let text = value.text;
        let inside = |error: Error| error.inside(value.at);
        match name {
            "format" => options.format = Some(required(text)?.to_owned()),
            "skiptoken" => options.skiptoken = Some(required(text)?.to_owned()),
            "top" => options.top = Some(number(text)?),
            "skip" => options.skip = Some(number(text)?),
            "count" => options.count = boolean(text)?,
            "schemaversion" if text == "*" => {}
            "filter" => options.filter = Some(self.filter(target, text).map_err(inside)?),
            "orderby" => options.orderby = self.order_by(target, text).map_err(inside)?,
            "search" => options.search = Some(Search::parse(text).map_err(inside)?),
            "select" => options.select = Some(select::parse(self, target, value)?),
            "expand" => options.expand = expand::parse(self, target, value)?,
            _ => {
                unbuilt(name, text).map_err(inside)?;
                return Err(Error::not_supported(format_args!("The option `${name}` is")));
            }
        }
        Ok(())
    }

    fn scope<'t>(&'t self, target: &Target<'t>) -> Result<Scope<'t>, Error> {
        let about = target.about.ok_or_else(|| Error::not_supported("An expression about no row is"))?;
        Ok(Scope { model: self.model, about, root: target.root, aliases: self.aliases })
    }

    fn filter(&self, target: &Target<'_>, text: &str) -> Result<crate::expr::Expr, Error> {
        check::filter(&self.scope(target)?, &expression::parse(text)?)
    }

    fn order_by(&self, target: &Target<'_>, text: &str) -> Result<Vec<OrderBy>, Error> {
        let scope = self.scope(target)?;
        let mut parser = Parser::new(text)?;
        let mut criteria = Vec::new();
        loop {
            let ast = parser.expression()?;
            let descending = parser.eat_word("desc");
            if !descending {
                parser.eat_word("asc");
            }
            criteria.push(OrderBy { expr: check::sortable(&scope, &ast)?, descending });
            if !parser.eat(',') {
                parser.end()?;
                return Ok(criteria);
            }
        }
    }
}

/// Options that are only read, as far as their grammar is known.
fn unbuilt(name: &str, text: &str) -> Result<(), Error> {
    match name {
        "compute" => expression::computed(text),
        "index" => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            number(digits).map(drop)
        }
        "apply" => Piece::whole(required(text)?).split('/').map(drop),
        _ => required(text).map(drop),
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

fn levels(text: &str) -> Result<Levels, Error> {
    match text {
        "max" => Ok(Levels::Max),
        _ => match number(text)? {
            0 => Err(Error::syntax("`$levels` is a number of 1 or more, or `max`.")),
            levels => Ok(Levels::Number(levels)),
        },
    }
}

fn boolean(text: &str) -> Result<bool, Error> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::syntax(format!("`{text}` is neither true nor false."))),
    }
}
