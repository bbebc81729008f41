//! `token`.

use schema::operations::token_show::TokenView;
use schema::operations::{
    token_create, token_list, token_revoke, token_revoke_all, token_revoke_leaked, token_rotate, token_show,
};
use schema::{PlainToken, TokenStatus};
use serde::Serialize;
use serde_json::json;

use super::{ids, powerbi};
use crate::args::{CreateToken, ListTokens, OrderArgs, RotateToken, TokenCommand};
use crate::ask;
use crate::failure::Failure;
use crate::output::{Answer, Card, Table, count, instant, instant_or};
use crate::session::Session;

pub(super) async fn run(session: &Session, command: TokenCommand) -> Result<Answer, Failure> {
    match command {
        TokenCommand::Create(request) => create(session, request).await,
        TokenCommand::List(request) => list(session, request).await,
        TokenCommand::Show { id } => show(session, &id).await,
        TokenCommand::Rotate(request) if request.push_to_powerbi => {
            powerbi::rotate_one(session, request).await
        }
        TokenCommand::Rotate(request) => rotate(session, &request).await,
        TokenCommand::Revoke { id } => revoke(session, &id).await,
        TokenCommand::RevokeAll { user } => revoke_all(session, user).await,
        TokenCommand::RevokeLeaked => revoke_leaked(session).await,
    }
}

/// The token with its secret: the only time it is seen.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    view: &'a TokenView,
    token: &'a str,
}

async fn create(session: &Session, request: CreateToken) -> Result<Answer, Failure> {
    let data_sources =
        request.data_sources.iter().map(|id| ids::data_source(id)).collect::<Result<_, _>>()?;
    let CreateToken { user, label, expires_in, .. } = request;
    let minted = token_create::Request { user, label, expires_in, data_sources };
    let outcome = token_create::run(&session.context().await?, minted).await?;
    let (view, token) = (&outcome.view, outcome.token.expose());
    Answer::new(&Created { view, token }, handed_over(view, token))
}

/// A new token for people, with what to do with it.
pub(super) fn handed_over(view: &TokenView, token: &str) -> String {
    let until = view.expires_at.map_or_else(
        || "It works until it is revoked.".to_owned(),
        |at| format!("It works until {}.", instant(at)),
    );
    format!(
        "{token}\n\n\
         This is the token \"{}\" of {}. It is shown only this once: keep it in a password manager.\n\
         {until}\n\
         In Power BI choose OData feed, paste the URL of a data source (feedgate-admin source list), then choose Basic:\n\
         the user name is {}, the password is the token.",
        view.label, view.user, view.user
    )
}

/// The successor with its secret, and the token it replaces.
#[derive(Serialize)]
struct Rotated<'a> {
    #[serde(flatten)]
    view: &'a TokenView,
    token: &'a str,
    old: &'a TokenView,
}

async fn rotate(session: &Session, request: &RotateToken) -> Result<Answer, Failure> {
    if request.orders != OrderArgs::default() {
        let message = "what is to be done in Power BI needs --push-to-powerbi beside it";
        return Err(Failure::usage("Usage", message));
    }
    let request = token_rotate::Request { id: ids::token(&request.id)?, overlap: request.overlap };
    let outcome = token_rotate::run(&session.context().await?, request).await?;
    let (view, token, old) = (&outcome.view, outcome.token.expose(), &outcome.old);
    let text = format!("{}\n{}", handed_over(view, token), retired(old));
    Answer::new(&Rotated { view, token, old }, text)
}

/// What becomes of the token that was rotated, so that nobody is surprised at the end of its overlap.
pub(super) fn retired(old: &TokenView) -> String {
    let end = instant_or(old.expires_at, "when it is revoked");
    let end = match old.status {
        TokenStatus::Retiring => format!("works until {end}: replace it everywhere before"),
        _ => format!("has ended at {end}"),
    };
    let from = old.last_used_address.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
    let used = old.last_used_at.map_or_else(
        || "It was never used.".to_owned(),
        |at| format!("It was last used {}{from}.", instant(at)),
    );
    format!("The old token {} {end}. {used}", old.id)
}

async fn revoke_leaked(session: &Session) -> Result<Answer, Failure> {
    let ctx = session.wide().await?;
    let secret = ask::secret("the leaked token")?;
    let token = PlainToken::parse(secret.expose()).map_err(|_| token_revoke_leaked::nothing_to_revoke())?;
    let token = token_revoke_leaked::run(&ctx, token_revoke_leaked::Request { token }).await?;
    Answer::new(&token, revoked_since(&token))
}

fn revoked_since(token: &TokenView) -> String {
    let since = instant_or(token.revoked_at, "now");
    format!("The token {} (\"{}\" of {}) is revoked since {since}.", token.id, token.label, token.user)
}

async fn list(session: &Session, request: ListTokens) -> Result<Answer, Failure> {
    let alarming = request.expiring.is_some();
    let wanted = token_list::Request {
        user: request.user,
        status: request.status.map(Into::into),
        expiring_within: request.expiring,
    };
    let tokens = token_list::run(&session.context().await?, wanted).await?;
    Ok(Answer::new(&tokens, table(&tokens))?.alarming(alarming && !tokens.is_empty()))
}

async fn show(session: &Session, id: &str) -> Result<Answer, Failure> {
    let id = ids::token(id)?;
    let token = token_show::run(&session.context().await?, token_show::Request { id }).await?;
    Answer::new(&token, card(&token))
}

async fn revoke(session: &Session, id: &str) -> Result<Answer, Failure> {
    let request = token_revoke::Request { id: ids::token(id)?, reason: None };
    let token = token_revoke::run(&session.context().await?, request).await?;
    Answer::new(&token, revoked_since(&token))
}

