//! What the status feed shows: entity sets with keys, labels and descriptions.

use odata::edm::{EntitySet, EntityType, Model, ModelError, Primitive, Property};

/// One column: its name, its type, what it means. The first is the key.
type Column = (&'static str, Primitive, &'static str);

/// One entity set: its name, the name of its type, what it is, its columns.
type Set = (&'static str, &'static str, &'static str, &'static [Column]);

use Primitive::{Boolean, DateTimeOffset, Int64, String as Text};

const SETS: [Set; 6] = [
    (
        "Tokens",
        "Token",
        "Access tokens, in the order of their creation. No secrets.",
        &[
            ("Id", Text, "The public part of the token: the 16 characters behind fg_."),
            ("Label", Text, "What its owner calls it."),
            ("User", Text, "For whom it acts."),
            ("Status", Text, "active, retiring, expired or revoked."),
            ("CreatedAt", DateTimeOffset, "When it was made."),
            ("ExpiresAt", DateTimeOffset, "From this instant on it is expired; null: never."),
            ("MaxIdle", Text, "So long unused, it expires; none: never by this rule."),
            ("RevokedAt", DateTimeOffset, "When it was revoked."),
            ("RevokeReason", Text, "Why it was revoked."),
            ("LastUsedAt", DateTimeOffset, "When it was last used, at most a minute late."),
            ("LastUsedAddress", Text, "From where it was last used."),
            (
                "DataSources",
                Text,
                "The only data sources it reads, separated by commas; null: all of its user's.",
            ),
            ("RotatedTo", Text, "Its successor."),
        ],
    ),
    (
        "Refreshes",
        "Refresh",
        "The requests of one token on one data source without a gap of more than ten minutes; recognised in the newest \
         100,000 requests of the last 90 days.",
        &[
            ("Id", Text, "Token, data source and beginning."),
            ("StartedAt", DateTimeOffset, "When its first request arrived."),
            ("EndedAt", DateTimeOffset, "When its last request arrived."),
            ("Seconds", Int64, "From the first to the last request."),
            ("TokenId", Text, "The token."),
            ("Label", Text, "The token's label."),
            ("User", Text, "The user."),
            ("DataSource", Text, "The data source."),
            ("Outcome", Text, "succeeded, unfinished or failed."),
            ("ErrorCode", Text, "The first error that made it fail."),
            ("FailedAt", DateTimeOffset, "When that was answered."),
            ("Requests", Int64, "Requests in it."),
            ("Rows", Int64, "Rows in its answers."),
            ("Bytes", Int64, "Bytes of its answers."),
            ("NulledValues", Int64, "Values that could not be read and were answered as null."),
        ],
    ),
    (
        "Requests",
        "Request",
        "Answered requests, the oldest first; refused credentials are not among them. Filter by At to read less: that is \
         done by the store.",
        &[
            ("Id", Int64, "A number that grows."),
            ("At", DateTimeOffset, "When it was answered."),
            ("RequestId", Text, "Its id in the answer, the log and the history."),
            ("TokenId", Text, "The token."),
            ("Label", Text, "The token's label."),
            ("User", Text, "The user."),
            ("DataSource", Text, "The data source; null for this feed."),
            ("EntitySet", Text, "The entity set, $metadata or the service document."),
            ("Query", Text, "The query with its values replaced by ?."),
            ("Address", Text, "Where it came from."),
            ("Client", Text, "Its User-Agent."),
            ("Status", Int64, "The HTTP status; 499: the client hung up first."),
            ("ErrorCode", Text, "The error's code."),
            ("Rows", Int64, "Rows in the answer."),
            ("Bytes", Int64, "Bytes of the answer."),
            ("Milliseconds", Int64, "From arrival to answer."),
            ("HubspotCalls", Int64, "Calls made to HubSpot."),
            ("NulledValues", Int64, "Values that could not be read and were answered as null."),
        ],
    ),
    (
        "DataSources",
        "DataSource",
        "Data sources that the caller may read.",
        &[
            ("Id", Text, "The last part of its URL."),
            ("Name", Text, "What people call it."),
            ("Url", Text, "Its URL."),
            ("Owner", Text, "Whose it is."),
            ("Connection", Text, "The connection it reads through."),
            ("Objects", Text, "The objects it shows, separated by commas."),
            ("SharedWith", Text, "Who else may read it, separated by commas."),
            (
                "HasColumns",
                Boolean,
                "Whether HubSpot was asked for its columns: without, every request fails.",
            ),
            ("Version", Int64, "Grows with each edit."),
            ("CreatedAt", DateTimeOffset, "When it was created."),
            ("UpdatedAt", DateTimeOffset, "When it was last changed."),
        ],
    ),
    (
        "Connections",
        "Connection",
        "Connections to HubSpot portals, without their credentials.",
        &[
            ("Name", Text, "Its name."),
            ("Kind", Text, "token or oauth."),
            ("PortalId", Int64, "The portal, once known."),
            ("Status", Text, "unknown, working or rejected."),
            ("StatusMessage", Text, "What HubSpot said."),
            ("CreatedAt", DateTimeOffset, "When it was created."),
            ("UpdatedAt", DateTimeOffset, "When it was last changed."),
        ],
    ),
    (
        "Notices",
        "Notice",
        "Messages to people: coming expiries, failures, recoveries.",
        &[
            ("Id", Text, "The same for one occasion, however often it is delivered."),
            ("At", DateTimeOffset, "When it was noticed."),
            ("Kind", Text, "What it is about."),
            ("Severity", Text, "How soon somebody should act."),
            ("TokenId", Text, "The token concerned."),
            ("User", Text, "The user concerned."),
            ("DataSource", Text, "The data source concerned."),
            ("Deliveries", Int64, "Places it goes to, as far as the caller may see them."),
            ("Delivered", Int64, "Places it has arrived at."),
            ("GivenUp", Int64, "Places it could not be brought to."),
        ],
    ),
];

/// The model: the same for everybody, and part of the outside surface.
pub(super) fn model() -> Result<Model, ModelError> {
    let mut builder = Model::builder("FeedgateStatus", "Status");
    for (set, ty, what, columns) in SETS {
        let mut entity = EntityType::new(ty);
        for (index, (name, primitive, meaning)) in columns.iter().enumerate() {
            let property = Property::new(*name, *primitive);
            let property = if index == 0 { property.required() } else { property };
            let (label, description) = (Some(words(name)), Some((*meaning).to_owned()));
            entity = entity.property(Property { label, description, ..property });
        }
        let key = columns.first().map_or("", |column| column.0);
        let id = builder.entity_type(entity.keyed_by(&[key]));
        let description = Some(what.to_owned());
        builder.entity_set(EntitySet { description, ..EntitySet::new(set, id) });
    }
    builder.build()
}

/// `LastUsedAt` → `Last used at`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (index, letter) in name.char_indices() {
        if index > 0 && letter.is_ascii_uppercase() {
            words.push(' ');
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_valid_and_its_labels_are_words() {
        let model = model().unwrap();
        assert_eq!(model.entity_sets().len(), 6);
        assert_eq!(words("LastUsedAt"), "Last used at");
        assert!(schema::DataSourceId::parse(super::super::NAME).is_none());
    }
}
