//! `user`.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use schema::Role;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user
    Add(AddUser),
    /// List the tenant's users
    List,
    /// Change where notices to a user go, or who answers for a service user
    Edit(EditUser),
    /// Refuse all tokens of a user until the user is enabled
    Disable {
        /// The user
        name: String,
    },
    /// Accept a user's tokens again
    Enable {
        /// The user
        name: String,
    },
    /// Remove a user and revoke the user's tokens; not while the user owns data sources
    Remove {
        /// The user
        name: String,
    },
    /// Groups of users, with whom data sources can be shared
    #[command(subcommand)]
    Group(GroupCommand),
}

/// `user add`
#[derive(Debug, Args)]
pub(crate) struct AddUser {
    /// The name typed into Power BI, as a rule the mail address
    pub(crate) name: String,
    /// Where notices go
    #[arg(long, value_name = "ADDR")]
    pub(crate) email: Option<String>,
    /// What the user may do
    #[arg(long, value_enum, default_value_t = RoleArg::Analyst)]
    pub(crate) role: RoleArg,
    /// Who answers for a service user
    #[arg(long, value_name = "USER")]
    pub(crate) owner: Option<String>,
}

/// `user edit`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args(["email", "owner"]))]
pub(crate) struct EditUser {
    /// The user
    pub(crate) name: String,
    /// Where notices go
    #[arg(long, value_name = "ADDR")]
    pub(crate) email: Option<String>,
    /// Who answers for a service user
    #[arg(long, value_name = "USER")]
    pub(crate) owner: Option<String>,
}

/// A user's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Owns and reads data sources
    Analyst,
    /// Also sees and changes the tenant's
    Admin,
    /// No person, but refreshes that outlive one
    Service,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Role {
        match role {
            RoleArg::Analyst => Role::Analyst,
            RoleArg::Admin => Role::Admin,
            RoleArg::Service => Role::Service,
        }
    }
}

/// What can be done with groups.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Put a user into a group; a new group is created
    Add {
        /// The group
        group: String,
        /// The user; without one, the group is only created
        user: Option<String>,
    },
    /// Take a user out of a group, or remove the group with its shares
    Remove {
        /// The group
        group: String,
        /// The user; without one, the whole group is removed
        user: Option<String>,
    },
    /// List the tenant's groups and their members
    List,
}
