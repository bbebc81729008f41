//! `docs/cli.md`, made from the description of the command line. The test fails when the file is stale; with
//! `UPDATE_DOCS=1` it writes it.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

use crate::args::Cli;

fn reference() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out = String::from(
        "# feedgate-admin\n\n<!-- Generated: UPDATE_DOCS=1 cargo test -p feedgate-admin docs -->\n\n",
    );
    let _ = writeln!(out, "{}.\n", root.get_about().map(ToString::to_string).unwrap_or_default());
    let _ = writeln!(out, "{}\n", root.get_after_help().map(ToString::to_string).unwrap_or_default());
    out.push_str(
        "With `--output json` a command prints one JSON value on standard output and nothing else there; errors go to \
         standard error, as a sentence or as `{\"error\":{\"code\",\"message\"}}`. Times are RFC 3339 in UTC. Lengths of \
         time are written `45s`, `30m`, `12h`, `90d` or `none`. Secrets are read from standard input, never from an \
         argument.\n\n## Options of every command\n\n",
    );
    options(&root, true, &mut out);
    for noun in root.get_subcommands().filter(|noun| noun.get_name() != "help" && !noun.is_hide_set()) {
        let _ = write!(out, "\n## {}\n\n{}.\n", noun.get_name(), about(noun));
        describe(noun, noun.get_name(), &mut out);
    }
    out
}

/// A command without subcommands with its options, or its subcommands.
fn describe(command: &Command, path: &str, out: &mut String) {
    let mut verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help").peekable();
    if verbs.peek().is_none() {
        let _ = write!(out, "\n```\n{}\n```\n", usage(command, path));
        if own(command, false).next().is_some() {
            out.push('\n');
        }
        options(command, false, out);
    }
    for verb in verbs {
        let path = format!("{path} {}", verb.get_name());
        let _ = write!(out, "\n### {path}\n\n{}.\n", about(verb));
        describe(verb, &path, out);
    }
}

/// The call with its positional arguments and options, wrapped by nobody.
fn usage(command: &Command, path: &str) -> String {
    let mut words = vec![format!("feedgate-admin {path}")];
    for arg in own(command, false) {
        let form = form(arg);
        let form = if arg.is_required_set() { form } else { format!("[{form}]") };
        let many = matches!(arg.get_action(), clap::ArgAction::Append);
        words.push(if many { format!("{form}…") } else { form });
    }
    words.join(" ")
}

fn options(command: &Command, global: bool, out: &mut String) {
    for arg in own(command, global) {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = write!(out, "- `{}`: {help}.", form(arg));
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if !defaults.is_empty() && arg.get_action().takes_values() {
            let _ = write!(out, " Default: `{}`.", defaults.join(","));
        }
        out.push('\n');
        for value in arg.get_possible_values().iter().filter(|_| arg.get_action().takes_values()) {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(out, "  - `{}`: {help}.", value.get_name());
        }
    }
}

fn own(command: &Command, global: bool) -> impl Iterator<Item = &Arg> {
    let wanted = move |arg: &&Arg| {
        arg.is_global_set() == global && !matches!(arg.get_id().as_str(), "help" | "version")
    };
    let (positional, named): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(wanted).partition(|arg| arg.is_positional());
    positional.into_iter().chain(named)
}

fn form(arg: &Arg) -> String {
    let names: Vec<&str> =
        arg.get_value_names().unwrap_or_default().iter().map(clap::builder::Str::as_str).collect();
    match arg.get_long() {
        None => names.first().copied().unwrap_or_default().to_owned(),
        Some(long) if !arg.get_action().takes_values() => format!("--{long}"),
        Some(long) => {
            let values: Vec<String> =
                arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
            let value = if values.is_empty() { names.join(" ") } else { values.join("|") };
            format!("--{long} {value}")
        }
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn the_reference_of_the_command_line_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let reference = reference();
    #[expect(clippy::disallowed_methods, reason = "a switch of this test, not configuration")]
    let update = std::env::var("UPDATE_DOCS").is_ok();
    if update {
        std::fs::write(&path, &reference).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == reference, "docs/cli.md is stale: UPDATE_DOCS=1 cargo test -p feedgate-admin docs");
}

/// The commands in the code blocks of a page, without what the shell does with them.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    let joined: Vec<String> = blocks.map(|block| block.replace("\\\n", " ")).collect();
    let lines = joined.iter().flat_map(|block| block.lines()).map(str::trim);
    let own = lines.filter(|line| line.starts_with("feedgate-admin "));
    let bare = own.map(|line| line.split(" < ").next().unwrap_or(line).split(" #").next().unwrap_or(line));
    bare.map(str::to_owned).collect()
}

/// Words as a shell cuts them, with quotes around whole words. Between double quotes it would replace what begins with `$`.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), line);
    while let Some((before, quote, behind)) = quoted(rest) {
        words.extend(before.split_whitespace().map(str::to_owned));
        let (word, after) = behind.split_once(quote).unwrap_or((behind, ""));
        assert!(quote == '\'' || !word.contains('$'), "a shell empties what begins with $ in {line}");
        words.push(word.to_owned());
        rest = after;
    }
    words.extend(rest.split_whitespace().map(str::to_owned));
    words
}

/// What stands before the first quotation mark, the mark, and what stands behind it.
fn quoted(text: &str) -> Option<(&str, char, &str)> {
    let at = text.find(['"', '\''])?;
    let mark = text[at..].chars().next()?;
    Some((&text[..at], mark, &text[at + 1..]))
}

#[test]
fn every_command_that_the_guide_shows_exists_as_it_is_written() {
    use clap::Parser as _;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages = vec![root.join("README.md")];
    let guide = std::fs::read_dir(root.join("docs/guide")).unwrap();
    pages.extend(guide.map(|page| page.unwrap().path()));
    let mut tried = 0;
    for page in pages {
        for command in commands(&std::fs::read_to_string(&page).unwrap()) {
            let parsed = Cli::try_parse_from(words(&command));
            assert!(parsed.is_ok(), "{}: {command}\n{}", page.display(), parsed.unwrap_err());
            tried += 1;
        }
    }
    assert!(tried > 40, "only {tried} commands were found");
}

#[test]
fn every_link_of_the_guide_leads_to_a_page() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide");
    for page in std::fs::read_dir(&guide).unwrap() {
        let page = page.unwrap().path();
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let there = link.starts_with("http") || guide.join(file).exists();
            assert!(there, "{}: {link}", page.display());
        }
    }
}
