//! `feedgate-admin`: every operation of `schema` as a command.
//!
//! The way of a command: [`args`] says what was typed, [`commands`] does it with the [`session`] and makes an answer,
//! [`print`] shows it, and the exit code tells how it ended. No rule is written here.

mod args;
mod ask;
mod commands;
#[cfg(test)]
mod docs;
mod doctor;
mod failure;
mod output;
mod portal;
mod print;
mod session;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use schema::{Clock, SystemClock, SystemRandom};

use args::{Cli, Command, KeysCommand, Output};
use failure::{Exit, Failure};
use output::Answer;
use session::Session;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, std::env::args_os().skip(1)),
    };
    let output = cli.global.output;
    let done = run(cli).and_then(|answer| print::answer(answer.text(output)).map(|()| answer.found));
    match done {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(Exit::Failed as u8),
        Err(failure) => {
            print::failure(&failure, output);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(cli: Cli) -> Result<Answer, Failure> {
    if !cli.command.has(cli.global.output) {
        return Err(Failure::usage("Usage", "this command has no answer in that form: leave out --output"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::failed("Runtime", format!("the process cannot start its threads: {error}"))
    })?;
    runtime.block_on(async {
        // A key can be made where nothing is configured yet, or wrongly.
        if let Command::Keys(KeysCommand::Generate(request)) = &cli.command {
            return commands::keys::generate(request, SystemClock.now(), &SystemRandom);
        }
        let session = Session::load(cli.global)?;
        let answer = commands::run(&session, cli.command).await;
        session.finish().await;
        answer
    })
}

/// Help and version go where they were asked for; anything else is wrong usage, as JSON when JSON was asked for.
fn unparsed(error: &clap::Error, arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let wrong = !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if wrong && wants_json(arguments) {
        let text = error.render().to_string();
        let sentence = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        let message = if help { "a command is missing: see feedgate-admin --help" } else { sentence };
        print::failure(&Failure::usage("Usage", message), Output::Json);
    } else {
        // When not even this can be written, the exit code still tells.
        drop(error.print());
    }
    if wrong { ExitCode::from(Exit::Usage as u8) } else { ExitCode::SUCCESS }
}

/// Whether `--output json` was typed, also when the rest makes no sense.
fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<OsString> = arguments.collect();
    words.iter().any(|word| word == "--output=json")
        || words.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json")
}
