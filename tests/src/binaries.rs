//! The programs under test: built once for each test program, by cargo, like the test itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The packages whose programs are tried, and their programs (of the same names).
const PROGRAMS: [&str; 3] = ["feedgate", "feedgate-admin", "hubspot-sim"];

/// The path of one of the programs.
///
/// # Panics
/// When it cannot be built; the message holds cargo's own words.
#[must_use]
pub fn path(program: &str) -> PathBuf {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = FOLDER.get_or_init(build);
    let folder =
        folder.as_ref().unwrap_or_else(|reason| panic!("the programs under test are not there: {reason}"));
    let path = folder.join(program);
    assert!(path.is_file(), "cargo was to build {} and did not", path.display());
    path
}

/// Builds them beside the test program (`target/<profile>/deps/it-…` → `target/<profile>/`).
fn build() -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = test.parent().and_then(Path::parent).ok_or("the test program stands in no target folder")?;
    let (target, profile) = match (folder.parent(), folder.file_name().and_then(|name| name.to_str())) {
        // The profile `dev` builds into a folder of another name.
        (Some(target), Some("debug")) => (target, "dev"),
        (Some(target), Some(profile)) => (target, profile),
        _ => return Err(format!("{} is no target folder", folder.display())),
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args(["build", "--quiet", "--profile", profile, "--bins"]);
    cargo.arg("--target-dir").arg(target).stdin(Stdio::null());
    for program in PROGRAMS {
        cargo.args(["-p", program]);
    }
    let output = cargo.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if output.status.success() {
        Ok(folder.to_owned())
    } else {
        Err(format!("`cargo build` failed\n{}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}
