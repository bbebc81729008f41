//! What a plan costs at HubSpot: calls, and the least time that the account's limits allow for them. Pure arithmetic on counts
//! that somebody else asked for.

use std::time::Duration;

use super::{Counting, Ends, Plan, Source};

/// Rows that one page of an answer has at most, unless a client asks for fewer.
const PAGE_ROWS: u64 = 5_000;

/// Rows of a page of HubSpot's list, and of a batch read.
const LIST_ROWS: u64 = 100;

/// Rows of a page of HubSpot's search.
const SEARCH_ROWS: u64 = 200;

/// Pages of a search that one question proves.
const STRETCH: u64 = 4;

/// Records whose associations are read in one call.
const LINK_ROWS: u64 = 1_000;

/// How many records there are, as HubSpot's index counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Of the object that is read.
    pub all: Option<u64>,
    /// Of them those that the search finds.
    pub found: Option<u64>,
}

/// What a limit grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Calls.
    pub calls: u32,
    /// In any interval of this length.
    pub interval: Duration,
}

/// The limits of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grants {
    /// Lists, batch reads and everything else.
    pub list: Grant,
    /// Searches.
    pub search: Grant,
    /// Associations.
    pub associations: Grant,
}

/// Calls by the limit that they count against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Lists, batch reads and everything else.
    pub list: u64,
    /// Searches.
    pub search: u64,
    /// Associations.
    pub associations: u64,
}

impl Cost {
    /// What reading all candidates of a plan once costs; none when the counts that it depends on are not known.
    #[must_use]
    pub fn of_reading(plan: &Plan, counts: Counts) -> Option<Self> {
        if plan.via.is_some() {
            return None;
        }
        let list = |list: u64| Self { list, ..Self::default() };
        Some(match &plan.source {
            Source::Nothing => Self::default(),
            Source::List { .. } => list(pages(counts.all?, LIST_ROWS)),
            Source::Search { words, .. } => {
                let pages = pages(counts.found?, SEARCH_ROWS);
                let proofs = if pages > 1 { pages.div_ceil(STRETCH) } else { 0 };
                // Where the index is to be trusted, and what is younger.
                let recent = u64::from(words.is_none());
                // What is sorted is read anew (`execute::anew`).
                let anew = if plan.order.is_empty() { 0 } else { self::pages(counts.found?, LIST_ROWS) };
                Self { search: pages + proofs + recent, list: recent + anew, associations: 0 }
            }
            Source::Ids { ids, .. } => list(pages(ids.len() as u64, LIST_ROWS)),
            // Nothing counts deleted records, versions of values and members of lists.
            Source::WithDeleted { .. }
            | Source::History { .. }
            | Source::Lists
            | Source::Memberships { .. } => return None,
            Source::Owners => list(2),
            Source::Pipelines(objects) | Source::Stages(objects) => list(objects.len() as u64),
            Source::Links { ends: Ends::All, .. } => {
                let all = counts.all?;
                Self { list: pages(all, LIST_ROWS), associations: pages(all, LINK_ROWS), search: 0 }
            }
            Source::Links { ends: Ends::From(ids), .. } => {
                Self { associations: pages(ids.len() as u64, LINK_ROWS), ..Self::default() }
            }
            Source::Links { ends: Ends::To(_), .. } => Self { associations: 2, ..Self::default() },
        })
    }

    /// The least time that the limits leave for these calls. What fits into one interval takes none of it.
    #[must_use]
    pub fn least_time(&self, grants: &Grants) -> Duration {
        let of = |calls: u64, grant: Grant| {
            let beyond = calls.saturating_sub(u64::from(grant.calls));
            let millis = u128::from(beyond) * grant.interval.as_millis() / u128::from(grant.calls.max(1));
            Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
        };
        of(self.list, grants.list)
            .max(of(self.search, grants.search))
            .max(of(self.associations, grants.associations))
    }

    /// All calls.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.list + self.search + self.associations
    }

    fn times(&self, times: u64) -> Self {
        let of = |calls: u64| calls.saturating_mul(times);
        Self { list: of(self.list), search: of(self.search), associations: of(self.associations) }
    }

    fn sentence(&self, grants: &Grants) -> String {
        let of = |calls: u64, what: &str, grant: Grant| {
            let seconds = grant.interval.as_secs();
            let within = if seconds == 1 { "a second".to_owned() } else { format!("{seconds} s") };
            (calls > 0).then(|| format!("{calls} {what} ({} in {within})", grant.calls))
        };
        let parts: Vec<String> = [
            of(self.list, "lists and batch reads", grants.list),
            of(self.search, "searches", grants.search),
            of(self.associations, "association reads", grants.associations),
        ]
        .into_iter()
        .flatten()
        .collect();
        if parts.is_empty() { "no calls".to_owned() } else { parts.join(", ") }
    }
}

