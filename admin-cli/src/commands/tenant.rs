//! `tenant`.

use schema::operations::{policy_show, tenant_create, tenant_list, tenant_resume, tenant_suspend};
use schema::{Policy, TenantRecord, lookup};
use serde_json::json;

use super::policy::card as policy_card;
use crate::args::TenantCommand;
use crate::ask;
use crate::failure::Failure;
use crate::output::{Answer, Card, Table, instant};
use crate::session::Session;

pub(super) async fn run(session: &Session, command: TenantCommand) -> Result<Answer, Failure> {
    match command {
        TenantCommand::Create { name } => create(session, name).await,
        TenantCommand::List => list(session).await,
        TenantCommand::Show => show(session).await,
        TenantCommand::Suspend { name } => suspend(session, &name).await,
        TenantCommand::Resume { name } => resume(session, &name).await,
    }
}

async fn create(session: &Session, name: String) -> Result<Answer, Failure> {
    let ctx = session.whole(session.store_or_new().await?).await?;
    let tenant = tenant_create::run(&ctx, tenant_create::Request { name }).await?;
    let text = format!(
        "The tenant {} was created, with the default policy. Next: feedgate-admin user add NAME",
        tenant.name
    );
    Answer::new(&tenant, text)
}

async fn list(session: &Session) -> Result<Answer, Failure> {
    let ctx = session.whole(session.store().await?).await?;
    let tenants = tenant_list::run(&ctx, tenant_list::Request::default()).await?;
    let mut table = Table::new(&["NAME", "STATUS", "CREATED"], "There is no tenant yet.");
    for tenant in &tenants {
        table.row([tenant.name.clone(), status(tenant), instant(tenant.created_at)]);
    }
    Answer::new(&tenants, table.render())
}

async fn show(session: &Session) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let tenant = lookup::tenant(&ctx.store, session.global.tenant.as_deref()).await?;
    let policy = policy_show::run(&ctx, policy_show::Request::default()).await?;
    Answer::new(
        &json!({
            "id": tenant.id, "name": tenant.name, "created_at": tenant.created_at,
            "suspended_at": tenant.suspended_at, "policy": policy,
        }),
        card(&tenant, &policy),
    )
}

async fn suspend(session: &Session, name: &str) -> Result<Answer, Failure> {
    let store = session.store().await?;
    let tenant = lookup::tenant(&store, Some(name)).await?.id;
    ask::confirm(
        session.global.yes,
        &format!("All tokens of the tenant {name} will be refused until it is resumed."),
    )?;
    let ctx = session.whole(store).await?;
    let tenant = tenant_suspend::run(&ctx, tenant_suspend::Request { tenant }).await?;
    let text = format!("The tenant {} is suspended: its next request is refused.", tenant.name);
    Answer::new(&tenant, text)
}

async fn resume(session: &Session, name: &str) -> Result<Answer, Failure> {
    let store = session.store().await?;
    let tenant = lookup::tenant(&store, Some(name)).await?.id;
    let ctx = session.whole(store).await?;
    let tenant = tenant_resume::run(&ctx, tenant_resume::Request { tenant }).await?;
    let text = format!("The tenant {} works again.", tenant.name);
    Answer::new(&tenant, text)
}

fn status(tenant: &TenantRecord) -> String {
    tenant.suspended_at.map_or_else(|| "active".to_owned(), |at| format!("suspended since {}", instant(at)))
}

fn card(tenant: &TenantRecord, policy: &Policy) -> String {
    let head = Card::new()
        .line("Tenant", &tenant.name)
        .line("Status", status(tenant))
        .line("Created", instant(tenant.created_at));
    format!("{}\n\n{}", head.render(), policy_card(policy))
}
