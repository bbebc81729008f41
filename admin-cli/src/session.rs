//! What every command stands on: the configuration, the store, the tenant and who acts. Nothing is opened before it is
//! needed, so that help and key generation work on a bare machine.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use feedgate::config::{SETTINGS, Shared};
use feedgate::tasks::Tasks;
use feedgate::{portals, powerbi};
use hubspot::AccessToken;
use schema::operations::powerbi_principal;
use schema::{
    Actor, Clock, ConnectionRecord, Context, HashSettings, Hasher, Random, Store, SystemClock, SystemRandom,
    lookup,
};

use crate::args::{Global, Output};
use crate::failure::Failure;

/// The options of every command with what they lead to.
pub(crate) struct Session {
    pub(crate) global: Global,
    shared: Shared,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    tasks: Tasks,
    opened: Mutex<Vec<Store>>,
}

impl Session {
    /// Reads the configuration; opens nothing.
    pub(crate) fn load(global: Global) -> Result<Session, Failure> {
        let shared = Shared::load(global.config.as_deref())?;
        Ok(Session {
            global,
            shared,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            tasks: Tasks::default(),
            opened: Mutex::default(),
        })
    }

    pub(crate) fn wants_json(&self) -> bool {
        self.global.output == Output::Json
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    pub(crate) fn random(&self) -> &dyn Random {
        self.random.as_ref()
    }

    /// The store's address: option, environment, file, and at last where a server without any setting has it.
    pub(crate) fn address(&self) -> &str {
        let default =
            || SETTINGS.iter().find(|setting| setting.key == "store").and_then(|setting| setting.default);
        let given = self.global.store.as_deref().or(self.shared.store.as_deref());
        given.or_else(default).unwrap_or_default()
    }

    /// Where HubSpot is.
    pub(crate) fn hubspot_base_url(&self) -> &str {
        &self.shared.hubspot_base_url
    }

    /// The store, which must exist.
    pub(crate) async fn store(&self) -> Result<Store, Failure> {
        self.existing(self.address()).await
    }

    /// The store at an address, which must exist.
    pub(crate) async fn existing(&self, address: &str) -> Result<Store, Failure> {
        if address.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty() && !Path::new(path).exists()) {
            let message = format!(
                "there is no store at {address}: name it with --store or FEEDGATE_STORE, \
                 or create it with `feedgate-admin tenant create NAME`"
            );
            return Err(Failure::usage("StoreMissing", message));
        }
        self.open(address).await
    }

    /// The store at an address, created when it does not exist; it is closed when the command has ended.
    pub(crate) async fn open(&self, address: &str) -> Result<Store, Failure> {
        let store = Store::open(address).await?;
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(store.clone());
        Ok(store)
    }

    /// The store, created when it does not exist.
    pub(crate) async fn store_or_new(&self) -> Result<Store, Failure> {
        self.open(self.address()).await
    }

    /// A context within the tenant, for whoever acts.
    pub(crate) async fn context(&self) -> Result<Context, Failure> {
        let store = self.store().await?;
        let tenant = lookup::tenant(&store, self.global.tenant.as_deref()).await?;
        let actor = match &self.global.acting_as {
            Some(name) => {
                let user = lookup::user(&store, tenant.id, name).await?;
                Actor::User { id: user.id, name: user.name }
            }
            None => operator(),
        };
        Ok(Context { tenant: Some(tenant.id), ..self.bare(store, actor) })
    }

    /// A context of the whole store. With `--as` it is that user's, whom the operation then refuses.
    pub(crate) async fn whole(&self, store: Store) -> Result<Context, Failure> {
        match self.global.acting_as {
            Some(_) => self.context().await,
            None => Ok(self.bare(store, operator())),
        }
    }

    /// A context of the tenant when one was named or a user acts, else of the whole store.
    pub(crate) async fn wide(&self) -> Result<Context, Failure> {
        match self.global.tenant {
            Some(_) => self.context().await,
            None => self.whole(self.store().await?).await,
        }
    }

    fn bare(&self, store: Store, actor: Actor) -> Context {
        Context {
            clock: store.clock(),
            store,
            random: Arc::clone(&self.random),
            keys: self.shared.keys.clone(),
            hasher: Arc::new(Hasher::new(HashSettings::default(), self.random.as_ref())),
            actor,
            tenant: None,
            request_id: None,
        }
    }

    /// A client for the portal that a token opens.
    pub(crate) fn hubspot(&self, token: AccessToken) -> Result<hubspot::Client, Failure> {
        Ok(hubspot::Client::new(&self.hubspot_settings(), token)?)
    }

    /// A client for the portal of a connection. It renews what has to be renewed.
    pub(crate) fn portal(
        &self,
        ctx: &Context,
        connection: &ConnectionRecord,
    ) -> Result<hubspot::Client, Failure> {
        let credential = lookup::open_credential(ctx.keys()?, connection)?;
        let broken = |failure: feedgate::error::Failure| {
            let answer = failure.answer();
            Failure::failed("Internal", answer.internal.unwrap_or(answer.message))
        };
        portals::open(&self.hubspot_settings(), ctx, connection, &credential, &self.tasks).map_err(broken)
    }

    pub(crate) fn hubspot_settings(&self) -> hubspot::Settings {
        portals::settings(&self.shared.hubspot_base_url, self.random.as_ref())
    }

    /// Power BI, as the tenant's service principal sees it.
    pub(crate) async fn power_bi(&self, ctx: &Context) -> Result<powerbi::Client, Failure> {
        let principal = powerbi_principal::run(ctx, powerbi_principal::Request {}).await?;
        self.power_bi_as(principal)
    }

    /// Power BI, as this service principal sees it.
    pub(crate) fn power_bi_as(
        &self,
        principal: powerbi_principal::Outcome,
    ) -> Result<powerbi::Client, Failure> {
        Ok(powerbi::Client::new(self.shared.powerbi.clone(), principal)?)
    }

    /// The site where people consent: HubSpot's own for HubSpot's API, and that of any other service beside its API.
    pub(crate) fn authorize_root(&self) -> String {
        let base = self.shared.hubspot_base_url.as_str();
        let host = base.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
        match host {
            Some("api.hubapi.com") => "https://app.hubspot.com".to_owned(),
            Some("api-eu1.hubapi.com") => "https://app-eu1.hubspot.com".to_owned(),
            _ => base.to_owned(),
        }
    }

    /// Waits for what was started beside the command, renewed tokens that are still to be kept, and closes what it opened.
    pub(crate) async fn finish(&self) {
        // A write to the store waits no longer for its lock.
        self.tasks.finished(Duration::from_secs(10)).await;
        let opened = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        for store in opened {
            store.close().await;
        }
    }
}

/// Whoever holds the store. The name is the machine's word for the process's user, not the environment's.
fn operator() -> Actor {
    Actor::Operator { os_user: whoami::username().unwrap_or_else(|_| "unknown".to_owned()) }
}
