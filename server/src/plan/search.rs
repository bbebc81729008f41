//! `$search`: HubSpot's own full text, because nothing here could tell which rows it finds (docs/adr/0007).

use odata::Error;
use odata::expr::Expr;
use odata::url::{Search, SearchTerm};

use super::formula::Formula;
use super::{Source, pushdown};
use crate::model::{Origin, StoredSet};

/// Characters of what is searched for: HubSpot allows 3,000 for it and the filters together.
const LONGEST: usize = 500;

/// The source that finds what is searched for among the rows of another one.
pub(super) fn with(
    set: &StoredSet,
    source: Source,
    search: Option<&Search>,
    filter: Option<&Expr>,
    over_navigation: bool,
) -> Result<Source, Error> {
    let Some(search) = search else { return Ok(source) };
    let refused = |what: &str| Error::not_supported(what).about("$search");
    let Origin::Object(object) = &set.origin else {
        return Err(refused("HubSpot has no full text of this table; `$search` in it is"));
    };
    if over_navigation || !set.is_searchable() {
        return Err(refused("Searching here is"));
    }
    let words = words(&search.term).ok_or_else(|| {
        refused("HubSpot only finds rows with all of some words; `OR` and `NOT` in `$search` are")
    })?;
    if words.chars().count() > LONGEST {
        return Err(refused("A `$search` of more than 500 characters is"));
    }
    if source == Source::Nothing {
        return Ok(source);
    }
    let formula = filter.map_or_else(Formula::everything, |filter| pushdown::formula(set, filter));
    Ok(Source::Search { object: object.clone(), formula: formula.beside(words.len()), words: Some(words) })
}

/// What HubSpot is asked to find: it takes words and no operators.
fn words(term: &SearchTerm) -> Option<String> {
    match term {
        SearchTerm::Word(text) | SearchTerm::Phrase(text) => Some(text.clone()),
        SearchTerm::And(terms) => {
            let words: Option<Vec<String>> = terms.iter().map(words).collect();
            words.map(|words| words.join(" "))
        }
        SearchTerm::Not(_) | SearchTerm::Or(_) => None,
    }
}
