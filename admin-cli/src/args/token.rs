//! `token`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use schema::TokenStatus;
use schema::duration::Span;

use super::{OrderArgs, values};

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token and show it, once
    Create(CreateToken),
    /// List tokens
    List(ListTokens),
    /// Show one token
    Show {
        /// The token's id: the 16 characters behind fg_
        id: String,
    },
    /// Give a token a successor with the same user, label and data sources, shown once; both work for a while
    Rotate(RotateToken),
    /// End a token now and for ever
    Revoke {
        /// The token's id: the 16 characters behind fg_
        id: String,
    },
    /// End all tokens of a user now and for ever
    RevokeAll {
        /// The user
        #[arg(long, value_name = "NAME")]
        user: String,
    },
    /// End a token that was found where it should not be; the whole token is read from standard input
    RevokeLeaked,
}

/// `token create`
#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    /// Whose token it is
    #[arg(long, value_name = "NAME")]
    pub(crate) user: String,
    /// What it is for; notices and the history name it
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: String,
    /// How long it lives (30d), or none: until it is revoked. Without it, as long as the policy allows
    #[arg(long, value_name = "DURATION")]
    pub(crate) expires_in: Option<Span>,
    /// It reads only this data source; repeat it for several. Without it, all that the user may read
    #[arg(long = "data-source", value_name = "ID")]
    pub(crate) data_sources: Vec<String>,
}

/// `token rotate`
#[derive(Debug, Args)]
pub(crate) struct RotateToken {
    /// The token's id: the 16 characters behind fg_
    pub(crate) id: String,
    /// How long the old token still works, at most 30d; 0d ends it now. It never outlives its own expiry
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = values::duration)]
    pub(crate) overlap: Duration,
    /// Put the successor into the data sets of Power BI that read what the token reads, switch their schedules on again
    /// and refresh them; the options below belong to it
    #[arg(long)]
    pub(crate) push_to_powerbi: bool,
    #[command(flatten)]
    pub(crate) orders: OrderArgs,
}

/// `token list`
#[derive(Debug, Args)]
pub(crate) struct ListTokens {
    /// Only tokens of this user
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Only tokens in this state
    #[arg(long, value_enum)]
    pub(crate) status: Option<StatusArg>,
    /// Only working tokens that expire within this time (14d); exit code 1 when there are any
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub(crate) expiring: Option<Duration>,
}

/// A token's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusArg {
    /// Works
    Active,
    /// Has a successor, works until its overlap ends
    Retiring,
    /// Its time is over
    Expired,
    /// Ended by somebody
    Revoked,
}

impl From<StatusArg> for TokenStatus {
    fn from(status: StatusArg) -> TokenStatus {
        match status {
            StatusArg::Active => TokenStatus::Active,
            StatusArg::Retiring => TokenStatus::Retiring,
            StatusArg::Expired => TokenStatus::Expired,
            StatusArg::Revoked => TokenStatus::Revoked,
        }
    }
}
