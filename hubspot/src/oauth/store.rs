//! Where the tokens of a connection are kept. What is promised to several processes is promised here.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Tokens;

/// Something that is awaited.
pub type Pending<'a, T> = BoxFuture<'a, T>;

/// Why the store has no answer, in words for the operator; without any token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TokenStoreError(pub String);

/// The tokens of one connection.
pub trait TokenStore: Send + Sync {
    /// Waits for the lock on the connection's tokens and reads them. Whoever holds the lock is the only one who renews,
    /// in whatever process; a lock whose holder has died must end by itself.
    fn lock(&self) -> Pending<'_, Result<Box<dyn LockedTokens>, TokenStoreError>>;
}

/// Tokens under the lock. Dropping it lets the next one in and changes nothing.
pub trait LockedTokens: Send {
    /// As they were when the lock was taken.
    fn tokens(&self) -> Tokens;

    /// Keeps renewed tokens, and ends the lock.
    fn save(self: Box<Self>, tokens: Tokens) -> Pending<'static, Result<(), TokenStoreError>>;

    /// Remembers that HubSpot no longer takes the refresh token, and ends the lock.
    fn reconnect_needed(self: Box<Self>, reason: String) -> Pending<'static, Result<(), TokenStoreError>>;
}

/// Tokens in the memory of this process: for a connection that is tried out before it is kept, and for tests.
#[derive(Debug, Clone)]
pub struct MemoryTokenStore(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    tokens: Tokens,
    reconnect_needed: Option<String>,
}

impl MemoryTokenStore {
    /// Keeps these.
    #[must_use]
    pub fn new(tokens: Tokens) -> Self {
        Self(Arc::new(Mutex::new(Kept { tokens, reconnect_needed: None })))
    }

    /// What is kept now.
    pub async fn tokens(&self) -> Tokens {
        self.0.lock().await.tokens.clone()
    }

    /// Why the portal must be connected again, if it must.
    pub async fn reconnect_reason(&self) -> Option<String> {
        self.0.lock().await.reconnect_needed.clone()
    }
}

impl TokenStore for MemoryTokenStore {
    fn lock(&self) -> Pending<'_, Result<Box<dyn LockedTokens>, TokenStoreError>> {
        let kept = Arc::clone(&self.0);
        Box::pin(async move { Ok(Box::new(Held(kept.lock_owned().await)) as Box<dyn LockedTokens>) })
    }
}

struct Held(OwnedMutexGuard<Kept>);

impl LockedTokens for Held {
    fn tokens(&self) -> Tokens {
        self.0.tokens.clone()
    }

    fn save(mut self: Box<Self>, tokens: Tokens) -> Pending<'static, Result<(), TokenStoreError>> {
        *self.0 = Kept { tokens, reconnect_needed: None };
        Box::pin(std::future::ready(Ok(())))
    }

    fn reconnect_needed(
        mut self: Box<Self>,
        reason: String,
    ) -> Pending<'static, Result<(), TokenStoreError>> {
        self.0.reconnect_needed = Some(reason);
        Box::pin(std::future::ready(Ok(())))
    }
}
