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
    /// The scopes to read it: of each list one is needed.
    pub(crate) scopes: Vec<Vec<String>>,
    /// `p123_boat` of a custom object, `CONTACT` of a standard one.
    pub(crate) qualified: String,
    /// First of the properties that stand for a record, then the others.
    pub(crate) display: Vec<String>,
    /// Properties without which no record is made.
    pub(crate) required: Vec<String>,
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
            created: row.created.to_owned(),
            modified: row.modified.to_owned(),
            defaults: words(row.defaults),
            searchable: words(row.searchable),
            scopes: row.scopes.split('&').map(words).collect(),
            qualified: row.singular.to_uppercase(),
            display: words(row.display),
            required: Vec::new(),
            custom: false,
        }
    }

    /// A standard object of which only names and scopes are known.
    pub(crate) fn plain(
        id: &'static str,
        plural: &'static str,
        singular: &'static str,
        scopes: &'static str,
    ) -> Kind {
        Kind::from_row(&Row {
            id,
            plural,
            singular,
            created: "hs_createdate",
            modified: "hs_lastmodifieddate",
            defaults: "hs_name",
            searchable: "hs_name",
            scopes,
            display: "hs_name",
        })
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
            scopes: vec![vec!["crm.objects.custom.read".to_owned()]],
            qualified: format!("p{portal_id}_{singular}"),
            display: vec![display.to_owned()],
            required: Vec::new(),
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
    created: &'static str,
    modified: &'static str,
    defaults: &'static str,
    searchable: &'static str,
    /// Alternatives separated by blanks; what is needed together by `&`.
    scopes: &'static str,
    display: &'static str,
}

const STANDARD: &[Row] = &[
    Row {
        id: "0-1",
        plural: "contacts",
        singular: "contact",
        created: "createdate",
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
        created: "createdate",
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
        created: "createdate",
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
        created: "createdate",
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
        created: "createdate",
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
        created: "createdate",
        modified: "hs_lastmodifieddate",
        defaults: "amount quantity price",
        searchable: "name",
        scopes: "crm.objects.line_items.read e-commerce",
        display: "name",
    },
    Row {
        id: "0-14",
        plural: "quotes",
        singular: "quote",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "hs_expiration_date hs_public_url_key hs_status hs_title",
        searchable: "hs_title hs_quote_number",
        scopes: "crm.objects.quotes.read e-commerce",
        display: "hs_title",
    },
    Row {
        id: "0-27",
        plural: "tasks",
        singular: "task",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "",
        searchable: "hs_task_subject hs_task_body",
        scopes: "crm.objects.contacts.read",
        display: "hs_task_subject",
    },
    Row {
        id: "0-46",
        plural: "notes",
        singular: "note",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "",
        searchable: "hs_note_body",
        scopes: "crm.objects.contacts.read",
        display: "hs_note_body",
    },
    Row {
        id: "0-47",
        plural: "meetings",
        singular: "meeting",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "",
        searchable: "hs_meeting_title hs_meeting_body",
        scopes: "crm.objects.contacts.read",
        display: "hs_meeting_title",
    },
    Row {
        id: "0-48",
        plural: "calls",
        singular: "call",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "",
        searchable: "hs_call_title hs_call_body",
        scopes: "crm.objects.contacts.read",
        display: "hs_call_title",
    },
    Row {
        id: "0-49",
        plural: "emails",
        singular: "email",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "",
        searchable: "hs_email_subject",
        scopes: "crm.objects.contacts.read & sales-email-read",
        display: "hs_email_subject",
    },
    Row {
        id: "0-115",
        plural: "users",
        singular: "user",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "",
        searchable: "hs_searchable_name",
        scopes: "crm.objects.users.read",
        display: "hs_given_name hs_family_name hs_email",
    },
    Row {
        id: "0-136",
        plural: "leads",
        singular: "lead",
        created: "hs_createdate",
        modified: "hs_lastmodifieddate",
        defaults: "",
        searchable: "hs_lead_name hs_associated_contact_email hs_associated_company_name",
        scopes: "crm.objects.leads.read",
        display: "hs_lead_name",
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
    fn mails_need_two_scopes_and_quotes_one_of_two() {
        let scopes = |plural: &str| {
            let kind = Kind::standard().into_iter().find(|kind| kind.plural == plural).unwrap();
            kind.scopes.iter().map(|any| any.join(" or ")).collect::<Vec<_>>()
        };
        assert_eq!(scopes("emails"), ["crm.objects.contacts.read", "sales-email-read"]);
        assert_eq!(scopes("quotes"), ["crm.objects.quotes.read or e-commerce"]);
    }

    #[test]
    fn a_custom_object_answers_to_its_qualified_name() {
        let boat = Kind::custom(7, "2-123", "boat", "boats", "hull_number");
        assert!(boat.is_called("p7_boat") && boat.is_called("2-123") && boat.is_called("boats"));
        assert_eq!(boat.created, "hs_createdate");
    }
}
