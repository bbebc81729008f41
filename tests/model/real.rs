//! The real thing, in this process: the operations of the store and the service's verdict, as two replicas.

mod sources;

use std::sync::Arc;
use std::time::Duration;

use feedgate::access::{admit_address, verify};
use feedgate_tests::wire::basic;
use jiff::Timestamp;
use schema::duration::Span;
use schema::operations as op;
use schema::policy::Existing;
use schema::{
    Actor, Context, DataSourceId, HashSettings, Hasher, Keys, PlainToken, Role, Secret, SeededRandom,
};
use schema::{OperationError, Store, SystemRandom, TestClock};

use crate::history::{ADDRESSES, Policy, Presented, SERVICE, SOURCES, USERS};
use crate::rules::Wish;

/// One store, and what stands for two processes on it.
pub(crate) struct World {
    pub(crate) clock: Arc<TestClock>,
    context: Context,
    replicas: [Arc<Hasher>; 2],
    keys: Arc<Keys>,
}

/// A tenant of its own for each history.
pub(crate) struct Tenant<'a> {
    world: &'a World,
    context: Context,
    pub(crate) sources: Vec<DataSourceId>,
    pub(crate) tokens: Vec<(usize, PlainToken)>,
}

pub(crate) fn user(index: usize) -> String {
    format!("user{index}@example.org")
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn span(wish: Wish, longest: Span) -> Span {
    match wish {
        Wish::Longest => longest,
        Wish::Endless => Span::NONE,
        Wish::Seconds(seconds) => Span(Some(Duration::from_secs(seconds.unsigned_abs()))),
    }
}

/// The longest lifetime a policy of the histories gives when it names none.
pub(crate) const NINETY_DAYS: i64 = 90 * 86_400;

impl World {
    pub(crate) async fn new(address: &str) -> World {
        let clock = Arc::new(TestClock::at(at(0)));
        let key = Keys::generate("k1", &SeededRandom::new(1));
        let keys = Arc::new(Keys::parse(key.expose()).unwrap());
        // The rules do not depend on how long a hash takes; with the memory of a real one most of the time would go there.
        let settings = || HashSettings { memory_kib: 8, ..HashSettings::default() };
        let hasher = || Arc::new(Hasher::new(settings(), &SystemRandom));
        let replicas = [hasher(), hasher()];
        let context = Context {
            store: Store::open(address).await.unwrap(),
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            keys: Some(keys.clone()),
            hasher: replicas[0].clone(),
            actor: Actor::Operator { os_user: "model".to_owned() },
            tenant: None,
            request_id: None,
        };
        World { clock, context, replicas, keys }
    }

    pub(crate) async fn tenant(&self, name: &str) -> Tenant<'_> {
        let created =
            op::tenant_create::run(&self.context, op::tenant_create::Request { name: name.to_owned() });
        let context = Context { tenant: Some(created.await.unwrap().id), ..self.context.clone() };
        for index in 0..USERS {
            add_user(&context, index).await.unwrap();
        }
        let connection = op::connection_add::Request {
            name: "crm".to_owned(),
            kind: schema::ConnectionKind::Token,
            credential: Secret::new("pat".to_owned()),
            portal_id: None,
            daily_share: None,
        };
        op::connection_add::run(&context, connection).await.unwrap();
        let mut tenant = Tenant { world: self, context, sources: Vec::new(), tokens: Vec::new() };
        for index in 0..SOURCES {
            tenant.create(index % USERS).await.unwrap();
        }
        tenant
    }
}

/// Whether it was done, else the code of the refusal.
pub(crate) type Answer = Result<(), &'static str>;

fn told<T>(outcome: Result<T, OperationError>) -> Answer {
    outcome.map(drop).map_err(|error| error.code)
}

/// The one group of a history.
const GROUP: &str = "team";

impl<'a> Tenant<'a> {
    pub(crate) async fn mint(&mut self, index: usize, wish: Wish, scope: &[usize]) -> Answer {
        let request = op::token_create::Request {
            user: user(index),
            label: "model".to_owned(),
            expires_in: (wish != Wish::Longest).then(|| span(wish, Span::NONE)),
            data_sources: scope.iter().map(|source| self.sources[*source].clone()).collect(),
        };
        let outcome = op::token_create::run(&self.context, request).await.map_err(|error| error.code)?;
        self.tokens.push((index, outcome.token));
        Ok(())
    }

