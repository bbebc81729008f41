//! `source`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use feedgate::model::{Dates, Labels};
use schema::operations::source_share::Grantee;

use super::values::{self, FilterArg, HistoryArg, ObjectArg};

/// What can be done with data sources.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Create a data source; HubSpot is asked which properties there are
    Create(CreateSource),
    /// List data sources
    List(ListSources),
    /// Show one data source; with --output toml as a file that `source apply` takes
    Show {
        /// The data source
        id: String,
    },
    /// Change what a data source is called or shows; its URL stays
    Edit(EditSource),
    /// Create or change a data source so that it is as a TOML file says
    Apply {
        /// The file, as `source show --output toml` writes it. Without an id it is the owner's data source of that name
        file: PathBuf,
        /// Change nothing; tell what would be
        #[arg(long)]
        dry_run: bool,
    },
    /// Copy a data source under a new URL; the copy is shared with nobody
    Clone {
        /// The data source
        id: String,
        /// What people call the copy
        name: String,
    },
    /// Give a data source to another owner; its URL stays, and who had it still reads it
    Transfer(Transfer),
    /// Ask HubSpot again which properties there are and show new ones
    Refresh {
        /// The data source
        id: String,
        /// Take over the types that HubSpot gave to properties; without it a column keeps the type it has
        #[arg(long)]
        adopt_types: bool,
    },
    /// Let a user or a group read a data source
    Share(Share),
    /// Take a share back
    Unshare(Share),
    /// Delete a data source; its URL answers 404 from then on
    Delete {
        /// The data source
        id: String,
    },
    /// Show the first rows of an entity set, as a feed would
    Preview(Preview),
    /// Tell how a query of a feed would be answered: what HubSpot does, what Feedgate does, how many calls, how long
    Explain {
        /// The data source
        id: String,
        /// What stands behind the data source's URL: 'contacts?$filter=email ne null'
        query: String,
    },
    /// Show how the objects of a data source are linked; with --output mermaid as a diagram
    Associations {
        /// The data source
        id: String,
    },
    /// Print a .pbids file, which opens Power BI Desktop on the data source
    Pbids {
        /// The data source
        id: String,
    },
    /// Print an .odc file, which opens Excel on one entity set
    Odc(EntitySetOf),
    /// Print a query for Power Query's Advanced Editor, prepared for incremental refresh
    M(EntitySetOf),
}

/// One entity set of a data source.
#[derive(Debug, Args)]
pub(crate) struct EntitySetOf {
    /// The data source
    pub(crate) id: String,
    /// The entity set, such as contacts
    pub(crate) entity_set: String,
}

/// `source edit`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args([
    "name", "objects", "remove_objects", "filters", "remove_filters", "histories", "remove_histories", "archived",
    "remove_archived", "labels", "dates",
]))]
pub(crate) struct EditSource {
    /// The data source
    pub(crate) id: String,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Add an object, or choose the properties of one anew: contacts, or contacts:email,firstname
    #[arg(long = "object", value_name = "OBJECT[:PROPERTY,…]")]
    pub(crate) objects: Vec<ObjectArg>,
    /// Show an object no longer
    #[arg(long = "remove-object", value_name = "OBJECT")]
    pub(crate) remove_objects: Vec<String>,
    /// Set the filter of an object: contacts='email ne null'
    #[arg(long = "filter", value_name = "OBJECT=FILTER")]
    pub(crate) filters: Vec<FilterArg>,
    /// Take the filter of an object away
    #[arg(long = "remove-filter", value_name = "OBJECT")]
    pub(crate) remove_filters: Vec<String>,
    /// Show what properties of an object were, in an entity set of their own: deals:dealstage gives deals_history
    #[arg(long = "history", value_name = "OBJECT:PROPERTY,…")]
    pub(crate) histories: Vec<HistoryArg>,
    /// Show the history of an object no longer
    #[arg(long = "remove-history", value_name = "OBJECT")]
    pub(crate) remove_histories: Vec<String>,
    /// Show deleted records of an object as well, told apart by a column archived
    #[arg(long, value_name = "OBJECT")]
    pub(crate) archived: Vec<String>,
    /// Show deleted records of an object no longer
    #[arg(long = "remove-archived", value_name = "OBJECT")]
    pub(crate) remove_archived: Vec<String>,
    /// What columns of choices show
    #[arg(long, value_enum)]
    pub(crate) labels: Option<LabelsArg>,
    /// What columns of days show
    #[arg(long, value_enum)]
    pub(crate) dates: Option<DatesArg>,
    /// Change nothing; tell what would be
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `source transfer`
#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// The data source
    #[arg(required_unless_present = "all_of", conflicts_with = "all_of")]
    pub(crate) id: Option<String>,
    /// All data sources of this user instead of one
    #[arg(long, value_name = "USER")]
    pub(crate) all_of: Option<String>,
    /// The new owner
    #[arg(long, value_name = "USER")]
    pub(crate) to: String,
}

