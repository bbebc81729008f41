//! A simulated portal and a client for it.

use std::time::Duration;

use hubspot::{AccessToken, Call, Client, Settings};
use hubspot_sim::{Running, Simulator};

pub(crate) struct World {
    pub(crate) portal: Running,
    pub(crate) client: Client,
}

/// A portal that is small and has no limits.
pub(crate) async fn small(contacts: u32) -> World {
    world(hubspot_sim::Settings::small(contacts), Settings::default()).await
}

/// A portal and a client of one's choice; address and token are filled in.
pub(crate) async fn world(portal: hubspot_sim::Settings, client: Settings) -> World {
    let portal = Simulator::start(portal, "127.0.0.1:0").await.unwrap();
    let retry_pause = Duration::from_millis(1);
    let settings = Settings { base_url: portal.base_url(), retry_pause, ..client };
    let client = Client::new(&settings, AccessToken::new(portal.access_token())).unwrap();
    World { portal, client }
}

/// Time enough on the slowest machine.
pub(crate) fn soon() -> Call {
    Call::within(Duration::from_secs(45))
}
