//! HubSpot's standard objects: what each is called, here and there.

/// A standard object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standard {
    /// What a data source chooses, and the entity set is called.
    pub(crate) name: &'static str,
    /// One of them, as in the columns of link sets: `line_item` gives `line_item_id`.
    pub(crate) one: &'static str,
    /// The entity type.
    pub(crate) entity: &'static str,
    /// What HubSpot's paths name: the documented plural, or the type id where only that is documented.
    pub(crate) path: &'static str,
    /// Its type id.
    pub(crate) id: &'static str,
    /// Whether its records can be in pipelines.
    pub(crate) pipelines: bool,
}

const fn of(id: &'static str, name: &'static str, one: &'static str, entity: &'static str) -> Standard {
    Standard { name, one, entity, path: name, id, pipelines: false }
}

const fn staged(id: &'static str, name: &'static str, one: &'static str, entity: &'static str) -> Standard {
    Standard { pipelines: true, ..of(id, name, one, entity) }
}

impl Standard {
    /// HubSpot's paths name it by its type id.
    const fn by_id(self) -> Self {
        Self { path: self.id, ..self }
    }
}

/// All of them, in the order of their type ids. Between two of them, links are read from the later one, unless
/// [`super::pairs`] says otherwise: an activity names the records it belongs to.
pub(crate) const STANDARD: &[Standard] = &[
    of("0-1", "contacts", "contact", "Contact"),
    of("0-2", "companies", "company", "Company"),
    staged("0-3", "deals", "deal", "Deal"),
    staged("0-5", "tickets", "ticket", "Ticket"),
    of("0-7", "products", "product", "Product"),
    of("0-8", "line_items", "line_item", "LineItem"),
    of("0-14", "quotes", "quote", "Quote"),
    of("0-18", "communications", "communication", "Communication"),
    of("0-19", "feedback_submissions", "feedback_submission", "FeedbackSubmission"),
    of("0-27", "tasks", "task", "Task"),
    of("0-46", "notes", "note", "Note"),
    of("0-47", "meetings", "meeting", "Meeting"),
    of("0-48", "calls", "call", "Call"),
    of("0-49", "emails", "email", "Email"),
    of("0-53", "invoices", "invoice", "Invoice"),
    of("0-54", "marketing_events", "marketing_event", "MarketingEvent").by_id(),
    staged("0-69", "subscriptions", "subscription", "Subscription"),
    of("0-74", "goals", "goal", "Goal").by_id(),
    of("0-84", "discounts", "discount", "Discount"),
    of("0-85", "fees", "fee", "Fee"),
    of("0-86", "taxes", "tax", "Tax"),
    of("0-101", "payments", "payment", "Payment").by_id(),
    of("0-115", "users", "user", "User"),
    of("0-116", "postal_mail", "postal_mail", "PostalMail"),
    staged("0-123", "orders", "order", "Order"),
    staged("0-136", "leads", "lead", "Lead"),
    of("0-142", "carts", "cart", "Cart"),
    staged("0-162", "services", "service", "Service").by_id(),
    staged("0-410", "courses", "course", "Course").by_id(),
    staged("0-420", "listings", "listing", "Listing").by_id(),
    staged("0-421", "appointments", "appointment", "Appointment").by_id(),
    staged("0-970", "projects", "project", "Project").by_id(),
];

/// The standard object with this name.
pub(crate) fn standard(name: &str) -> Option<&'static Standard> {
    STANDARD.iter().find(|object| object.name == name)
}

/// The standard object that HubSpot's paths name so.
pub(super) fn at_path(path: &str) -> Option<&'static Standard> {
    STANDARD.iter().find(|object| object.path == path)
}

/// The standard object with this type id.
pub(super) fn of_type(id: &str) -> Option<&'static Standard> {
    STANDARD.iter().find(|object| object.id == id)
}

/// The place of an object in the table.
pub(super) fn place(path: &str) -> Option<usize> {
    STANDARD.iter().position(|object| object.path == path)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_objects_share_a_name() {
        let all = |of: fn(&Standard) -> &'static str| STANDARD.iter().map(of).collect::<HashSet<_>>().len();
        for of in
            [|o: &Standard| o.name, |o: &Standard| o.one, |o: &Standard| o.entity, |o: &Standard| o.path]
        {
            assert_eq!(all(of), STANDARD.len());
        }
    }
}
