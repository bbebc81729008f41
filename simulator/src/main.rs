//! `hubspot-sim`: serves a simulated HubSpot portal until it is told to stop.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use hubspot_sim::{Churn, Fault, PortalError, Quirks, Running, Settings, Simulator};
use serde::Serialize;

/// A strict look-alike of the HubSpot CRM API, for demonstrations and tests.
#[derive(Debug, Parser)]
#[command(name = "hubspot-sim", version)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// The same seed gives the same portal.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Contacts of the portal.
    #[arg(long, default_value_t = 10_000)]
    contacts: u32,
    /// Companies (default: a quarter of the contacts).
    #[arg(long)]
    companies: Option<u32>,
    /// Deals (default: three tenths of the contacts).
    #[arg(long)]
    deals: Option<u32>,
    /// Tickets (default: a fifth of the contacts).
    #[arg(long)]
    tickets: Option<u32>,
    /// Time each answer takes, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Up to so much more, different for each call (HubSpot: 200 to 800 ms in all).
    #[arg(long, default_value_t = 0)]
    latency_jitter_ms: u64,
    /// Contacts that were created in one and the same millisecond, as by an import.
    #[arg(long, default_value_t = 0)]
    imported: u32,
    /// Minutes that the account's time zone is ahead of UTC; its day ends at its midnight.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    utc_offset_minutes: i32,
    /// Calls in ten seconds, all but search and associations.
    #[arg(long, default_value_t = 190)]
    budget: u32,
    /// Searches in a second.
    #[arg(long, default_value_t = 5)]
    search_budget: u32,
    /// Association calls in ten seconds.
    #[arg(long, default_value_t = 150)]
    association_budget: u32,
    /// Calls in a day.
    #[arg(long, default_value_t = 625_000)]
    daily_budget: u32,
    /// Refuse no call for its rate.
    #[arg(long)]
    no_budget: bool,
    /// The token that is accepted.
    #[arg(long, default_value = "pat-na1-demo")]
    access_token: String,
    /// Scopes of the token (default: all).
    #[arg(long, value_delimiter = ',')]
    scopes: Option<Vec<String>>,
    /// Oddities to switch on, as JSON: {"short_pages":true}.
    #[arg(long, value_name = "JSON", value_parser = json::<Quirks>)]
    quirks: Option<Quirks>,
    /// One oddity to switch on, `short_pages` or `index_lag_ms=2000`; may be repeated.
    #[arg(long = "quirk", value_name = "NAME[=VALUE]")]
    further_quirks: Vec<String>,
    /// A fault, as `POST /__sim/faults` takes it: {"preset":"passing","per_mille":50}; may be repeated.
    #[arg(long = "fault", value_name = "JSON", value_parser = json::<Fault>)]
    faults: Vec<Fault>,
    /// Rows change while the portal is read: {"per_100_calls":20}.
    #[arg(long, value_name = "JSON", value_parser = json::<Churn>)]
    churn: Option<Churn>,
    /// What to print when ready.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Table,
    Json,
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Arguments {
    /// What was asked for, or why it cannot be.
    fn settings(&self) -> Result<Settings, String> {
        let named = self.quirks.clone().unwrap_or_default();
        let quirks = self.further_quirks.iter().try_fold(named, |all, text| all.with_text(text))?;
        let settings = Settings {
            seed: self.seed,
            contacts: self.contacts,
            companies: self.companies,
            deals: self.deals,
            tickets: self.tickets,
            latency: Duration::from_millis(self.latency_ms),
            budget: Some(self.budget),
            search_budget: Some(self.search_budget),
            association_budget: Some(self.association_budget),
            daily_budget: Some(self.daily_budget),
            access_token: self.access_token.clone(),
            granted_scopes: self.scopes.clone(),
            latency_jitter: Duration::from_millis(self.latency_jitter_ms),
            imported: self.imported,
            utc_offset_minutes: self.utc_offset_minutes,
            churn: self.churn.clone(),
            quirks,
            ..Settings::default()
        };
        Ok(if self.no_budget { settings.without_budgets() } else { settings })
    }
}

/// What is printed when the portal is ready.
#[derive(Serialize)]
struct Ready {
    base_url: String,
    access_token: String,
    seed: u64,
    contacts: usize,
    companies: usize,
    deals: usize,
    tickets: usize,
    products: usize,
    line_items: usize,
    pid: u32,
}

impl Ready {
    fn new(running: &Running) -> Result<Ready, PortalError> {
        let portal = running.portal();
        Ok(Ready {
            base_url: running.base_url(),
            access_token: running.access_token().to_owned(),
            seed: running.settings().seed,
            contacts: portal.count("contacts")?,
            companies: portal.count("companies")?,
            deals: portal.count("deals")?,
            tickets: portal.count("tickets")?,
            products: portal.count("products")?,
            line_items: portal.count("line_items")?,
            pid: std::process::id(),
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match serve(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a command tells people on standard error why it failed")]
            {
                eprintln!("hubspot-sim: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let running = Simulator::start(arguments.settings()?, &arguments.listen).await?;
    arguments.faults.iter().cloned().for_each(|fault| running.inject(fault));
    // Listened for before anybody is told that it runs, and may want to end it.
    let stopped = StopSignal::listen()?;
    announce(&Ready::new(&running)?, arguments.output)?;
    stopped.await_it().await?;
    running.stop().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what a command is asked for goes to standard output")]
fn announce(ready: &Ready, output: Output) -> Result<(), serde_json::Error> {
    if output == Output::Json {
        println!("{}", serde_json::to_string(ready)?);
        return Ok(());
    }
    println!("HubSpot simulator at {}", ready.base_url);
    println!("  access token  {}", ready.access_token);
    println!("  seed          {}", ready.seed);
    println!("  contacts      {}", ready.contacts);
    println!("  companies     {}", ready.companies);
    println!("  deals         {}", ready.deals);
    println!("  tickets       {}", ready.tickets);
    println!("  products      {}", ready.products);
    println!("  line items    {}", ready.line_items);
    println!("Stop it with Ctrl+C.");
    Ok(())
}

/// Ctrl+C, or where there are such signals the one that asks a process to end.
struct StopSignal {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl StopSignal {
    fn listen() -> std::io::Result<StopSignal> {
        Ok(StopSignal {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    async fn await_it(mut self) -> std::io::Result<()> {
        tokio::select! {
            outcome = tokio::signal::ctrl_c() => outcome,
            _ = self.terminate.recv() => Ok(()),
        }
    }

    #[cfg(not(unix))]
    async fn await_it(self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
