//! The standard objects of which neither traffic nor an empty portal was seen: their names, type ids and scopes are
//! documented, and they are read as all others are. Their properties are stand-ins (`catalogue/further.txt`).

use super::kind::Kind;

/// Type id, path of many, path of one, scopes of which one is needed.
const FURTHER: [(&str, &str, &str, &str); 18] = [
    ("0-18", "communications", "communication", "crm.objects.contacts.read"),
    ("0-19", "feedback_submissions", "feedback_submission", "crm.objects.feedback_submissions.read"),
    ("0-53", "invoices", "invoice", "crm.objects.invoices.read"),
    ("0-54", "marketing_events", "marketing_event", "crm.objects.marketing_events.read"),
    ("0-69", "subscriptions", "subscription", "crm.objects.subscriptions.read"),
    ("0-74", "goal_targets", "goal_target", "crm.objects.goals.read"),
    ("0-84", "discounts", "discount", "crm.objects.line_items.read e-commerce"),
    ("0-85", "fees", "fee", "crm.objects.line_items.read e-commerce"),
    ("0-86", "taxes", "tax", "crm.objects.line_items.read e-commerce"),
    ("0-101", "commerce_payments", "commerce_payment", "crm.objects.commercepayments.read"),
    ("0-116", "postal_mail", "postal_mail", "crm.objects.contacts.read"),
    ("0-123", "orders", "order", "crm.objects.orders.read"),
    ("0-142", "carts", "cart", "crm.objects.carts.read"),
    ("0-162", "services", "service", "crm.objects.services.read"),
    ("0-410", "courses", "course", "crm.objects.courses.read"),
    ("0-420", "listings", "listing", "crm.objects.listings.read"),
    ("0-421", "appointments", "appointment", "crm.objects.appointments.read"),
    ("0-970", "projects", "project", "crm.objects.projects.read"),
];

/// All of them, in the order of their ids.
pub(crate) fn kinds() -> impl Iterator<Item = Kind> {
    FURTHER.into_iter().map(|(id, plural, singular, scopes)| Kind::plain(id, plural, singular, scopes))
}

/// How many there are.
pub(crate) const COUNT: usize = FURTHER.len();
