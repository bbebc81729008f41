//! Property definitions, with the keys and their order as HubSpot writes them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A property of an object type.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyDefinition {
    /// Instant of the last change of the definition.
    pub updated_at: String,
    /// Instant of its creation.
    pub created_at: String,
    /// The name in `properties`.
    pub name: String,
    /// What people see.
    pub label: String,
    /// `string`, `number`, `date`, `datetime`, `bool`, `enumeration`, `phone_number`, …
    pub r#type: String,
    /// The form field.
    pub field_type: String,
    /// A sentence.
    pub description: String,
    /// The group it stands in.
    pub group_name: String,
    /// The choices of an enumeration or bool.
    pub options: Vec<PropertyOption>,
    /// Who made a user-defined property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_user_id: Option<String>,
    /// Who changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_user_id: Option<String>,
    /// `OWNER` where values are owners' ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referenced_object_type: Option<String>,
    /// Place in its group, or -1.
    pub display_order: i32,
    /// Computed by HubSpot.
    pub calculated: bool,
    /// Choices come from elsewhere.
    pub external_options: bool,
    /// Present on user-defined properties and on archived ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// No two records share a value.
    pub has_unique_value: bool,
    /// Not shown to people.
    pub hidden: bool,
    /// Absent on user-defined properties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hubspot_defined: Option<bool>,
    /// Money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_currency_symbol: Option<bool>,
    /// Where the currency of the row stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_property_name: Option<String>,
    /// What may be changed.
    pub modification_metadata: ModificationMetadata,
    /// May stand on a form.
    pub form_field: bool,
    /// The formula of a calculated property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculation_formula: Option<String>,
    /// `non_sensitive`.
    pub data_sensitivity: String,
}

/// One choice.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyOption {
    /// What people see.
    pub label: String,
    /// What is stored.
    pub value: String,
    /// Place among the choices.
    #[serde(default)]
    pub display_order: i32,
    /// Not offered any more.
    #[serde(default)]
    pub hidden: bool,
}

/// What may be changed of a property.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModificationMetadata {
    /// It can be archived.
    pub archivable: bool,
    /// Its definition is fixed.
    pub read_only_definition: bool,
    /// Its values are fixed.
    pub read_only_value: bool,
}

impl PropertyDefinition {
    /// A user-defined property as the settings page makes one.
    pub fn user_defined(name: &str, r#type: &str, field_type: &str, group: &str) -> PropertyDefinition {
        PropertyDefinition {
            updated_at: "2024-03-05T09:12:44.120Z".to_owned(),
            created_at: "2024-03-05T09:12:44.120Z".to_owned(),
            name: name.to_owned(),
            label: super::kind::label(name),
            r#type: r#type.to_owned(),
            field_type: field_type.to_owned(),
            description: String::new(),
            group_name: group.to_owned(),
            options: Vec::new(),
            created_user_id: Some("13534722".to_owned()),
            updated_user_id: Some("13534722".to_owned()),
            referenced_object_type: None,
            display_order: -1,
            calculated: false,
            external_options: false,
            archived: Some(false),
            has_unique_value: false,
            hidden: false,
            hubspot_defined: None,
            show_currency_symbol: Some(false),
            currency_property_name: None,
            modification_metadata: ModificationMetadata {
                archivable: true,
                read_only_definition: false,
                read_only_value: false,
            },
            form_field: true,
            calculation_formula: None,
            data_sensitivity: "non_sensitive".to_owned(),
        }
    }

    /// Whether it was archived.
    pub fn is_archived(&self) -> bool {
        self.archived == Some(true)
    }
}

/// The definitions of one object type. Indices stay valid for ever: archiving only marks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    list: Vec<PropertyDefinition>,
    by_name: HashMap<String, u16>,
}

impl Properties {
    /// Adds a definition, or replaces the one of the same name (the values stay).
    pub(crate) fn put(&mut self, definition: PropertyDefinition) -> u16 {
        if let Some(index) = self.by_name.get(&definition.name) {
            self.list[usize::from(*index)] = definition;
            return *index;
        }
        let index = u16::try_from(self.list.len()).unwrap_or(u16::MAX);
        self.by_name.insert(definition.name.clone(), index);
        self.list.push(definition);
        index
    }

    /// The index of a property that is not archived.
    pub(crate) fn find(&self, name: &str) -> Option<u16> {
        let index = *self.by_name.get(name)?;
        (!self.list[usize::from(index)].is_archived()).then_some(index)
    }

    pub(crate) fn get(&self, index: u16) -> Option<&PropertyDefinition> {
        self.list.get(usize::from(index))
    }

    /// Marks a property as archived (or not); false when there is none of that name.
    pub(crate) fn archive(&mut self, name: &str, archived: bool) -> bool {
        let Some(index) = self.by_name.get(name) else { return false };
        self.list[usize::from(*index)].archived = Some(archived);
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PropertyDefinition> {
        self.list.iter()
    }
}
