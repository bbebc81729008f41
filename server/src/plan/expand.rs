//! What `$expand` asks for, as it is carried out.

use std::collections::BTreeSet;

use odata::Error;
use odata::expr::{Expr, Reads};
use odata::url::{Expand, Expanding, OrderBy};

use super::branch::{Branch, Ways};
use super::{normal, selected};

/// Levels below the rows of a request: each costs a set of calls for every page, and nobody has been seen to use more than
/// two.
const MOST_LEVELS: usize = 4;

/// Expanded properties of a request, on all levels together, for the same reason.
const MOST_EXPANDED: usize = 16;

/// One expanded navigation property.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// What is read at the other ends, with what their filter and order need from there.
    pub branch: Branch,
    /// What the client wants of them.
    pub filter: Option<Expr>,
    /// Their order; empty for ascending keys.
    pub order: Vec<OrderBy>,
    /// How many for each row.
    pub top: Option<u64>,
    /// How many to leave out for each row.
    pub skip: u64,
    /// Whether they are counted.
    pub count: bool,
    /// What is expanded of them.
    pub expand: Vec<Expansion>,
}

impl Ways<'_> {
    /// The expansions of the rows of a request.
    pub(super) fn expansions(&self, wanted: &[Expand]) -> Result<Vec<Expansion>, Error> {
        let expansions = self.level(wanted, 1)?;
        if count(&expansions) > MOST_EXPANDED {
            return Err(Error::not_supported(format_args!(
                "Expanding more than {MOST_EXPANDED} navigation properties is"
            )));
        }
        Ok(expansions)
    }

    fn level(&self, wanted: &[Expand], level: usize) -> Result<Vec<Expansion>, Error> {
        if level > MOST_LEVELS && !wanted.is_empty() {
            return Err(Error::not_supported(format_args!("Expanding more than {MOST_LEVELS} levels is")));
        }
        wanted.iter().map(|expand| self.expansion(expand, level)).collect()
    }

    fn expansion(&self, expand: &Expand, level: usize) -> Result<Expansion, Error> {
        let options = &expand.options;
        if options.search.is_some() {
            return Err(Error::not_supported("`$search` in `$expand` is"));
        }
        let filter = options.filter.clone().map(normal::empty_is_null);
        let reads = reads(filter.iter().chain(options.orderby.iter().map(|by| &by.expr)))?;
        let expansions = self.level(&options.expand, level + 1)?;
        let mut columns = self.columns(expand);
        columns.extend(&reads.properties);
        let mut branch = self.branch(&expand.step, &columns)?;
        branch.add(self.branches(&reads)?);
        branch.need(expansions.iter().map(|expansion| &expansion.branch));
        let counted = expand.kind == Expanding::Count;
        Ok(Expansion {
            branch,
            filter,
            order: options.orderby.clone(),
            top: if counted { Some(0) } else { options.top },
            skip: options.skip.unwrap_or(0),
            count: options.count || counted,
            expand: expansions,
        })
    }

    /// The columns that are sent.
    fn columns(&self, expand: &Expand) -> BTreeSet<usize> {
        match expand.kind {
            Expanding::Entities => {
                selected(&expand.options, self.model.entity_type(expand.step.target).properties.len())
            }
            Expanding::References | Expanding::Count => BTreeSet::new(),
        }
    }
}

/// What the options read of the other ends. What they read of the row that is expanded would differ from row to row.
fn reads<'e>(exprs: impl Iterator<Item = &'e Expr>) -> Result<Reads, Error> {
    let mut reads = Reads::default();
    for expr in exprs {
        if expr.reads_of_root() != Reads::default() {
            return Err(Error::not_supported("`$it` in the options of an expanded property is"));
        }
        reads.merge(&expr.reads());
    }
    Ok(reads)
}

fn count(expansions: &[Expansion]) -> usize {
    expansions.iter().map(|expansion| 1 + count(&expansion.expand)).sum()
}
