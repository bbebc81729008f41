//! `doctor`.

use clap::Args;

/// `doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Only what concerns this data source
    #[arg(long, value_name = "ID")]
    pub(crate) data_source: Option<String>,
    /// Only what concerns this user
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Only what concerns this token, given by its id
    #[arg(long, value_name = "ID")]
    pub(crate) token: Option<String>,
    /// Ask neither HubSpot, Power BI nor the public URL: look into the store only
    #[arg(long)]
    pub(crate) offline: bool,
}
