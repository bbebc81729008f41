//! The only place that writes to the terminal: answers to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use crate::args::Output;
use crate::failure::Failure;

/// Writes the answer of a command. A reader that has gone (`| head`) is no failure.
pub(crate) fn answer(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    let written =
        out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed("Output", format!("the answer cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a line of an answer that has no end; false when its reader has gone.
pub(crate) fn line(text: &str) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::failed("Output", format!("the answer cannot be written: {error}"))),
    }
}

/// Writes why a command was not done.
pub(crate) fn failure(failure: &Failure, output: Output) {
    match output {
        Output::Json => note(&failure.json()),
        Output::Table | Output::Toml | Output::Mermaid => note(&failure.message),
    }
}

/// Writes one line for people.
pub(crate) fn note(line: &str) {
    // When not even this can be written, the exit code still tells.
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Tells people at a terminal what takes its time; programs are not bothered.
pub(crate) fn progress(line: &str) {
    if io::stderr().is_terminal() {
        note(line);
    }
}

/// Asks without ending the line.
pub(crate) fn question(text: &str) {
    let mut out = io::stderr().lock();
    drop(write!(out, "{text} ").and_then(|()| out.flush()));
}