    pub(crate) async fn rotate(&mut self, token: usize, overlap: i64) -> Answer {
        let (index, old) = &self.tokens[token];
        let overlap = Duration::from_secs(overlap.unsigned_abs());
        let request = op::token_rotate::Request { id: old.id(), overlap };
        let outcome = op::token_rotate::run(&self.context, request).await.map_err(|error| error.code)?;
        self.tokens.push((*index, outcome.token));
        Ok(())
    }

    pub(crate) async fn revoke(&self, token: usize) -> Answer {
        let request = op::token_revoke::Request { id: self.tokens[token].1.id(), reason: None };
        told(op::token_revoke::run(&self.context, request).await)
    }

    pub(crate) async fn revoke_leaked(&self, token: usize, right: bool) -> Answer {
        let token = &self.tokens[token].1;
        let text = if right { token.expose().to_owned() } else { with_other_secret(token) };
        let request = op::token_revoke_leaked::Request { token: PlainToken::parse(&text).unwrap() };
        told(op::token_revoke_leaked::run(&self.context, request).await)
    }

    pub(crate) async fn revoke_all(&self, index: usize) -> Answer {
        let request = op::token_revoke_all::Request { user: user(index), reason: None };
        told(op::token_revoke_all::run(&self.context, request).await)
    }

    pub(crate) async fn policy(&self, policy: &Policy) -> Answer {
        let networks =
            |only: Option<usize>| only.map(|index| ADDRESSES[index].1.to_owned()).into_iter().collect();
        let request = op::policy_set::Request {
            max_lifetime: policy.lifetime.map(|wish| span(wish, Span::days(90))),
            max_idle: policy.idle.map(|wish| span(wish, Span::NONE)),
            max_active_tokens: policy.max_active,
            allow_addresses: policy.only_from.map(networks),
            existing: policy.clamp.map_or(Existing::Keep, |grace| Existing::Clamp {
                grace: Duration::from_secs(grace.unsigned_abs()),
            }),
            dry_run: policy.dry_run,
            ..op::policy_set::Request::default()
        };
        told(op::policy_set::run(&self.context, request).await)
    }

    pub(crate) async fn set_disabled(&self, index: usize, disabled: bool) -> Answer {
        let name = user(index);
        if disabled {
            told(op::user_disable::run(&self.context, op::user_disable::Request { name }).await)
        } else {
            told(op::user_enable::run(&self.context, op::user_enable::Request { name }).await)
        }
    }

    pub(crate) async fn remove(&self, index: usize) -> Answer {
        told(op::user_remove::run(&self.context, op::user_remove::Request { name: user(index) }).await)
    }

    pub(crate) async fn add(&self, index: usize) -> Answer {
        told(add_user(&self.context, index).await)
    }

    pub(crate) async fn join(&self, index: usize) -> Answer {
        let request = op::group_add::Request { group: GROUP.to_owned(), member: Some(user(index)) };
        told(op::group_add::run(&self.context, request).await)
    }

    pub(crate) async fn leave(&self, index: usize) -> Answer {
        let request = op::group_remove::Request { group: GROUP.to_owned(), member: Some(user(index)) };
        told(op::group_remove::run(&self.context, request).await)
    }

    pub(crate) async fn dissolve(&self) -> Answer {
        let request = op::group_remove::Request { group: GROUP.to_owned(), member: None };
        told(op::group_remove::run(&self.context, request).await)
    }