/// `source create`
#[derive(Debug, Args)]
pub(crate) struct CreateSource {
    /// What people call it
    pub(crate) name: String,
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: String,
    /// The connection it reads through
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    /// An object and, if not all, its properties: contacts or contacts:email,firstname; repeat it for several
    #[arg(long = "object", value_name = "OBJECT[:PROPERTY,…]", required = true)]
    pub(crate) objects: Vec<ObjectArg>,
    /// A filter that every row of an object must match: contacts='email ne null'
    #[arg(long = "filter", value_name = "OBJECT=FILTER")]
    pub(crate) filters: Vec<FilterArg>,
    /// Show what properties of an object were, in an entity set of their own: deals:dealstage gives deals_history
    #[arg(long = "history", value_name = "OBJECT:PROPERTY,…")]
    pub(crate) histories: Vec<HistoryArg>,
    /// Show deleted records of an object as well, told apart by a column archived
    #[arg(long, value_name = "OBJECT")]
    pub(crate) archived: Vec<String>,
    /// What columns of choices show
    #[arg(long, value_enum, default_value_t = LabelsArg::Values)]
    pub(crate) labels: LabelsArg,
    /// What columns of days show
    #[arg(long, value_enum, default_value_t = DatesArg::Date)]
    pub(crate) dates: DatesArg,
}

/// What columns of days show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DatesArg {
    /// The day
    Date,
    /// Its first instant in UTC, for clients that know no days, such as Data Factory
    Datetime,
}

impl From<DatesArg> for Dates {
    fn from(dates: DatesArg) -> Dates {
        match dates {
            DatesArg::Date => Dates::Date,
            DatesArg::Datetime => Dates::DateTime,
        }
    }
}

/// What columns of choices show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabelsArg {
    /// HubSpot's internal values
    Values,
    /// The labels people see in HubSpot
    Labels,
    /// The values, and the labels in a second column
    Both,
}

impl From<LabelsArg> for Labels {
    fn from(labels: LabelsArg) -> Labels {
        match labels {
            LabelsArg::Values => Labels::Values,
            LabelsArg::Labels => Labels::Labels,
            LabelsArg::Both => Labels::Both,
        }
    }
}

/// `source list`
#[derive(Debug, Args)]
pub(crate) struct ListSources {
    /// Only those whose name holds this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only those that --as owns
    #[arg(long, conflicts_with = "shared")]
    pub(crate) mine: bool,
    /// Only those that are shared with --as
    #[arg(long)]
    pub(crate) shared: bool,
}

/// `source share` and `source unshare`
#[derive(Debug, Args)]
pub(crate) struct Share {
    /// The data source
    pub(crate) id: String,
    /// A user, or a group as group:NAME
    #[arg(long, value_name = "USER|group:NAME", value_parser = values::grantee)]
    pub(crate) with: Grantee,
}

/// `source preview`
#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// The data source
    pub(crate) id: String,
    /// The entity set, such as contacts
    pub(crate) entity_set: String,
    /// How many rows
    #[arg(long, value_name = "ROWS", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) top: u16,
}
