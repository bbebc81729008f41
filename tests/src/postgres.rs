//! A PostgreSQL of the tests: Debian's programs, a free port, a temporary folder, nothing synchronised to the disk. One
//! server for each test program, one database for each test. It ends with the test program, also when that is killed.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::process::signal;
use crate::wait;

/// Texts are ordered as in English, so that a column that does not say how it is ordered is noticed.
const INITDB: [&str; 8] = [
    "--no-sync",
    "--encoding=UTF8",
    "--locale-provider=icu",
    "--icu-locale=en",
    "--locale=C",
    "--auth=scram-sha-256",
    "--username=feedgate",
    "--no-instructions",
];
/// Nothing here has to survive the machine; many test programs share it.
const SETTINGS: [&str; 7] = [
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "max_connections=200",
    "listen_addresses=127.0.0.1",
    "log_checkpoints=off",
    "autovacuum_naptime=10min",
];
/// So that a test can look for it where it must not be.
pub const PASSWORD: &str = "pg-secret-7Qm2";

/// A running server.
pub struct Server {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    running: Option<(Child, Child)>,
    databases: AtomicU32,
}

impl Server {
    /// The server of this test program; none when PostgreSQL is not installed, which is said once.
    #[must_use]
    pub fn shared() -> Option<&'static Server> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        SERVER.get_or_init(Server::start).as_ref()
    }

    /// A server of its own, for a test that stops it.
    ///
    /// # Panics
    /// When PostgreSQL is installed and does not start.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "what is left out is said")]
    pub fn start() -> Option<Server> {
        let Some(bin) = programs() else {
            eprintln!("left out: PostgreSQL is not installed (Debian: postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("feedgate-pg-").tempdir().expect("a temporary folder");
        let mut server = Server { bin, folder, port: 0, running: None, databases: AtomicU32::new(0) };
        server.create();
        // A port that was free may be taken by somebody else a moment later.
        for _ in 0..5 {
            server.port = free_port();
            if server.begin() {
                return Some(server);
            }
        }
        panic!("PostgreSQL does not start: {}", server.log())
    }

    /// A new, empty database: its address.
    ///
    /// # Panics
    /// When it cannot be created.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("feedgate{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.address(&name)
    }

    /// The address of a database by its name.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("postgres://feedgate:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// What the server answers to a statement, a line for each row.
    ///
    /// # Panics
    /// When it refuses it.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", statement]);
        psql.arg(self.address(database)).stdin(Stdio::null());
        let output = psql.output().expect("psql starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statement}: {said}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Ends the server at once, as if its machine had failed.
    pub fn stop(&mut self) {
        let Some((mut server, mut guard)) = self.running.take() else { return };
        let _ = guard.kill();
        let _ = guard.wait();
        signal("QUIT", server.id());
        let _ = server.wait();
    }

    /// Starts it again on its port.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn start_again(&mut self) {
        assert!(self.begin(), "PostgreSQL does not come back: {}", self.log());
    }

    fn create(&self) {
        let password = self.folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("the folder can be written");
        give_away(self.folder.path());
        let mut initdb = unprivileged(&self.bin.join("initdb"));
        initdb.args(INITDB).arg("--pwfile").arg(&password).arg("--pgdata").arg(self.data());
        let output = initdb.stdin(Stdio::null()).output().expect("initdb starts");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Whether it serves.
    fn begin(&mut self) -> bool {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file());
        let log = log.expect("the folder can be written");
        let mut postgres = unprivileged(&self.bin.join("postgres"));
        postgres.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        postgres.args(["-k", &self.folder.path().display().to_string()]);
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut server = postgres.spawn().expect("postgres starts");
        let guard = guard(server.id(), self.folder.path());
        let serves = wait::until("PostgreSQL to serve", wait::PATIENCE, || {
            if server.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Some(false);
            }
            let mut ready = Command::new(self.bin.join("pg_isready"));
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            ready.status().is_ok_and(|status| status.success()).then_some(true)
        });
        self.running = Some((server, guard));
        if !serves {
            self.stop();
        }
        serves
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What the server wrote down.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The newest PostgreSQL that is installed.
fn programs() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<f32>().ok();
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = installed.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    folders.max_by(|a, b| version(a).partial_cmp(&version(b)).unwrap_or(std::cmp::Ordering::Equal))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// PostgreSQL refuses to run as root: it gets the user that its package made.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command.current_dir("/");
    command
}

fn give_away(folder: &Path) {
    if is_root() {
        let status = Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder).status();
        assert!(status.is_ok_and(|status| status.success()), "the folder can be given to postgres");
    }
}

/// Ends the server and removes its folder when the pipe to this test program closes.
fn guard(id: u32, folder: &Path) -> Child {
    let script = format!("cat > /dev/null; kill -QUIT {id}; sleep 2; rm -rf '{}'", folder.display());
    let mut command = Command::new("sh");
    command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("sh starts")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
