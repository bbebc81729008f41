//! The log: one structured line for each request and for what the operator must know.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::LogFormat;

/// Starts the log on standard error; standard output belongs to answers.
///
/// A line that cannot be written is lost: when nobody reads standard error any more, telling that there would panic, and a
/// service must outlive the reader of its log.
pub fn start(filter: &str, format: LogFormat) {
    let colours = std::io::stderr().is_terminal();
    // A second start (tests, the demo in one process) keeps the first log.
    let _ = match format {
        LogFormat::Text => fmt()
            .with_ansi(colours)
            .log_internal_errors(false)
            .with_env_filter(EnvFilter::new(filter))
            .with_writer(std::io::stderr)
            .try_init(),
        LogFormat::Json => fmt()
            .json()
            .flatten_event(true)
            .log_internal_errors(false)
            .with_env_filter(EnvFilter::new(filter))
            .with_writer(std::io::stderr)
            .try_init(),
    };
}
