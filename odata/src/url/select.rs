//! `$select`

use super::Select;
use crate::edm::EntityType;
use crate::error::{Error, ErrorKind};
use crate::hint::hint;

/// Names separated by commas, blanks around them ignored; `*` is all structural properties.
pub(super) fn parse(entity_type: &EntityType, text: &str) -> Result<Select, Error> {
    let mut select = Select::default();
    let mut position = 0;
    for piece in split(text) {
        let name = piece.trim();
        let leading = piece.chars().take_while(|c| c.is_whitespace()).count();
        item(entity_type, name, &mut select).map_err(|error| error.at(position + leading))?;
        position += piece.chars().count() + 1;
    }
    if select.all {
        select.properties = (0..entity_type.properties.len()).collect();
    }
    for indices in [&mut select.properties, &mut select.navigation] {
        indices.sort_unstable();
        indices.dedup();
    }
    Ok(select)
}

/// Cuts at commas outside of parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth <= 0
    })
}

fn item(entity_type: &EntityType, name: &str, select: &mut Select) -> Result<(), Error> {
    if name == "*" {
        select.all = true;
    } else if let Some(index) = entity_type.property_index(name) {
        select.properties.push(index);
    } else if let Some(index) = entity_type.navigation_index(name) {
        select.navigation.push(index);
    } else {
        return Err(refusal(entity_type, name));
    }
    Ok(())
}

fn refusal(entity_type: &EntityType, name: &str) -> Error {
    if name.is_empty() {
        return Error::syntax("A name is missing.");
    }
    if name.chars().any(|c| matches!(c, '/' | '(' | '.' | '@')) {
        return Error::not_supported(format_args!(
            "Selecting `{name}` (a path, type, operation or annotation) is"
        ));
    }
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Error::syntax(format!("`{name}` is not a name; names are separated by commas."));
    }
    let structural = entity_type.properties.iter().map(|property| property.name.as_str());
    let names = structural.chain(entity_type.navigation.iter().map(|navigation| navigation.name.as_str()));
    let hint = hint(name, names);
    Error::new(
        ErrorKind::PropertyNotFound,
        format!("`{name}` is not a property of {}.{hint}", entity_type.name),
    )
}
