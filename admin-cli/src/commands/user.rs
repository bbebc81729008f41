//! `user` and `user group`.

use schema::operations::user_list::UserView;
use schema::operations::{
    group_add, group_list, group_remove, user_add, user_disable, user_edit, user_enable, user_list,
    user_remove,
};
use schema::{Context, UserRecord};
use serde_json::json;

use crate::args::{AddUser, EditUser, GroupCommand, UserCommand};
use crate::ask;
use crate::failure::Failure;
use crate::output::{Answer, Table, count, instant, quoted};
use crate::session::Session;

pub(super) async fn run(session: &Session, command: UserCommand) -> Result<Answer, Failure> {
    match command {
        UserCommand::Add(request) => add(session, request).await,
        UserCommand::List => list(session).await,
        UserCommand::Edit(request) => edit(session, request).await,
        UserCommand::Disable { name } => disable(session, name).await,
        UserCommand::Enable { name } => enable(session, name).await,
        UserCommand::Remove { name } => remove(session, name).await,
        UserCommand::Group(GroupCommand::Add { group, user }) => join(session, group, user).await,
        UserCommand::Group(GroupCommand::Remove { group, user }) => leave(session, group, user).await,
        UserCommand::Group(GroupCommand::List) => groups(session).await,
    }
}

async fn add(session: &Session, request: AddUser) -> Result<Answer, Failure> {
    let AddUser { name, email, role, owner } = request;
    let ctx = session.context().await?;
    let user = user_add::run(&ctx, user_add::Request { name, email, role: role.into(), owner }).await?;
    let view = viewed(&ctx, user).await?;
    let user = &view.user;
    let text = format!(
        "The user {} was added. Next: feedgate-admin token create --user {} --label TEXT",
        user.name,
        quoted(&user.name)
    );
    Answer::new(&view, text)
}

async fn list(session: &Session) -> Result<Answer, Failure> {
    let users = user_list::run(&session.context().await?, user_list::Request::default()).await?;
    let mut table =
        Table::new(&["NAME", "ROLE", "OWNER", "STATUS", "EMAIL", "CREATED"], "The tenant has no user yet.");
    for UserView { user, owner } in &users {
        let email = user.email.clone().unwrap_or_default();
        table.row([
            user.name.clone(),
            user.role.as_str().to_owned(),
            owner.clone().unwrap_or_default(),
            status(user),
            email,
            instant(user.created_at),
        ]);
    }
    Answer::new(&users, table.render())
}

async fn edit(session: &Session, request: EditUser) -> Result<Answer, Failure> {
    let EditUser { name, email, owner } = request;
    let ctx = session.context().await?;
    let user = user_edit::run(&ctx, user_edit::Request { name, email, owner }).await?;
    let view = viewed(&ctx, user).await?;
    let user = &view.user;
    let owner = view.owner.as_ref().map(|owner| format!(" {owner} answers for it.")).unwrap_or_default();
    let email = user.email.as_ref().map(|email| format!(" Notices go to {email}.")).unwrap_or_default();
    Answer::new(&view, format!("The user {} was changed.{owner}{email}", user.name))
}

async fn disable(session: &Session, name: String) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let user = user_disable::run(&ctx, user_disable::Request { name }).await?;
    let text = format!(
        "The user {} is disabled: tokens are refused from the next request on, until the user is enabled again.",
        user.name
    );
    Answer::new(&viewed(&ctx, user).await?, text)
}

async fn enable(session: &Session, name: String) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let user = user_enable::run(&ctx, user_enable::Request { name }).await?;
    let text = format!("The user {} is enabled.", user.name);
    Answer::new(&viewed(&ctx, user).await?, text)
}

/// The user as the list shows it, with whoever answers for it.
async fn viewed(ctx: &Context, user: UserRecord) -> Result<UserView, Failure> {
    let users = user_list::run(ctx, user_list::Request::default()).await?;
    let listed = users.into_iter().find(|view| view.user.id == user.id);
    Ok(listed.unwrap_or(UserView { user, owner: None }))
}

async fn remove(session: &Session, name: String) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    ask::confirm(session.global.yes, &format!("All tokens of {name} will be revoked for ever."))?;
    let outcome = user_remove::run(&ctx, user_remove::Request { name: name.clone() }).await?;
    let revoked = count(outcome.revoked_tokens, "token");
    let text = format!("The user {name} was removed; {revoked} revoked.");
    Answer::new(&json!({"name": name, "revoked_tokens": outcome.revoked_tokens}), text)
}

async fn join(session: &Session, group: String, member: Option<String>) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let request = group_add::Request { group: group.clone(), member: member.clone() };
    let outcome = group_add::run(&ctx, request).await?;
    let made = if outcome.created { "was created" } else { "exists" };
    let text = match &member {
        Some(member) => format!("{member} is in the group {group}."),
        None => format!("The group {group} {made}."),
    };
    Answer::new(&json!({"group": group, "user": member, "created": outcome.created}), text)
}

async fn leave(session: &Session, group: String, member: Option<String>) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    if member.is_none() {
        ask::confirm(session.global.yes, &format!("The group {group} and all shares with it will end."))?;
    }
    let request = group_remove::Request { group: group.clone(), member: member.clone() };
    group_remove::run(&ctx, request).await?;
    let text = match &member {
        Some(member) => format!("{member} is no longer in the group {group}."),
        None => format!("The group {group} was removed."),
    };
    Answer::new(&json!({"group": group, "user": member}), text)
}

async fn groups(session: &Session) -> Result<Answer, Failure> {
    let groups = group_list::run(&session.context().await?, group_list::Request::default()).await?;
    let mut table = Table::new(&["GROUP", "MEMBERS"], "The tenant has no group yet.");
    for group in &groups {
        table.row([group.name.clone(), group.members.join(", ")]);
    }
    Answer::new(&groups, table.render())
}

fn status(user: &UserRecord) -> String {
    user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled since {}", instant(at)))
}
