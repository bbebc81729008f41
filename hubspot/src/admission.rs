//! What a piece of work must hold before its first call is sent: room for the answer, for example.
//!
//! It is asked for when HubSpot's rate limit has let the call through, so that whoever waits for the limit holds nothing.
//! And whoever has to wait for it gives the place in the limit back meanwhile.

#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::OnceCell;

use crate::Error;

/// Whether one is admitted, in time.
pub type Entering<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Admits a piece of work, once.
pub trait Admission: Send + Sync {
    /// Waits until there is room; false when that takes too long. May be dropped while it waits, and asked again.
    fn enter(&self) -> Entering<'_>;
}

/// One admission for all calls of a piece of work.
#[derive(Clone)]
pub(crate) struct Gate {
    admission: Arc<dyn Admission>,
    entered: Arc<OnceCell<()>>,
}

impl Gate {
    pub(crate) fn new(admission: Arc<dyn Admission>) -> Self {
        Self { admission, entered: Arc::default() }
    }

    /// Waits for admission; of several calls at once the first one asks.
    pub(crate) async fn enter(&self) -> Result<(), Error> {
        let admitted = async || if self.admission.enter().await { Ok(()) } else { Err(Error::NoRoom) };
        self.entered.get_or_try_init(admitted).await?;
        Ok(())
    }

    /// The same without waiting: nothing when it would have to.
    pub(crate) fn enter_now(&self) -> Option<Result<(), Error>> {
        self.enter().now_or_never()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("entered", &self.entered.initialized()).finish_non_exhaustive()
    }
}
