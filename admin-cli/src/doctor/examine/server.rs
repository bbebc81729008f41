//! The service itself: whether it runs, where it is reached, and what it stands on.

use jiff::SignedDuration;

use super::words::length;
use super::{Finding, Severity};
use crate::doctor::facts::{Certificate, Facts, Machine, Seen, is_loopback};
use crate::output::instant;

/// A token's last minutes are judged by the clock; beyond this, people notice.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// A day of history of a busy tenant, with the log that SQLite writes it to first.
const ROOM: u64 = 512 * 1024 * 1024;

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    let mut findings = public_url(facts);
    findings.extend(version(facts));
    if let Some(machine) = &facts.machine {
        findings.extend(store(machine));
        findings.extend(clock(facts, machine));
        findings.extend(keys(machine));
    }
    findings
}

fn public_url(facts: &Facts) -> Vec<Finding> {
    let Some(url) = &facts.server.public_url else {
        let told = "No server has run on this store yet, so nobody can be served and the URLs are unknown.";
        let remedy = "start `feedgate serve` with this store";
        return vec![Finding::error("ServerNeverRan", told).mend("operator", remedy)];
    };
    let mut findings = Vec::new();
    if plain(url) {
        let told = format!(
            "The public URL {url} is plain HTTP: tokens travel readable, and the Power BI service \
                            does not send a credential there."
        );
        let remedy = "put TLS in front or give the server FEEDGATE_TLS_CERT and FEEDGATE_TLS_KEY, and set \
                      FEEDGATE_PUBLIC_URL to https://…";
        findings.push(Finding::warning("PublicUrlPlainHttp", told).mend("operator", remedy));
    }
    match &facts.server.asked {
        Some(Seen::Nothing(why)) => findings.push(unreachable(url, why)),
        Some(Seen::Other(certificate, status)) => {
            let told = format!(
                "What answers at the public URL {url} is not Feedgate (it said {status} where Feedgate asks for credentials)."
            );
            let remedy =
                "set FEEDGATE_PUBLIC_URL to where clients reach the server, or mend the proxy in front of it";
            findings.push(Finding::error("PublicUrlWrong", told).mend("operator", remedy));
            findings.extend(tls(url, certificate));
        }
        Some(Seen::Feedgate(certificate)) => findings.extend(tls(url, certificate)),
        None => {}
    }
    findings
}

fn plain(url: &str) -> bool {
    let host = url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    name.is_some_and(|name| !is_loopback(name))
}

fn unreachable(url: &str, why: &str) -> Finding {
    let told = format!(
        "Nothing answers at the public URL {url} ({why}): the server does not run, or it is not reached from this machine."
    );
    let remedy = "start `feedgate serve`, and look at the network between; clients see connection errors, not Feedgate's";
    Finding::error("ServerUnreachable", told).mend("operator", remedy)
}

fn tls(url: &str, certificate: &Certificate) -> Option<Finding> {
    let at =
        |end: &Option<jiff::Timestamp>| end.map(|end| format!(" at {}", instant(end))).unwrap_or_default();
    let (severity, code, told) = match certificate {
        Certificate::None | Certificate::Good => return None,
        Certificate::Ending(end) => (
            Severity::Warning,
            "CertificateExpiresSoon",
            format!("The certificate of {url} ends within two weeks{}.", at(end)),
        ),
        Certificate::Over(end) => (
            Severity::Error,
            "CertificateExpired",
            format!(
                "The certificate of {url} is over{}: clients refuse to connect.",
                end.map(|end| format!(" since {}", instant(end))).unwrap_or_default()
            ),
        ),
        Certificate::OtherName => (
            Severity::Error,
            "CertificateOtherName",
            format!("The certificate of {url} is for another name: clients refuse to connect."),
        ),
        Certificate::Untrusted(why) => (
            Severity::Error,
            "CertificateUntrusted",
            format!(
                "This machine does not trust the certificate of {url} ({why}); the Power BI service will not either."
            ),
        ),
    };
    let remedy = "renew the certificate for the name in FEEDGATE_PUBLIC_URL, with its whole chain, and restart what \
                  serves it";
    Some(Finding::new(severity, code, told).mend("operator", remedy))
}

fn version(facts: &Facts) -> Option<Finding> {
    let own = env!("CARGO_PKG_VERSION");
    let server = facts.server.version.as_ref().filter(|version| *version != own)?;
    let told = format!("The server that started last is version {server}, this command is {own}.");
    let remedy = "use the programs of one version";
    Some(Finding::warning("ServerVersionDiffers", told).mend("operator", remedy))
}

fn store(machine: &Machine) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(why) = &machine.store {
        let told = format!("The store cannot be written: {why}.");
        let remedy =
            "look at the disk, the rights of the file and its folder, and at what holds a lock on it";
        findings.push(Finding::error("StoreNotWritable", told).mend("operator", remedy));
    }
    if let Some(free) = machine.free.filter(|free| *free < ROOM) {
        let told = format!("Where the store is, {} MiB are free.", free / 1024 / 1024);
        let remedy = "make room: a full disk stops tokens from being made and the history from being written";
        findings.push(Finding::warning("StoreDiskLow", told).mend("operator", remedy));
    }
    findings
}

fn clock(facts: &Facts, machine: &Machine) -> Vec<Finding> {
    let remedy = "switch time synchronisation (NTP) on; tokens end by the clock of the server";
    let mut findings = Vec::new();
    if let Some(ahead) = machine.ahead.filter(|ahead| ahead.abs() > SKEW) {
        let which = if ahead.is_positive() { "ahead of" } else { "behind" };
        let told = format!(
            "The clock of this machine is {} {which} HubSpot's: tokens end too {}.",
            length(ahead),
            if ahead.is_positive() { "early" } else { "late" }
        );
        findings.push(Finding::error("ClockSkew", told).mend("operator", remedy));
    }
    if let Some(latest) = machine.latest.filter(|latest| latest.duration_since(facts.now) > SKEW) {
        let told = format!(
            "The history has an entry of {}, which lies {} ahead: a clock was set back, or the clocks of several machines \
             differ.",
            instant(latest),
            length(latest.duration_since(facts.now))
        );
        findings.push(Finding::error("ClockWentBack", told).mend("operator", remedy));
    }
    findings
}

fn keys(machine: &Machine) -> Option<Finding> {
    let missing = machine.missing_keys.as_ref()?;
    let tags: u64 = missing.iter().filter_map(|id| machine.used_keys.tokens.get(id)).sum();
    if tags == 0 {
        return None;
    }
    let told = format!(
        "{tags} living tokens are tagged with keys that are not configured here ({}): they work, and the first use of each \
         costs a second of computing.",
        missing.join(", ")
    );
    let remedy = "configure the server's older keys behind the active one until every token was used once";
    Some(Finding::note("TokenKeyMissing", told).mend("operator", remedy))
}
