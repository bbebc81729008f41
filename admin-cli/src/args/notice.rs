//! `notice`.

use clap::Subcommand;

/// What can be done with notices.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeCommand {
    /// Add a place where the tenant's notices go
    #[command(subcommand)]
    Add(NoticeTarget),
    /// List the places, and the last notices with how their delivery fares
    List,
    /// Send a notice to every place, to see whether notices arrive
    Test,
    /// Remove a place
    Remove {
        /// Its number or its address, as `notice list` shows them
        target: String,
    },
}

/// How notices travel.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeTarget {
    /// A POST signed as Standard Webhooks describes; the signing secret is read from standard input
    Webhook {
        /// https://…, or http:// to this machine
        url: String,
    },
    /// A mail, sent through the server's `smtp_url`
    Email {
        /// The address
        address: String,
    },
}
