//! `feedgate`: the command line of the service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use feedgate::config::Config;
use feedgate::demo::{self, Demo};
use feedgate::{logging, service};

#[derive(Parser)]
#[command(name = "feedgate", version, about = "HubSpot as OData V4 feeds for Power BI")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start with a simulated HubSpot portal and print what to paste into Power BI
    Demo {
        /// Address of the feeds; port 0 picks a free one
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Contacts in the simulated portal
        #[arg(long, default_value_t = 10_000)]
        contacts: u32,
        /// Time HubSpot's answers take
        #[arg(long, default_value_t = 0)]
        latency_ms: u64,
        /// Keep the store here; without it a temporary folder is used and removed at exit
        #[arg(long)]
        data_dir: Option<PathBuf>,
        /// What is printed when ready
        #[arg(long, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
    /// Serve the feeds of a real HubSpot portal
    Serve {
        /// Configuration file; the environment wins over it
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Report every fault of the configuration at once
    Check {
        /// Configuration file; the environment wins over it
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    /// For people
    Table,
    /// One JSON object on one line
    Json,
}

/// Wrong usage or configuration.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Demo { listen, contacts, latency_ms, data_dir, output } => run(demo::run(Demo {
            listen,
            contacts,
            latency: Duration::from_millis(latency_ms),
            data_dir,
            json: matches!(output, Output::Json),
        })),
        Command::Serve { config } => match Config::load(config.as_deref()) {
            Ok(config) => {
                logging::start(&config.log, config.log_format);
                run(service::run(config))
            }
            Err(faults) => fail(&faults, USAGE),
        },
        Command::Check { config } => match Config::load(config.as_deref()) {
            Ok(config) => {
                say(&format!("The configuration is complete. Feeds at {}/odata/", config.public_url));
                ExitCode::SUCCESS
            }
            Err(faults) => fail(&faults, USAGE),
        },
    }
}

fn run<E: std::fmt::Display>(service: impl Future<Output = Result<(), E>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, 1),
    };
    match runtime.block_on(service) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn say(sentence: &str) {
    println!("{sentence}");
}

#[expect(clippy::print_stderr, reason = "the failure of a command")]
fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(code)
}
