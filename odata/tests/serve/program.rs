//! The example program: built by cargo like the test itself, started on a port of the system's choice.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The program, serving the bundled sample until it is dropped.
pub(crate) struct Program {
    child: Child,
    root: String,
}

impl Program {
    pub(crate) fn start() -> Self {
        let mut command = command();
        command.args(["--model", "shop.xml", "--data", "shop.json", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut root = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut root).unwrap();
        assert!(root.ends_with("/\n"), "it did not start: {root:?}");
        Self { child, root: root.trim_end().to_owned() }
    }

    /// The URL of the service.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.root.trim_start_matches("http://").trim_end_matches('/')
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program without arguments, in the folder of the sample.
pub(crate) fn command() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(PROGRAM.get_or_init(build));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"));
    command.stdin(Stdio::null());
    command
}

/// Builds it beside the test program (`target/<profile>/deps/serve-…` → `target/<profile>/examples/serve`): cargo does
/// that by itself only when every target is tested.
fn build() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let (target, profile) = (folder.parent().unwrap(), folder.file_name().unwrap().to_str().unwrap());
    // The profile `dev` builds into a folder of another name.
    let profile = if profile == "debug" { "dev" } else { profile };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "odata", "--example", "serve", "--profile", profile]);
    let output = cargo.arg("--target-dir").arg(target).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder.join("examples/serve")
}
