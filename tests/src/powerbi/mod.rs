//! A small look-alike of Power BI's REST API and of Microsoft Entra's token endpoint, made from their documentation.
//!
//! Strict: it knows the calls that Feedgate makes and no others, checks the access token, and refuses bodies that are not
//! exactly as documented. It tries new credentials at their feed before it takes them, as Power BI does.

mod answers;
mod http;
mod world;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

pub use http::{Asked, Reply};
pub use world::{Fault, Outcome, Set, Source, Workspace, World};

/// A running look-alike. It ends with its value.
pub struct PowerBi {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    ended: Arc<AtomicBool>,
}

impl PowerBi {
    /// Starts an empty one on a free port.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn start() -> PowerBi {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (world, ended) = (Arc::new(Mutex::new(World::default())), Arc::new(AtomicBool::new(false)));
        let (own, over) = (Arc::clone(&world), Arc::clone(&ended));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let world = Arc::clone(&own);
                thread::spawn(move || answer(&stream, &world));
            }
        });
        PowerBi { address, world, ended }
    }

    /// `http://127.0.0.1:40123`: root of the API and of the sign-in.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What there is in it, to look at and to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PowerBi {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
    }
}

fn answer(stream: &TcpStream, world: &Mutex<World>) {
    let Some(asked) = http::read(stream) else { return };
    let reply = {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        world.calls.push(asked.clone());
        world.fault(&asked).unwrap_or_else(|| answers::reply(&mut world, &asked))
    };
    http::write(stream, &reply);
}