/// A page at least, since somebody has to look.
fn pages(rows: u64, of: u64) -> u64 {
    rows.div_ceil(of).max(1)
}

/// Sentences about what a whole refresh of this query takes.
#[must_use]
pub fn sentences(plan: &Plan, counts: Counts, grants: &Grants) -> Vec<String> {
    let mut sentences = Vec::new();
    match (counts.all, counts.found) {
        (Some(all), Some(found)) => sentences
            .push(format!("HubSpot's index has {all} records of this object, and its search finds {found}.")),
        (Some(all), None) => sentences.push(format!("HubSpot's index has {all} records of this object.")),
        (None, Some(found)) => sentences.push(format!("HubSpot's search finds {found} records.")),
        (None, None) => {}
    }
    let Some(once) = Cost::of_reading(plan, counts) else {
        sentences.push("How many calls it takes depends on what the first ones find.".to_owned());
        return sentences;
    };
    let rows = counts.found.or(counts.all);
    let wanted = rows.map(|rows| rows.min(plan.top.map_or(u64::MAX, |top| top.saturating_add(plan.skip))));
    let chain = match wanted {
        Some(wanted) if !plan.order.is_empty() => once.times(pages(wanted, PAGE_ROWS)),
        _ => once,
    };
    let most = if plan.top.is_some() && plan.order.is_empty() { "At most" } else { "About" };
    sentences.push(format!("{most} {} for all pages.", chain.sentence(grants)));
    if plan.counted && plan.count == Counting::ByReading {
        sentences.push(format!("The count reads everything once more: {}.", once.sentence(grants)));
    }
    if plan.follows() {
        sentences.push(
            "Related rows come on top: association and batch reads for the rows of each page.".to_owned(),
        );
    }
    let seconds = chain.least_time(grants).as_secs_f64();
    sentences.push(if seconds < 1.0 {
        "The account's limits hold that up for less than a second.".to_owned()
    } else {
        format!("At the account's limits that takes {seconds:.0} s at least.")
    });
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{edm, sample};
    use crate::plan::{Abilities, plan};

    const GRANTS: Grants = Grants {
        list: Grant { calls: 190, interval: Duration::from_secs(10) },
        search: Grant { calls: 5, interval: Duration::from_secs(1) },
        associations: Grant { calls: 150, interval: Duration::from_secs(10) },
    };

    fn told(query: &str, counts: Counts) -> String {
        let stored = sample::model();
        let model = edm(&stored).unwrap();
        let request = odata::url::parse(&model, "contacts", Some(query)).unwrap();
        let plan = plan(&stored, &model, &request, None, Abilities::default()).unwrap();
        sentences(&plan, counts, &GRANTS).join("\n")
    }

    #[test]
    fn a_whole_table_takes_a_call_for_a_hundred_rows() {
        assert_eq!(
            told("", Counts { all: Some(100_000), found: None }),
            "HubSpot's index has 100000 records of this object.\n\
             About 1000 lists and batch reads (190 in 10 s) for all pages.\n\
             At the account's limits that takes 43 s at least."
        );
    }

    #[test]
    fn a_search_takes_a_call_for_two_hundred_rows_and_its_proofs() {
        assert_eq!(
            told("$filter=vip", Counts { all: Some(100_000), found: Some(8_000) }),
            "HubSpot's index has 100000 records of this object, and its search finds 8000.\n\
             About 1 lists and batch reads (190 in 10 s), 51 searches (5 in a second) for all pages.\n\
             At the account's limits that takes 9 s at least."
        );
    }

    #[test]
    fn a_sort_reads_everything_for_each_page() {
        let told = told("$orderby=email", Counts { all: Some(20_000), found: None });
        assert!(told.contains("About 800 lists and batch reads"), "{told}");
    }

    #[test]
    fn without_counts_nothing_is_promised() {
        let told = told("", Counts::default());
        assert_eq!(told, "How many calls it takes depends on what the first ones find.");
    }
}