    /// The context of what this user does.
    async fn context_of(&self, index: usize) -> Result<Context, &'static str> {
        let tenant = self.context.tenant.unwrap();
        let found = schema::lookup::user(&self.context.store, tenant, &user(index)).await;
        let found = found.map_err(|error| error.code)?;
        Ok(Context { actor: Actor::User { id: found.id, name: found.name }, ..self.context.clone() })
    }

    /// The same tenant, in the hands of this user.
    pub(crate) async fn in_the_hands_of(&self, index: usize) -> Result<Tenant<'a>, &'static str> {
        let context = self.context_of(index).await?;
        let (sources, tokens) = (self.sources.clone(), self.tokens.clone());
        Ok(Tenant { world: self.world, context, sources, tokens })
    }

    pub(crate) async fn answer_for_service(&self, index: usize) -> Answer {
        let request = op::user_edit::Request { name: user(SERVICE), email: None, owner: Some(user(index)) };
        told(op::user_edit::run(&self.context, request).await)
    }

    pub(crate) async fn sweep(&self) -> Answer {
        told(op::mark_expired::run(&self.context, op::mark_expired::Request::default()).await)
    }

    pub(crate) async fn suspend(&self, suspended: bool) -> Answer {
        let tenant = self.context.tenant.unwrap();
        if suspended {
            told(op::tenant_suspend::run(&self.context, op::tenant_suspend::Request { tenant }).await)
        } else {
            told(op::tenant_resume::run(&self.context, op::tenant_resume::Request { tenant }).await)
        }
    }

    /// What a request is answered on both replicas, with a use and an expiry written down as the service does.
    pub(crate) async fn request(
        &self,
        (token, source): (usize, usize),
        presented: Presented,
        from: usize,
    ) -> [String; 2] {
        let authorization = self.authorization(token, presented);
        let source = self.sources.get(source).cloned();
        let source = source.unwrap_or_else(|| DataSourceId::generate(&SystemRandom));
        let first = self.answer(0, authorization.as_deref(), &source, from).await;
        let second = self.answer(1, authorization.as_deref(), &source, from).await;
        [first, second]
    }

    async fn answer(
        &self,
        replica: usize,
        authorization: Option<&str>,
        source: &DataSourceId,
        from: usize,
    ) -> String {
        let (store, hasher) = (&self.context.store, &self.world.replicas[replica]);
        let bytes = authorization.map(str::as_bytes);
        let proven = verify(store, hasher, &self.world.keys, bytes, &*self.context.clock).await;
        match proven.and_then(|proven| admit_address(proven, ADDRESSES[from].0.parse().unwrap())) {
            Ok(proven) => {
                let found = schema::data_source_for_token(store, &proven.credential, source).await.unwrap();
                if found.is_none() {
                    return "DataSourceNotFound".to_owned();
                }
                let (token, at) = (proven.credential.token.id.clone(), self.context.now());
                let uses = vec![op::mark_used::Use { token, at, address: None }];
                op::mark_used::run(&self.context, op::mark_used::Request { uses }).await.unwrap();
                "ok".to_owned()
            }
            Err(refused) => {
                if let Some(proven) = &refused.proven {
                    let ids = Some(vec![proven.credential.token.id.clone()]);
                    op::mark_expired::run(&self.context, op::mark_expired::Request { ids }).await.unwrap();
                }
                refused.failure.answer().code.name().to_owned()
            }
        }
    }

    fn authorization(&self, token: usize, presented: Presented) -> Option<String> {
        let (owner, token) = &self.tokens[token];
        match presented {
            Presented::Right => Some(basic(&user(*owner), token.expose())),
            Presented::OtherUser => Some(basic(&user((owner + 1) % USERS), token.expose())),
            Presented::OtherSecret => Some(basic(&user(*owner), &with_other_secret(token))),
            Presented::UnknownToken => {
                Some(basic(&user(*owner), PlainToken::generate(&SystemRandom).expose()))
            }
            Presented::Garbage => Some(basic(&user(*owner), "no token at all")),
            Presented::Nothing => None,
        }
    }
}

async fn add_user(context: &Context, index: usize) -> Result<schema::UserRecord, OperationError> {
    let role = match index {
        SERVICE => Role::Service,
        _ if index + 1 == USERS => Role::Admin,
        _ => Role::Analyst,
    };
    let owner = (index == SERVICE).then(|| user(0));
    let request = op::user_add::Request { name: user(index), email: None, role, owner };
    op::user_add::run(context, request).await
}

/// The id of this token with the secret of another, and the check characters that belong to both.
fn with_other_secret(token: &PlainToken) -> String {
    let other = PlainToken::generate(&SystemRandom);
    let front = format!("{}{}", &token.expose()[..19], &other.expose()[19..51]);
    let mut crc = flate2::Crc::new();
    crc.update(front.as_bytes());
    let alphabet: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let (mut rest, mut check) = (crc.sum() as usize, Vec::new());
    for _ in 0..6 {
        check.insert(0, alphabet[rest % 62]);
        rest /= 62;
    }
    front + &check.into_iter().collect::<String>()
}
