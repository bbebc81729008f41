//! `backup`.

use std::path::PathBuf;

use clap::Args;

/// `backup`
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write; it must not exist
    pub(crate) file: PathBuf,
}
