//! What HubSpot did to the properties behind the columns of a model, as far as the definitions of properties tell.

use hubspot::{Call, Client, Error, PropertyDefinition};

use super::{Changes, Kind, OBJECT_ID, Origin, Searching, StoredModel, StoredProperty};

/// The model with columns marked whose properties were deleted, came back or got another type, and which these are. No
/// column comes, goes or changes its type.
///
/// # Errors
/// When HubSpot does not answer.
pub async fn drifted(
    client: &Client,
    call: &Call,
    before: &StoredModel,
) -> Result<(StoredModel, Changes), Error> {
    let (mut model, mut changes) = (before.clone(), Changes::default());
    for set in &mut model.sets {
        let Origin::Object(path) = &set.origin else { continue };
        let found = match client.properties(call, path).await {
            // Reads tell that, and more of it.
            Err(Error::ScopeMissing { .. } | Error::NotFound { .. }) => continue,
            answer => answer?,
        };
        for column in &mut set.properties {
            let path = format!("{}/{}", set.name, column.name);
            mark(column, &path, &found, &mut changes);
        }
    }
    Ok((model, changes))
}

fn mark(column: &mut StoredProperty, path: &str, found: &[PropertyDefinition], changes: &mut Changes) {
    if column.deletion || column.hubspot == OBJECT_ID {
        return;
    }
    let now = found.iter().find(|property| property.name == column.hubspot && !property.archived);
    let Some(now) = now else {
        changes.vanished.extend((!column.vanished).then(|| path.to_owned()));
        (column.vanished, column.search) = (true, Searching::Never);
        return;
    };
    if column.vanished {
        changes.returned.push(path.to_owned());
        column.vanished = false;
    }
    if Kind::of(&now.value_type) == Kind::of(&column.hubspot_type) {
        column.retyped = None;
    } else if column.retyped.as_ref() != Some(&now.value_type) {
        changes.retyped.push(path.to_owned());
        // HubSpot would compare by the type that it has there.
        (column.retyped, column.search) = (Some(now.value_type.clone()), Searching::Never);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str, value_type: &str) -> PropertyDefinition {
        PropertyDefinition {
            name: name.to_owned(),
            value_type: value_type.to_owned(),
            ..PropertyDefinition::default()
        }
    }

    #[test]
    fn what_happens_to_a_property_is_told_once_each_time() {
        let mut column =
            StoredProperty { search: Searching::ByKind, ..StoredProperty::plain("score", Kind::Number) };
        let mut told = |found: &[PropertyDefinition]| {
            let mut changes = Changes::default();
            mark(&mut column, "contacts/score", found, &mut changes);
            let Changes { vanished, returned, retyped, .. } = changes;
            (vanished.len(), returned.len(), retyped.len(), column.kind, column.search)
        };
        let (number, text) = ([definition("score", "number")], [definition("score", "string")]);
        assert_eq!(told(&number), (0, 0, 0, Kind::Number, Searching::ByKind));
        assert_eq!(told(&text), (0, 0, 1, Kind::Number, Searching::Never));
        assert_eq!(told(&text), (0, 0, 0, Kind::Number, Searching::Never));
        assert_eq!(told(&[]), (1, 0, 0, Kind::Number, Searching::Never));
        assert_eq!(told(&[]), (0, 0, 0, Kind::Number, Searching::Never));
        assert_eq!(told(&number), (0, 1, 0, Kind::Number, Searching::Never));
        assert_eq!(told(&text), (0, 0, 1, Kind::Number, Searching::Never));
    }
}
