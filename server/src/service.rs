//! The life of the service: open, announce, serve, drain, flush.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use schema::operations::{meta_get, meta_set};
use schema::{Actor, Hasher, Random, Store, SystemRandom};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::config::Config;
use crate::router;
use crate::serve::{self, Strangers, tls};
use crate::tasks::Tasks;

/// Writing the last batch of history takes one transaction; a store that needs longer is away.
const FLUSH: Duration = Duration::from_secs(5);

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("the store {store} cannot be opened: {reason}")]
    Store {
        /// The configured store, without what is secret in its address.
        store: String,
        /// Why.
        reason: schema::StoreError,
    },
    /// Certificate or key.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// What the demo needs beside the service.
    #[error("the demo cannot start: {0}")]
    Demo(String),
}

/// Serves `config` until a signal.
///
/// # Errors
/// [`StartError`] when it cannot start.
pub async fn run(config: Config) -> Result<(), StartError> {
    let (service, listener) = start(config).await?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        listen = %service.app.config.listen,
        public_url = %service.app.config.public_url,
        "feedgate is ready"
    );
    service.serve(listener).await
}

/// Listens, then opens: what is announced names the port that is listened on, whoever chose it.
async fn start(mut config: Config) -> Result<(Service, TcpListener), StartError> {
    let listener = bind(config.listen).await?;
    let address = config.listen;
    let bound = listener.local_addr().map_err(|reason| StartError::Listen { address, reason })?;
    name_port(&mut config, bound);
    Ok((Service::open(config).await?, listener))
}

/// Fills in the port that the system chose, also into a public URL that was made of the address.
fn name_port(config: &mut Config, bound: SocketAddr) {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    if config.public_url == format!("{scheme}://{}", config.listen) {
        config.public_url = format!("{scheme}://{bound}");
    }
    config.listen = bound;
}

/// Listens on `address`.
///
/// # Errors
/// The address, and the system's reason.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|reason| StartError::Listen { address, reason })
}

/// The context of this process on the store `url`.
///
/// # Errors
/// The store, and why it cannot be opened.
pub async fn context(
    url: &str,
    keys: Option<Arc<schema::Keys>>,
    actor: Actor,
) -> Result<schema::Context, StartError> {
    let store =
        Store::open(url).await.map_err(|reason| StartError::Store { store: Store::shown(url), reason })?;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock = store.clock();
    let hasher = Arc::new(Hasher::new(schema::HashSettings::default(), random.as_ref()));
    Ok(schema::Context { store, clock, random, keys, hasher, actor, tenant: None, request_id: None })
}

/// A service that is open and not yet serving.
pub struct Service {
    /// What its requests share.
    pub app: Arc<App>,
}

impl Service {
    /// Opens the store and announces the public URL in it.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: Config) -> Result<Self, StartError> {
        let context =
            context(&config.store, Some(config.keys.clone()), Actor::System { reason: "service" }).await?;
        let notes = [
            (meta_get::PUBLIC_URL, config.public_url.clone()),
            (meta_get::SERVER_VERSION, env!("CARGO_PKG_VERSION").to_owned()),
        ];
        for (name, value) in notes {
            let written = meta_set::run(&context, meta_set::Request { name, value }).await;
            written.map_err(|reason| StartError::Store {
                store: Store::shown(&config.store),
                reason: schema::StoreError::Unavailable { message: reason.message },
            })?;
        }
        let tasks = Tasks::default();
        // Before anybody is told that the service is ready: a signal right after that must find a listener.
        watch_signals(&tasks);
        Ok(Self { app: App::new(config, context, tasks) })
    }

    /// Serves until a signal, then drains, flushes, and closes the store.
    ///
    /// # Errors
    /// [`StartError`] when TLS or the metrics listener cannot be set up.
    pub async fn serve(self, listener: TcpListener) -> Result<(), StartError> {
        let store = self.app.context.store.clone();
        let served = self.serve_open(listener).await;
        store.close().await;
        tracing::info!("feedgate has stopped");
        served
    }

    async fn serve_open(self, listener: TcpListener) -> Result<(), StartError> {
        let Self { app } = self;
        let tasks = app.tasks.clone();
        let tls = app.config.tls.as_ref().map(tls::acceptor).transpose()?;
        // With tasks of its own: while the feeds drain, it still tells that the service is not ready.
        let watched = Tasks::default();
        if let Some(address) = app.config.metrics_listen {
            let metrics = bind(address).await?;
            let idle = crate::layers::InFlight::default();
            watched.spawn(serve::serve(
                metrics,
                None,
                router::metrics(&app),
                watched.clone(),
                idle,
                Strangers::unbounded(),
            ));
        }
        let config = &app.config;
        let strangers = Strangers::new(config.connections_per_address, config.trusted_proxies.clone());
        serve::serve(listener, tls, router::feeds(&app), tasks.clone(), app.in_flight.clone(), strangers)
            .await;
        app.finish().await;
        if !tasks.finished(FLUSH).await {
            tracing::warn!("the history could not be written whole before the end");
        }
        watched.stop();
        watched.finished(FLUSH).await;
        Ok(())
    }
}

/// The first signal stops gracefully, a second one at once.
fn watch_signals(tasks: &Tasks) {
    let tasks = tasks.clone();
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be watched; kill the process to stop it");
        return;
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "listens for a second signal while the others are waited for"
    )]
    tokio::spawn(async move {
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: no new connections, running requests may end");
        tasks.stop();
        next(&mut terminate, &mut interrupt).await;
        tasks.hurry();
    });
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[tokio::test]
    async fn the_port_that_was_chosen_is_announced_and_a_stop_leaves_the_store_as_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}", folder.path().join("feedgate.db").display());
        let config = Config::from(None, &|name| match name {
            "FEEDGATE_LISTEN" => Some("127.0.0.1:0".to_owned()),
            "FEEDGATE_STORE" => Some(store.clone()),
            "FEEDGATE_SECRET_KEYS" => Some(KEY.to_owned()),
            _ => None,
        });
        let (service, listener) = start(config.unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let request = meta_get::Request { name: meta_get::PUBLIC_URL };
        let announced = meta_get::run(&service.app.context, request).await.unwrap();
        assert_eq!(announced.as_deref(), Some(format!("http://{address}").as_str()));
        assert_eq!(
            (&service.app.config.public_url, service.app.config.listen),
            (&format!("http://{address}"), address)
        );
        service.app.tasks.stop();
        service.serve(listener).await.unwrap();
        let left: Vec<_> = folder.path().read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["feedgate.db"]);
    }

    #[test]
    fn a_public_url_that_was_given_stays() {
        let given = [("FEEDGATE_PUBLIC_URL", "https://feeds.example.org"), ("FEEDGATE_SECRET_KEYS", KEY)];
        let config = Config::from(None, &|name| {
            given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        });
        let mut config = config.unwrap();
        name_port(&mut config, "127.0.0.1:4711".parse().unwrap());
        assert_eq!(config.public_url, "https://feeds.example.org");
    }
}
