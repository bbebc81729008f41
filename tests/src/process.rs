//! A program under test: its lines, its signals, its end.
//!
//! It ends with the value that started it. When the test program itself dies, a guard that holds the other end of a pipe
//! ends it too.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::wait;

/// How long a program may take from SIGTERM to its end before it is killed.
const FAREWELL: Duration = Duration::from_secs(20);

/// A running program.
pub struct Process {
    child: Child,
    guard: Child,
    name: String,
    stdout: Option<BufReader<ChildStdout>>,
    log: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a program and collects what it writes to standard error.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Process {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let guard = guard(child.id());
        let log = Arc::new(Mutex::new(Vec::new()));
        let reader = child.stderr.take().map(|stderr| collect(stderr, log.clone()));
        let stdout = child.stdout.take().map(BufReader::new);
        Process { child, guard, name, stdout, log, reader }
    }

    /// The first line on standard output; the lines behind it join the log.
    ///
    /// # Panics
    /// When it ends without one.
    pub fn first_line(&mut self) -> String {
        let mut stdout = self.stdout.take().expect("the first line is asked for once");
        let mut line = String::new();
        let read = stdout.read_line(&mut line);
        assert!(matches!(read, Ok(1..)), "{} printed no line: {}", self.name, self.log());
        collect(stdout, self.log.clone());
        line
    }

    /// Adds standard output to the log, for programs whose lines nobody waits for.
    pub fn log_everything(&mut self) {
        if let Some(stdout) = self.stdout.take() {
            collect(stdout, self.log.clone());
        }
    }

    /// What it wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().expect("no reader panics")).into_owned()
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        signal("TERM", self.child.id());
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        self.wait(FAREWELL);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it runs on.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let name = self.name.clone();
        let status =
            wait::until(&format!("{name} to end"), patience, || self.child.try_wait().ok().flatten());
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The guard first: it must not meet the process id again once the system may have given it to another.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        if self.is_running() {
            self.terminate();
            let deadline = std::time::Instant::now() + FAREWELL;
            while self.is_running() && std::time::Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let end: Vec<&str> = log.lines().rev().take(40).collect();
            let end: Vec<&str> = end.into_iter().rev().collect();
            eprintln_for_a_failed_test(&format!("the last lines of {}:\n{}", self.name, end.join("\n")));
        }
    }
}

#[expect(clippy::print_stderr, reason = "a failed test shows what the program under test said")]
fn eprintln_for_a_failed_test(text: &str) {
    eprintln!("{text}");
}

/// Ends the process when the pipe to this test closes without the guard having been ended before.
fn guard(id: u32) -> Child {
    let script = format!("cat > /dev/null; kill -TERM {id}; sleep 5; kill -KILL {id}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("sh starts")
}

/// Sends a signal by name.
///
/// # Panics
/// When there is no shell.
pub fn signal(name: &str, id: u32) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {id} 2> /dev/null")).status();
    status.expect("sh starts");
}

fn collect(mut from: impl Read + Send + 'static, into: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            into.lock().expect("no reader panics").extend_from_slice(&chunk[..read]);
        }
    })
}
