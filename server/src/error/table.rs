//! The table of `error.code`: status, what it means, who can mend it and how. `docs/errors.md` is generated from it.

macro_rules! codes {
    ($($code:ident $status:literal $meaning:literal $remedy:literal;)*) => {
        /// `error.code` of an answer. A code is never reused for another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $meaning] $code),* }

        /// Every code with its status, meaning and remedy, in the order of the decision.
        pub const ROWS: &[Row] = &[$(Row {
            code: Code::$code, name: stringify!($code), status: $status, meaning: $meaning, remedy: $remedy,
        }),*];
    };
}

/// One row: what a code means and who can do something about it.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The code.
    pub code: Code,
    /// Its text in `error.code`.
    pub name: &'static str,
    /// HTTP status (for `Overloaded` the more frequent of its two).
    pub status: u16,
    /// What happened.
    pub meaning: &'static str,
    /// What to do, and who.
    pub remedy: &'static str,
}

codes! {
    BadRequest 400 "The request is ambiguous: two Authorization fields, or a missing or repeated Host."
        "Mend the client or the proxy that adds the field.";
    CredentialsMissing 401 "No credentials, or another scheme than Basic."
        "Analyst: choose Basic in Power BI, with the user name and the access token as the password.";
    CredentialsInvalid 401 "The user name and the access token do not belong together or do not exist."
        "Analyst: check the user name and paste the token again. Admin: `feedgate-admin history --kind request` says which it was.";
    TokenRevoked 401 "The access token is right and was revoked."
        "Analyst: ask an admin for a new token (`feedgate-admin token create`) and edit the credentials.";
    TokenExpired 401 "The access token is right and has expired."
        "Analyst: get a new token and edit the credentials in Desktop and in the service, which keep separate copies.";
    UserDisabled 401 "The access token is right and its user is disabled."
        "Admin: `feedgate-admin user enable`, or give the report a token of another user.";
    TenantSuspended 403 "The tenant is suspended."
        "Operator: `feedgate-admin tenant resume`.";
    AddressNotAllowed 403 "The tenant does not admit requests from this address."
        "Admin: add the address with `feedgate-admin policy set --allow-address`.";
    DataSourceNotFound 404 "The data source does not exist, is not shared with this user, or the token is limited to others."
        "Analyst: check the URL. Owner: `feedgate-admin source share`.";
    PathNotFound 404 "The path is no feed."
        "Use the URL that `feedgate-admin source show` prints.";
    EntitySetNotFound 404 "The data source has no such table."
        "Check the name; the message names the nearest one.";
    EntityNotFound 404 "No row has this key."
        "Nothing: the record was deleted or merged, or the data source's filter leaves it out.";
    PropertyNotFound 404 "The table has no such column."
        "Check the name; the message names the nearest one.";
    QuerySyntax 400 "The URL or an expression is malformed."
        "Mend the query at the position named.";
    QueryType 400 "An expression combines values of types that do not go together."
        "Mend the query.";
    UnknownProperty 400 "An expression names an unknown column."
        "Check the name; the message names the nearest one.";
    SkipTokenInvalid 400 "The page link is not one of ours, or the query was changed."
        "Start again from the first page.";
    PageExpired 410 "The data source was edited since the first page."
        "Refresh again from the first page.";
    NotAcceptable 406 "The client accepts no format or OData version that this service writes."
        "Accept application/json and OData 4.0.";
    NotSupported 501 "Understood, but not supported; Power Query then folds less by itself."
        "Nothing, or simplify the query.";
    TooManyRequests 429 "The rate of this token, user or tenant is used up."
        "Refresh again after the seconds that Retry-After names. Admin: `feedgate-admin policy set --rate-token RATE` raises the rate.";
    Overloaded 503 "The service protects itself from too much work at once (429 when it is the caller's own unproven attempts)."
        "Refresh again in a minute, and fewer reports at a time. Operator: the log has what was short.";
    SourceCredentialsRejected 502 "HubSpot refuses the connection's credential. The access token is fine."
        "Admin: `feedgate-admin connection replace-credential`.";
    SourceScopeMissing 502 "HubSpot's credential lacks a scope. The access token is fine."
        "Admin: grant the scope in HubSpot.";
    SourceDailyLimit 502 "HubSpot's calls of the day, or the share of them that feeds may use, are spent. The access token is fine."
        "Wait until midnight in the time zone of the HubSpot account. Admin: `feedgate-admin connection edit NAME --daily-share PERCENT` changes the share.";
    SourceThrottled 503 "HubSpot throttles for longer than a request may wait. The access token is fine."
        "Refresh again in a minute, and fewer tables at a time: all apps of the HubSpot account share its limit.";
    SourceUnavailable 503 "HubSpot is unreachable or answers errors. The access token is fine."
        "Refresh again in some minutes. Operator: look at https://status.hubspot.com and at the way from the server to HubSpot.";
    SourceTimeout 504 "HubSpot was too slow. The access token is fine."
        "Refresh again.";
    SourceChanged 503 "The table could not be proven complete. The access token is fine."
        "Refresh again.";
    SourceRejected 502 "HubSpot refused a call of this service. The access token is fine."
        "Operator: the log has the reason.";
    StoreUnavailable 503 "The service's own store does not answer."
        "Operator: see the log.";
    UriTooLong 414 "The URL is longer than 32 KiB."
        "Select fewer columns.";
    HeadersTooLarge 431 "The header fields are larger than 64 KiB or more than 100."
        "Mend the client or the proxy.";
    BodyTooLarge 413 "The request has a body of more than 1 MiB."
        "Send fewer requests in one batch.";
    BodyTooSlow 408 "The body of the request did not come whole in time."
        "Repeat the request; mend the network or the proxy.";
    UnsupportedMediaType 415 "The body is of another sort than `$batch` or `$query` takes."
        "Mend the client's Content-Type.";
    MethodNotAllowed 405 "The feeds are read-only, and `$batch` and `$query` are sent with POST."
        "Use the method that `Allow` names.";
    FailedDependency 424 "A request of a batch depends on another one of it, which failed."
        "Mend the request that failed; its own answer says why.";
    Internal 500 "A fault of this service."
        "Operator: search the log for the request id.";
}

/// The row of the code that is written `name`.
#[must_use]
pub fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

impl Code {
    /// The row of this code: the enum and the table come from the same lines, in the same order.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The text of `error.code`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_callers_own_credential_is_a_401_and_only_the_tenants_decision_a_403() {
        let of =
            |status| ROWS.iter().filter(|row| row.status == status).map(|row| row.name).collect::<Vec<_>>();
        assert_eq!(
            of(401),
            ["CredentialsMissing", "CredentialsInvalid", "TokenRevoked", "TokenExpired", "UserDisabled"]
        );
        assert_eq!(of(403), ["TenantSuspended", "AddressNotAllowed"]);
    }

    #[test]
    fn every_code_of_hubspots_part_says_that_the_access_token_is_fine() {
        for row in ROWS.iter().filter(|row| row.name.starts_with("Source")) {
            assert!(row.meaning.ends_with("The access token is fine."), "{}", row.name);
        }
    }
}
