//! `feedgate-admin`, a command at a time.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::binaries;

/// Runs commands on one configuration.
#[derive(Debug, Clone)]
pub struct Admin {
    config: PathBuf,
    tenant: Option<String>,
    acting_as: Option<String>,
}

/// What a command said.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// The JSON value on standard output.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON value ({error}): {self:?}"))
    }

    /// Code and message of the error on standard error.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn error(&self) -> (String, String) {
        let error: Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("no JSON error: {self:?}"));
        let text =
            |name: &str| error["error"][name].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned();
        (text("code"), text("message"))
    }
}

impl Admin {
    /// Commands that read this configuration file.
    #[must_use]
    pub fn new(config: PathBuf) -> Admin {
        Admin { config, tenant: None, acting_as: None }
    }

    /// The same for one of several tenants.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Admin {
        Admin { tenant: Some(name.to_owned()), ..self.clone() }
    }

    /// The same as a user.
    #[must_use]
    pub fn acting_as(&self, user: &str) -> Admin {
        Admin { acting_as: Some(user.to_owned()), ..self.clone() }
    }

    /// The configuration file.
    #[must_use]
    pub fn config(&self) -> &std::path::Path {
        &self.config
    }

    /// Runs a command, whatever comes of it.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "")
    }

    /// Runs a command with a text on standard input.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut command = self.command(arguments);
        let mut child = command.spawn().expect("feedgate-admin starts");
        // A command that reads nothing may have closed it already.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("feedgate-admin ends");
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The command, not yet started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binaries::path("feedgate-admin"));
        command.args(arguments).arg("--config").arg(&self.config).args(["--output", "json", "--yes"]);
        if let Some(tenant) = &self.tenant {
            command.args(["--tenant", tenant]);
        }
        if let Some(user) = &self.acting_as {
            command.args(["--as", user]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command that must succeed; its JSON.
    ///
    /// # Panics
    /// When it does not exit with 0.
    pub fn ok(&self, arguments: &[&str]) -> Value {
        self.ok_with(arguments, "")
    }

    /// Runs a command with a text on standard input that must succeed; its JSON, or null when it prints nothing.
    ///
    /// # Panics
    /// When it does not exit with 0.
    pub fn ok_with(&self, arguments: &[&str], input: &str) -> Value {
        let outcome = self.run_with(arguments, input);
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
        if outcome.stdout.trim().is_empty() { Value::Null } else { outcome.json() }
    }

    /// Mints a token; its id and its text.
    pub fn mint(&self, user: &str, further: &[&str]) -> (String, String) {
        let mut arguments = vec!["token", "create", "--user", user, "--label", "a test"];
        arguments.extend(further);
        let token = self.ok(&arguments);
        let text =
            |name: &str| token[name].as_str().unwrap_or_else(|| panic!("no {name} in {token}")).to_owned();
        (text("id"), text("token"))
    }
}
