//! The object types of a portal: names, ids, and which properties have a special part. Standard ones are a table here;
//! a custom object is the same record, made from data.

/// One object type.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    /// `0-1`; custom ones `2-N`.
    pub(crate) id: String,
    /// `contacts`.
    pub(crate) plural: String,
    /// `contact`.
    pub(crate) singular: String,
    /// `Contacts`.
    pub(crate) plural_label: String,
    /// `Contact`.
    pub(crate) singular_label: String,
    /// The property that holds the creation instant.
    pub(crate) created: String,
    /// The property that holds the last change.
    pub(crate) modified: String,
    /// What list, get and search return when no property is named, beside the three that always come.
    pub(crate) defaults: Vec<String>,
    /// What `query` looks into.
    pub(crate) searchable: Vec<String>,
    /// One of these scopes is needed to read it.
    pub(crate) scopes: Vec<String>,
    /// `p123_boat` of a custom object, `CONTACT` of a standard one.
    pub(crate) qualified: String,
    /// First of the properties that stand for a record, then the others.
    pub(crate) display: Vec<String>,
    /// Whether the portal defined it.
    pub(crate) custom: bool,
}

impl Kind {
    /// Whether a path segment means this type: plural, singular, id, upper-case or qualified name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        [&self.plural, &self.singular, &self.id, &self.qualified].iter().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// `CONTACT`, `LINE_ITEM`: the name in messages.
    pub(crate) fn upper(&self) -> String {
        self.singular.to_uppercase()
    }

    /// Every standard object the simulator has rows for, in the order of their ids.
    pub(crate) fn standard() -> Vec<Kind> {
        STANDARD.iter().map(Kind::from_row).collect()
    }

    fn from_row(row: &Row) -> Kind {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        Kind {
            id: row.id.to_owned(),
            plural: row.plural.to_owned(),
            singular: row.singular.to_owned(),
            plural_label: label(row.plural),
            singular_label: label(row.singular),
            created: "createdate".to_owned(),
            modified: row.modified.to_owned(),
            defaults: words(row.defaults),
            searchable: words(row.searchable),
            scopes: words(row.scopes),
            qualified: row.singular.to_uppercase(),
            display: words(row.display),
            custom: false,
        }
    }

    /// A custom object of the portal.
    pub(crate) fn custom(portal_id: u32, id: &str, singular: &str, plural: &str, display: &str) -> Kind {
        Kind {
            id: id.to_owned(),
            plural: plural.to_owned(),
            singular: singular.to_owned(),
            plural_label: label(plural),
            singular_label: label(singular),
            created: "hs_createdate".to_owned(),
            modified: "hs_lastmodifieddate".to_owned(),
            defaults: Vec::new(),
            searchable: vec![display.to_owned()],
            scopes: vec!["crm.objects.custom.read".to_owned()],
            qualified: format!("p{portal_id}_{singular}"),
            display: vec![display.to_owned()],
            custom: true,
        }
    }
}

/// `line_items` as `Line items`.
pub(crate) fn label(name: &str) -> String {
    let mut text = name.replace('_', " ");
    if let Some(first) = text.get(..1) {
        let upper = first.to_uppercase();
        text.replace_range(..1, &upper);
    }
    text
}

struct Row {
    id: &'static str,
    plural: &'static str,
    singular: &'static str,
    modified: &'static str,
    defaults: &'static str,
    searchable: &'static str,
    scopes: &'static str,
    display: &'static str,
}

const STANDARD: &[Row] = &[
    Row {
        id: "0-1",
        plural: "contacts",
        singular: "contact",
        modified: "lastmodifieddate",
        defaults: "email firstname lastname",
        searchable: "firstname lastname email phone hs_additional_emails fax mobilephone company hs_marketable_until_renewal",
        scopes: "crm.objects.contacts.read",
        display: "firstname lastname email phone",
    },
    Row {
        id: "0-2",
        plural: "companies",
        singular: "company",
        modified: "hs_lastmodifieddate",
        defaults: "domain name",
        searchable: "website phone name domain",
        scopes: "crm.objects.companies.read",
        display: "name domain",
    },
    Row {
        id: "0-3",
        plural: "deals",
        singular: "deal",
        modified: "hs_lastmodifieddate",
        defaults: "amount closedate dealname dealstage pipeline",
        searchable: "dealname pipeline dealstage description dealtype",
        scopes: "crm.objects.deals.read",
        display: "dealname",
    },
    Row {
        id: "0-5",
        plural: "tickets",
        singular: "ticket",
        modified: "hs_lastmodifieddate",
        defaults: "content hs_pipeline hs_pipeline_stage hs_ticket_category hs_ticket_priority subject",
        searchable: "subject content hs_pipeline_stage hs_ticket_category hs_ticket_id",
        scopes: "tickets",
        display: "subject",
    },
    Row {
        id: "0-7",
        plural: "products",
        singular: "product",
        modified: "hs_lastmodifieddate",
        defaults: "description name price",
        searchable: "name description price hs_sku",
        scopes: "crm.objects.products.read e-commerce",
        display: "name",
    },
    Row {
        id: "0-8",
        plural: "line_items",
        singular: "line_item",
        modified: "hs_lastmodifieddate",
        defaults: "amount quantity price",
        searchable: "name",
        scopes: "crm.objects.line_items.read e-commerce",
        display: "name",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_answers_to_all_its_names() {
        let kinds = Kind::standard();
        for name in ["contacts", "contact", "CONTACT", "0-1", "Contacts"] {
            assert!(kinds[0].is_called(name), "{name}");
            assert!(!kinds[1].is_called(name), "{name}");
        }
        assert!(kinds.iter().any(|k| k.is_called("LINE_ITEM") && k.singular_label == "Line item"));
    }

    #[test]
    fn a_custom_object_answers_to_its_qualified_name() {
        let boat = Kind::custom(7, "2-123", "boat", "boats", "hull_number");
        assert!(boat.is_called("p7_boat") && boat.is_called("2-123") && boat.is_called("boats"));
        assert_eq!(boat.created, "hs_createdate");
    }
}