async fn revoke_all(session: &Session, user: String) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    ask::confirm(session.global.yes, &format!("All tokens of {user} will be revoked for ever."))?;
    let request = token_revoke_all::Request { user: user.clone(), reason: None };
    let revoked = token_revoke_all::run(&ctx, request).await?;
    let text = format!("{} of {user} revoked.", count(revoked.len(), "token"));
    Answer::new(&json!({"user": user, "revoked": revoked}), text)
}

fn table(tokens: &[TokenView]) -> String {
    let header = ["ID", "USER", "LABEL", "STATUS", "EXPIRES", "LAST USED", "DATA SOURCES"];
    let mut table = Table::new(&header, "There is no such token.");
    for token in tokens {
        table.row([
            token.id.to_string(),
            token.user.clone(),
            token.label.clone(),
            token.status.to_string(),
            instant_or(token.expires_at, "never"),
            instant_or(token.last_used_at, "never"),
            scope(token),
        ]);
    }
    table.render()
}

fn card(token: &TokenView) -> String {
    Card::new()
        .line("Id", token.id.as_str())
        .line("Label", &token.label)
        .line("User", &token.user)
        .line("Status", token.status.as_str())
        .line("Created", instant(token.created_at))
        .line("Expires", instant_or(token.expires_at, "never"))
        .line_if("Expires when idle for", token.max_idle.0.map(|_| token.max_idle.to_string()))
        .line_if("Revoked", token.revoked_at.map(instant))
        .line_if("Reason", token.revoke_reason.as_ref())
        .line("Last used", instant_or(token.last_used_at, "never"))
        .line_if("Last used from", token.last_used_address.as_ref())
        .line("Data sources", scope(token))
        .line_if("Successor", token.rotated_to.as_ref().map(schema::TokenId::as_str))
        .render()
}

fn scope(token: &TokenView) -> String {
    let ids =
        |ids: &Vec<schema::DataSourceId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    token.data_sources.as_ref().map_or_else(|| "all of the user".to_owned(), ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Output;
    use schema::duration::Span;
    use schema::{DataSourceId, TokenId};

    fn token() -> TokenView {
        TokenView {
            id: TokenId::parse("0123456789abcdef").unwrap(),
            label: "Sales desktop".into(),
            user: "anna@example.org".into(),
            status: TokenStatus::Active,
            created_at: "2026-01-01T08:00:00.123Z".parse().unwrap(),
            expires_at: Some("2026-04-01T08:00:00.123Z".parse().unwrap()),
            max_idle: Span::days(60),
            revoked_at: None,
            revoke_reason: None,
            last_used_at: None,
            last_used_address: None,
            data_sources: Some(vec![DataSourceId::parse("k7m2q9x4tb").unwrap()]),
            rotated_to: None,
        }
    }

    #[test]
    fn a_new_token_is_shown_with_what_to_do_with_it() {
        insta::assert_snapshot!(handed_over(&token(), "fg_secret"), @r#"
        fg_secret

        This is the token "Sales desktop" of anna@example.org. It is shown only this once: keep it in a password manager.
        It works until 2026-04-01T08:00:00Z.
        In Power BI choose OData feed, paste the URL of a data source (feedgate-admin source list), then choose Basic:
        the user name is anna@example.org, the password is the token.
        "#);
        let (view, token) = (&token(), "fg_secret");
        let answer = Answer::new(&Created { view, token }, "").unwrap();
        insta::assert_snapshot!(answer.text(Output::Json), @r#"{"id":"0123456789abcdef","label":"Sales desktop","user":"anna@example.org","status":"active","created_at":"2026-01-01T08:00:00.123Z","expires_at":"2026-04-01T08:00:00.123Z","max_idle":"60d","revoked_at":null,"revoke_reason":null,"last_used_at":null,"last_used_address":null,"data_sources":["k7m2q9x4tb"],"rotated_to":null,"token":"fg_secret"}"#);
    }

    #[test]
    fn a_rotation_says_when_the_old_token_ends_and_who_still_uses_it() {
        let old = TokenView {
            status: TokenStatus::Retiring,
            last_used_at: Some("2026-03-01T04:00:00Z".parse().unwrap()),
            last_used_address: Some("192.0.2.7".into()),
            ..token()
        };
        insta::assert_snapshot!(retired(&old), @"The old token 0123456789abcdef works until 2026-04-01T08:00:00Z: replace it everywhere before. It was last used 2026-03-01T04:00:00Z from 192.0.2.7.");
        let ended = TokenView { status: TokenStatus::Expired, ..token() };
        insta::assert_snapshot!(retired(&ended), @"The old token 0123456789abcdef has ended at 2026-04-01T08:00:00Z. It was never used.");
    }

    #[test]
    fn tokens_are_a_table_and_one_is_a_card() {
        insta::assert_snapshot!(table(&[token()]), @"
        ID                USER              LABEL          STATUS  EXPIRES               LAST USED  DATA SOURCES
        0123456789abcdef  anna@example.org  Sales desktop  active  2026-04-01T08:00:00Z  never      k7m2q9x4tb
        ");
        insta::assert_snapshot!(card(&token()), @"
        Id                     0123456789abcdef
        Label                  Sales desktop
        User                   anna@example.org
        Status                 active
        Created                2026-01-01T08:00:00Z
        Expires                2026-04-01T08:00:00Z
        Expires when idle for  60d
        Last used              never
        Data sources           k7m2q9x4tb
        ");
    }
}
