//! What people are asked for: secrets, which are never arguments, and a yes before something is lost.

use std::io::{self, BufRead, IsTerminal, Read};

use schema::Secret;
use zeroize::Zeroizing;

use crate::failure::{Exit, Failure};
use crate::print;

/// More than any credential has; whoever pipes a film into us learns it soon.
const LONGEST: u64 = 16 * 1024;

/// Reads one secret line from standard input; at a terminal it asks for `what` and does not show what is typed.
pub(crate) fn secret(what: &str) -> Result<Secret, Failure> {
    let text = if io::stdin().is_terminal() { typed(what) } else { read(io::stdin().lock()) };
    let unreadable = |error| Failure::failed("Input", format!("{what} cannot be read: {error}"));
    one_line(what, &text.map_err(unreadable)?)
}

/// Reads one secret line and leaves what follows it.
pub(crate) fn secret_line(what: &str) -> Result<Secret, Failure> {
    if io::stdin().is_terminal() {
        return secret(what);
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or_default() + 1));
    let read = io::stdin().lock().take(LONGEST).read_line(&mut text);
    read.map_err(|error| Failure::failed("Input", format!("{what} cannot be read: {error}")))?;
    one_line(what, &text)
}

fn typed(what: &str) -> io::Result<Zeroizing<String>> {
    rpassword::prompt_password(format!("{what} (not shown): ")).map(Zeroizing::new)
}

fn read(from: impl Read) -> io::Result<Zeroizing<String>> {
    // All room at once: a growing text would leave copies of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or_default() + 1));
    from.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

fn one_line(what: &str, text: &str) -> Result<Secret, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::usage("SecretMissing", format!("give {what} on standard input")));
    }
    if text.lines().count() > 1 || text.len() as u64 >= LONGEST {
        return Err(Failure::usage("SecretMalformed", format!("{what} must be one line on standard input")));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Asks people at a terminal whether to go on; scripts and `--yes` are not asked.
pub(crate) fn confirm(yes: bool, consequence: &str) -> Result<(), Failure> {
    if yes || !io::stdin().is_terminal() {
        return Ok(());
    }
    print::question(&format!("{consequence} Go on? [y/N]"));
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    if read.is_ok() && agrees(&line) {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "NotConfirmed", "nothing was changed"))
}

fn agrees(line: &str) -> bool {
    matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_without_its_end() {
        let secret = |text: &str| one_line("the token", &read(text.as_bytes()).unwrap());
        assert_eq!(secret("pat-na1-x\r\n").unwrap().expose(), "pat-na1-x");
        assert_eq!(secret("\n").unwrap_err().code, "SecretMissing");
        assert_eq!(secret("a\nb").unwrap_err().code, "SecretMalformed");
        let long = secret(&"s3cret".repeat(10_000)).unwrap_err();
        assert!(!long.message.contains("s3cret"), "{}", long.message);
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for (line, agreed) in [("y\n", true), ("YES", true), ("", false), ("n", false), ("yep", false)] {
            assert_eq!(agrees(line), agreed, "{line:?}");
        }
    }
}
