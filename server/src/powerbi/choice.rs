//! Which places in Power BI a token is put into. Pure.
//!
//! Power BI never tells what a data source holds. What Feedgate put there is known exactly; for the rest only what can be
//! no other token's is taken: the feed was read by this one alone, or by none when a person named the token. A place that
//! holds another working token, or may hold one, is left alone, unless a person names its data set.

use std::collections::{HashMap, HashSet};

use schema::operations::powerbi_holders::Holder;
use schema::operations::token_show::TokenView;
use schema::{DataSourceId, TokenId, TokenStatus};

use super::reads::Reads;
use super::sets::{DataSet, Place};

/// What is known about the tenant's tokens.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// All of them.
    pub tokens: Vec<TokenView>,
    /// What Feedgate put where.
    pub holders: Vec<Holder>,
    /// The tokens that read a data source lately, and work or have a successor that does.
    pub readers: HashMap<DataSourceId, HashSet<TokenId>>,
}

/// For which token places are chosen.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The token, or the one it is going to succeed.
    pub token: &'a TokenView,
    /// What it reads.
    pub reach: &'a HashSet<DataSourceId>,
    /// Only these data sets, by id or name; empty: all.
    pub only: &'a [String],
    /// Whether nobody looks: then a guess is none.
    pub unattended: bool,
}

/// What was chosen.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Data sets with the places that are to get the token.
    pub sets: Vec<DataSet>,
    /// Places that the token could serve, and that are left alone.
    pub left: Vec<Left>,
}

/// A place that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Name of the workspace.
    pub workspace: String,
    /// Name of the data set.
    pub dataset: String,
    /// Id of the data set.
    pub dataset_id: String,
    /// The place.
    pub place: Place,
    /// Why.
    pub why: Why,
}

/// Why a place is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It holds another token, which works.
    Holds(TokenId),
    /// Nobody knows which token it holds, and several may be it.
    Unclear,
    /// Its credential is for more than a feed, and Feedgate never put one there.
    Whole,
}

enum Verdict {
    Take,
    Leave(Why),
    Foreign,
}

impl Known {
    /// The token and those before it that it succeeded.
    #[must_use]
    pub fn family(&self, id: &TokenId) -> HashSet<TokenId> {
        let mut family = HashSet::from([id.clone()]);
        loop {
            let heir = |token: &&TokenView| token.rotated_to.as_ref().is_some_and(|to| family.contains(to));
            let elder = self.tokens.iter().filter(heir).find(|token| !family.contains(&token.id));
            match elder.map(|token| token.id.clone()) {
                Some(elder) => family.insert(elder),
                None => return family,
            };
        }
    }

    /// The token that was put into a place.
    #[must_use]
    pub fn holder(&self, place: &Place) -> Option<&TokenId> {
        let here =
            |held: &&Holder| held.gateway_id == place.gateway_id && held.datasource_id == place.datasource_id;
        self.holders.iter().find(here).map(|held| &held.token_id)
    }

    /// Which tokens of a family a place is taken to hold: the one that was put there, or else those that read its feed.
    /// Behind an on-premises gateway nothing is ever put, and what people entered there shows itself to nobody.
    #[must_use]
    pub fn held(&self, place: &Place, family: &HashSet<TokenId>) -> Vec<&TokenId> {
        match (self.holder(place).filter(|holder| family.contains(*holder)), &place.reads) {
            (Some(holder), _) => vec![holder],
            (None, Reads::Feed(id)) if !place.on_premises => {
                let readers = self.readers.get(id).into_iter().flatten();
                readers.filter(|reader| family.contains(*reader)).collect()
            }
            (None, _) => Vec::new(),
        }
    }

    /// Whether a token works, or has ended in favour of a successor that does: a place that missed the successor still
    /// holds it. Who revoked a token has taken it into their own hands.
    #[must_use]
    pub fn goes_on(&self, id: &TokenId) -> bool {
        let of = |id: &TokenId| self.tokens.iter().find(|token| token.id == *id);
        let heir = |token: &&TokenView| match token.status {
            TokenStatus::Expired => token.rotated_to.as_ref().and_then(of),
            _ => None,
        };
        let mut line = std::iter::successors(of(id), heir).take(self.tokens.len());
        line.any(|token| token.status.authenticates())
    }

    /// Whether a token works.
    #[must_use]
    pub fn works(&self, id: &TokenId) -> bool {
        self.tokens.iter().any(|token| token.id == *id && token.status.authenticates())
    }

    /// Chooses among the data sets that read a feed.
    #[must_use]
    pub fn choose(&self, sets: &[DataSet], wanted: &Wanted<'_>) -> Chosen {
        let family = self.family(&wanted.token.id);
        let mut chosen = Chosen::default();
        for set in sets.iter().filter(|set| wanted.names(set)) {
            let mut taken = Vec::new();
            for place in &set.places {
                match self.judge(place, wanted, &family) {
                    Verdict::Take => taken.push(place.clone()),
                    Verdict::Leave(why) => chosen.left.push(left(set, place, why)),
                    Verdict::Foreign => {}
                }
            }
            if !taken.is_empty() {
                chosen.sets.push(DataSet { places: taken, ..set.clone() });
            }
        }
        chosen
    }

    fn judge(&self, place: &Place, wanted: &Wanted<'_>, family: &HashSet<TokenId>) -> Verdict {
        if !wanted.serves(&place.reads) {
            return Verdict::Foreign;
        }
        match self.holder(place) {
            Some(holder) if family.contains(holder) => Verdict::Take,
            Some(holder) if self.works(holder) && !wanted.insists() => {
                Verdict::Leave(Why::Holds(holder.clone()))
            }
            _ if wanted.insists() => Verdict::Take,
            holder => match &place.reads {
                Reads::Feed(id) => self.guess(id, wanted, family),
                Reads::Whole if wanted.unattended => Verdict::Foreign,
                Reads::Whole if holder.is_some() => Verdict::Take,
                Reads::Whole => Verdict::Leave(Why::Whole),
            },
        }
    }

    /// Takes only what no other token can be in. Of a feed that others alone read a person is told, who meant it.
    fn guess(&self, feed: &DataSourceId, wanted: &Wanted<'_>, family: &HashSet<TokenId>) -> Verdict {
        match self.readers.get(feed) {
            Some(readers) if readers.is_subset(family) => Verdict::Take,
            Some(readers) if wanted.unattended && readers.is_disjoint(family) => Verdict::Foreign,
            Some(_) => Verdict::Leave(Why::Unclear),
            None if wanted.unattended => Verdict::Foreign,
            None => Verdict::Take,
        }
    }
}

impl Wanted<'_> {
    fn names(&self, set: &DataSet) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| *one == set.id || *one == set.name)
    }

    /// Whether a person named the data sets, and means them whatever they hold.
    fn insists(&self) -> bool {
        !self.unattended && !self.only.is_empty()
    }

    fn serves(&self, reads: &Reads) -> bool {
        match reads {
            Reads::Feed(id) => self.reach.contains(id),
            Reads::Whole => self.token.data_sources.is_none(),
        }
    }
}

fn left(set: &DataSet, place: &Place, why: Why) -> Left {
    Left {
        workspace: set.workspace.clone(),
        dataset: set.name.clone(),
        dataset_id: set.id.clone(),
        place: place.clone(),
        why,
    }
}
