//! `$expand`: navigation properties with options of their own, to any depth that can be answered.
//!
//! `$levels` is written out: what it repeats becomes nested expansions, so that nobody else needs to know it.

use super::nested::Piece;
use super::options::{Environment, Levels};
use super::target::{Kind, Target};
use super::{Expand, Expanding, Options};
use crate::check::About;
use crate::edm::{EntityType, Step};
use crate::error::{Error, ErrorKind};
use crate::hint::hint;

/// What `$levels=max` means: how deep recursive relationships are followed.
pub(super) const MAX_LEVELS: u64 = 5;

/// How many navigation properties a request may expand, at all levels together.
pub(super) const MAX_EXPANDED: usize = 100;

/// An item before it is known whether another one names the same navigation property.
struct Item {
    expand: Expand,
    /// Whether it came from `*`, which gives way to what is named.
    star: bool,
}

pub(super) fn parse(
    environment: &Environment<'_>,
    target: &Target<'_>,
    text: Piece<'_>,
) -> Result<Vec<Expand>, Error> {
    let mut items = Vec::new();
    for piece in text.split(',')? {
        let piece = piece.trimmed();
        item(environment, target, piece, &mut items).map_err(|error| error.at(piece.at))?;
    }
    let mut expands: Vec<Expand> = Vec::new();
    let (stars, named): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.star);
    for Item { expand, .. } in named {
        if expands.iter().any(|known| known.step == expand.step) {
            let name = &environment.model.way(&expand.step).name;
            return Err(Error::not_supported(format_args!("Expanding `{name}` twice is")));
        }
        expands.push(expand);
    }
    for Item { expand, .. } in stars {
        if expands.iter().all(|known| known.step != expand.step) {
            expands.push(expand);
        }
    }
    Ok(expands)
}

fn item(
    environment: &Environment<'_>,
    target: &Target<'_>,
    piece: Piece<'_>,
    items: &mut Vec<Item>,
) -> Result<(), Error> {
    let (path, options) = piece.with_options()?;
    let Some(About::Entity(id, _)) = target.about else {
        return Err(Error::not_supported("Expanding below values is"));
    };
    let entity_type = environment.model.entity_type(id);
    let mut segments = path.text.trim().split('/');
    let mut first = segments.next().unwrap_or_default();
    if first.contains('.') && environment.model.unqualified(first) == entity_type.name {
        first = segments.next().unwrap_or_default();
    }
    let rest: Vec<&str> = segments.collect();
    let kind = match rest[..] {
        [] => Expanding::Entities,
        ["$ref"] => Expanding::References,
        ["$count"] => Expanding::Count,
        _ => return Err(refusal(entity_type, first, path.text)),
    };
    if first == "*" {
        return star(environment, target, kind, options, items);
    }
    let Some(navigation) = entity_type.navigation_index(first) else {
        return Err(refusal(entity_type, first, path.text));
    };
    let expand = expanded(environment, target, navigation, kind, options)?;
    items.push(Item { expand, star: false });
    Ok(())
}

/// Every navigation property, with `$levels` as the only option.
fn star(
    environment: &Environment<'_>,
    target: &Target<'_>,
    kind: Expanding,
    options: Option<Piece<'_>>,
    items: &mut Vec<Item>,
) -> Result<(), Error> {
    let Some(About::Entity(id, _)) = target.about else { return Ok(()) };
    if kind == Expanding::Count || (kind == Expanding::References && options.is_some()) {
        return Err(Error::syntax("`*` can be expanded as `*`, `*/$ref` or `*($levels=…)`."));
    }
    if let Some(options) = options {
        let name =
            options.pair().map(|(name, _)| name.text.trim().trim_start_matches('$').to_ascii_lowercase());
        if name.as_deref() != Some("levels") {
            return Err(Error::syntax("`*` takes no option but `$levels`.").at(options.at));
        }
    }
    for navigation in 0..environment.model.entity_type(id).navigation.len() {
        let expand = expanded(environment, target, navigation, kind, options)?;
        items.push(Item { expand, star: true });
    }
    Ok(())
}

