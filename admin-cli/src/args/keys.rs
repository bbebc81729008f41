//! `keys`.

use clap::{Args, Subcommand};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a new secret key and print its line for FEEDGATE_SECRET_KEYS
    Generate(GenerateKey),
    /// Seal all credentials under the first key, so that older ones can be taken out of the configuration
    Rekey,
}

/// `keys generate`
#[derive(Debug, Args)]
pub(crate) struct GenerateKey {
    /// The key's id; without it, today's date. Sealed texts name it, so each key needs its own
    #[arg(long, value_name = "ID", value_parser = super::values::key_id)]
    pub(crate) id: Option<String>,
}
