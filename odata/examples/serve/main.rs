//! Serves any model from rows in memory, read-only: the crate tried against models that are not HubSpot's.
//!
//! ```text
//! cargo run -p odata --example serve -- --model odata/examples/shop.xml --data odata/examples/shop.json
//! ```
//!
//! prints `http://127.0.0.1:PORT/` when it is ready. A thread for each connection and HTTP/1.1 as far as a client of
//! OData needs it: enough to try things out, not for anything that others can reach.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that is used from a terminal")]

mod http;

use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use odata::csdl;
use odata::edm::Model;
use odata::memory::Data;
use odata::service::{Answer, Call, answer};

/// Connections at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 256;

fn main() -> ExitCode {
    match Arguments::read(env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// What to serve, and where.
#[derive(Debug)]
struct Arguments {
    model: String,
    data: Option<String>,
    listen: String,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        const USAGE: &str = "usage: serve --model MODEL.xml [--data DATA.json] [--listen 127.0.0.1:0]";
        let (mut model, mut data, mut listen) = (None, None, None);
        while let Some(word) = words.next() {
            let slot = match word.as_str() {
                "--model" => &mut model,
                "--data" => &mut data,
                "--listen" => &mut listen,
                "--help" | "-h" => return Err(USAGE.to_owned()),
                other => return Err(format!("unknown argument {other}\n{USAGE}")),
            };
            *slot = Some(words.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"))?);
        }
        let listen = listen.unwrap_or_else(|| "127.0.0.1:0".to_owned());
        Ok(Self { model: model.ok_or(USAGE)?, data, listen })
    }
}

/// All that a request needs.
#[derive(Debug)]
struct Service {
    model: Model,
    data: Data,
    /// The root for clients that do not say how they call us.
    root: String,
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let text = read(&arguments.model)?;
    let document = csdl::read(&text).map_err(|error| format!("{}: {error}", arguments.model))?;
    for part in &document.left_out {
        eprintln!("{}: {part}", arguments.model);
    }
    let model = Data::announce(document.model).map_err(|error| error.to_string())?;
    let rows = arguments.data.as_deref().map_or_else(|| Ok("{}".to_owned()), read)?;
    let data = Data::load(&model, &rows).map_err(|error| error.to_string())?;
    let refused = |error| format!("{}: {error}", arguments.listen);
    let listener = TcpListener::bind(&arguments.listen).map_err(refused)?;
    let root = format!("http://{}/", listener.local_addr().map_err(refused)?);
    println!("{root}");
    accept(&listener, &Arc::new(Service { model, data, root }));
    Ok(())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn accept(listener: &TcpListener, service: &Arc<Service>) {
    let open = Arc::new(AtomicUsize::new(0));
    for connection in listener.incoming().flatten() {
        // One that is too many is closed at once, which clients answer by trying again.
        if open.fetch_add(1, Ordering::AcqRel) >= MAX_CONNECTIONS {
            open.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let (service, open) = (Arc::clone(service), Arc::clone(&open));
        thread::spawn(move || {
            if let Err(error) = converse(&connection, &service) {
                eprintln!("{error}");
            }
            open.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

/// Answers the requests of a connection, one after the other.
fn converse(connection: &TcpStream, service: &Service) -> std::io::Result<()> {
    let mut wire = http::Wire::new(connection)?;
    while let Some(request) = wire.request()? {
        let answer = match &request {
            Ok(request) => service.answer(request),
            Err(refused) => refused.answer(),
        };
        let stay = request.is_ok_and(|request| request.keep_alive);
        wire.answer(&answer, stay)?;
        if !stay {
            break;
        }
    }
    Ok(())
}

impl Service {
    fn answer(&self, request: &http::Request) -> Answer {
        let fields: Vec<(&str, &str)> =
            request.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let root = request.host().map_or_else(|| self.root.clone(), |host| format!("http://{host}/"));
        let (path, query) = request
            .target
            .split_once('?')
            .map_or((request.target.as_str(), None), |(path, query)| (path, Some(query)));
        #[expect(clippy::disallowed_methods, reason = "the rim, where the time comes in")]
        let now = jiff::Timestamp::now();
        let call = Call {
            method: &request.method,
            path: path.strip_prefix('/').unwrap_or(path),
            query,
            body: &request.body,
            fields: &fields,
            root: &root,
            now,
        };
        answer(&self.model, &self.data, &call)
    }
}