fn expanded(
    environment: &Environment<'_>,
    target: &Target<'_>,
    navigation: usize,
    kind: Expanding,
    options: Option<Piece<'_>>,
) -> Result<Expand, Error> {
    environment.count_expanded(1)?;
    let step = step(environment, target, navigation);
    if kind == Expanding::Count && !step.collection {
        let name = &environment.model.way(&step).name;
        return Err(Error::of_type(format!(
            "`{name}` leads to one entity; only collections can be counted."
        )));
    }
    let about = About::Entity(step.target, step.target_set);
    let below = Target {
        kind: match kind {
            Expanding::Entities => Kind::Expanded,
            Expanding::References => Kind::ExpandedReferences,
            Expanding::Count => Kind::ExpandedCount,
        },
        about: Some(about),
        root: target.root.or(target.about),
        singleton: None,
    };
    let (options, levels) = match options {
        Some(options) => environment.nested_with_levels(&below, options)?,
        None => Default::default(),
    };
    if !step.collection {
        only_for_one(environment, &step, &options)?;
    }
    let levels = match levels {
        None => 1,
        Some(Levels::Number(levels)) => levels,
        Some(Levels::Max) => MAX_LEVELS,
    };
    let expand = Expand { navigation, step, kind, options };
    repeated(environment, &expand, levels)
}

fn step(environment: &Environment<'_>, target: &Target<'_>, navigation: usize) -> Step {
    match (target.singleton, target.about) {
        (Some(singleton), _) => environment.model.step_from_singleton(singleton, navigation),
        (None, Some(About::Entity(id, set))) => environment.model.step(id, set, navigation),
        // Only entities are expanded.
        (None, _) => environment.model.step(crate::edm::TypeId(0), None, navigation),
    }
}

/// Of a single entity there is nothing to order, to count or to page.
fn only_for_one(environment: &Environment<'_>, step: &Step, options: &Options) -> Result<(), Error> {
    let named = [
        ("$orderby", !options.orderby.is_empty()),
        ("$top", options.top.is_some()),
        ("$skip", options.skip.is_some()),
        ("$count", options.count),
        ("$search", options.search.is_some()),
        ("$filter", options.filter.is_some()),
    ];
    match named.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => {
            let name = &environment.model.way(step).name;
            Err(Error::of_type(format!("`{name}` leads to one entity, and `{option}` is for collections.")))
        }
    }
}

/// The same again below, where the navigation property leads to its own type.
fn repeated(environment: &Environment<'_>, expand: &Expand, levels: u64) -> Result<Expand, Error> {
    if levels > MAX_LEVELS {
        let message = format!("`$levels` may be at most {MAX_LEVELS}.");
        return Err(Error::new(ErrorKind::TooComplex, message));
    }
    let model = environment.model;
    let next = model.step_after_if(&expand.step);
    let mut whole = expand.clone();
    let Some(next) = next else { return Ok(whole) };
    for _ in 1..levels {
        environment.count_expanded(1 + nested_count(expand))?;
        let mut options = expand.options.clone();
        let same = |known: &Expand| known.step.navigation == next.navigation;
        let below = Expand { step: next, ..whole };
        if !options.expand.iter().any(same) {
            options.expand.push(below);
        }
        whole = Expand { options, ..expand.clone() };
    }
    Ok(whole)
}

fn nested_count(expand: &Expand) -> usize {
    expand.options.expand.iter().map(|below| 1 + nested_count(below)).sum()
}

fn refusal(entity_type: &EntityType, name: &str, item: &str) -> Error {
    if name.is_empty() {
        return Error::syntax("A name is missing.");
    }
    let structural = entity_type.property_index(name).is_some();
    let further = item.contains('/') && entity_type.navigation_index(name).is_some();
    if structural || further || name.contains(['.', '@']) || name.starts_with('$') {
        return Error::not_supported(format_args!("Expanding `{item}` is"));
    }
    let message = if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        let hint = hint(name, entity_type.navigation.iter().map(|way| way.name.as_str()));
        format!("`{name}` is not a navigation property of {}.{hint}", entity_type.name)
    } else {
        return Error::syntax(format!("`{name}` is not a name; names are separated by commas."));
    };
    Error::new(ErrorKind::PropertyNotFound, message)
}
