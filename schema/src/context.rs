//! Who asks, when, and with what: the first argument of every operation.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::error::OperationError;
use crate::hashing::Hasher;
use crate::id::{TenantId, UserId};
use crate::keys::Keys;
use crate::random::Random;
use crate::store::Store;

/// Who acts. What a user may do is read from the store in the transaction that does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever holds the store: may do everything.
    Operator {
        /// Their name on the machine.
        os_user: String,
    },
    /// A user, with this user's rights.
    User {
        /// The user's row.
        id: UserId,
        /// The name, for the history.
        name: String,
    },
    /// Feedgate itself: may do everything.
    System {
        /// Why it acts, for the history.
        reason: &'static str,
    },
}

impl fmt::Display for Actor {
    /// `operator:<os user>`, `system:<reason>`, or a user's name (which has no colon).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Operator { os_user } => write!(f, "operator:{os_user}"),
            Actor::User { name, .. } => f.write_str(name),
            Actor::System { reason } => write!(f, "system:{reason}"),
        }
    }
}

/// What every operation needs. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Where everything is.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids and secrets.
    pub random: Arc<dyn Random>,
    /// The keys outside of the store; operations that need none work without.
    pub keys: Option<Arc<Keys>>,
    /// The process's hasher.
    pub hasher: Arc<Hasher>,
    /// Who acts.
    pub actor: Actor,
    /// The tenant it is about; none for operations on tenants and the whole store.
    pub tenant: Option<TenantId>,
    /// The request it belongs to, for the history.
    pub request_id: Option<String>,
}

impl Context {
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The tenant it is about.
    ///
    /// # Errors
    /// When none was chosen.
    pub fn tenant_id(&self) -> Result<TenantId, OperationError> {
        let missing = "several tenants exist: name one with --tenant";
        self.tenant.ok_or_else(|| OperationError::invalid("TenantMissing", missing))
    }

    /// The configured keys.
    ///
    /// # Errors
    /// When none are configured.
    pub fn keys(&self) -> Result<&Keys, OperationError> {
        let missing = "no secret key is configured: set FEEDGATE_SECRET_KEYS to the one the server uses, \
                       or make one with `feedgate-admin keys generate`";
        self.keys.as_deref().ok_or_else(|| OperationError::invalid("KeysMissing", missing))
    }
}
