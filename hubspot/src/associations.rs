//! Which records belong together.

use std::collections::{HashMap, HashSet};

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::batch::TOGETHER;
use crate::budget::Kind;
use crate::exchange::{Question, segment};
use crate::wire::{BatchError, Id, Paging, Results};
use crate::{API_VERSION, Call, Client, Error, wire};

/// Inputs HubSpot takes in one call.
const MOST_INPUTS: usize = 1_000;

/// One way in which one record belongs to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The record that was asked for.
    pub from: u64,
    /// The record it belongs to.
    pub to: u64,
    /// `HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED` or `WORK`.
    pub category: String,
    /// Number of the type, unique within its category.
    pub type_id: u32,
    /// Name of the type, if it has one.
    pub label: Option<String>,
}

/// A type of association that two objects can have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationLabel {
    /// As in [`Association::category`].
    pub category: String,
    /// As in [`Association::type_id`].
    pub type_id: u32,
    /// As in [`Association::label`].
    #[serde(default)]
    pub label: Option<String>,
}

/// A record whose associations (or further ones) are to be read.
#[derive(Debug, Clone, Serialize)]
struct Input {
    #[serde(flatten)]
    id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    inputs: &'a [Input],
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Of>,
    #[serde(default, deserialize_with = "wire::or_default")]
    errors: Vec<BatchError>,
}

/// What belongs to one record.
#[derive(Deserialize)]
struct Of {
    from: Id,
    #[serde(default, deserialize_with = "wire::or_default")]
    to: Vec<To>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    #[serde(deserialize_with = "wire::id")]
    to_object_id: u64,
    association_types: Vec<AssociationLabel>,
}

impl Client {
    /// Every association of these records with records of another object, all pages of each; one entry for each type.
    /// The entries of a record stand in the order HubSpot sent them, the records in that of `ids`. A record without
    /// any has no entry.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Malformed`] when HubSpot sends a cursor twice, which would never end.
    pub async fn associations(
        &self,
        call: &Call,
        from: &str,
        to: &str,
        ids: &[u64],
    ) -> Result<Vec<Association>, Error> {
        let path = format!("/crm/associations/{API_VERSION}/{}/{}/batch/read", segment(from)?, segment(to)?);
        let mut found: HashMap<u64, Vec<Association>> = HashMap::with_capacity(ids.len());
        let mut cursors = HashSet::new();
        let mut pending: Vec<Input> =
            ids.iter().map(|id| Input { id: Id { id: *id }, after: None }).collect();
        while !pending.is_empty() {
            let mut further = Vec::new();
            for of in self.associations_of(call, &path, &pending).await? {
                let id = of.from.id;
                found.entry(id).or_default().extend(of.to.into_iter().flat_map(|to| to.entries(id)));
                let Some(after) = of.paging.and_then(Paging::into_after) else { continue };
                if !cursors.insert((id, after.clone())) {
                    return Err(Error::malformed(
                        "the associations of a record come with the same cursor twice",
                    ));
                }
                further.push(Input { id: Id { id }, after: Some(after) });
            }
            pending = further;
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).flatten().collect())
    }

    async fn associations_of(&self, call: &Call, path: &str, inputs: &[Input]) -> Result<Vec<Of>, Error> {
        let chunks: Vec<&[Input]> = inputs.chunks(MOST_INPUTS).collect();
        let mut all = Vec::with_capacity(inputs.len());
        for group in chunks.chunks(TOGETHER) {
            let reads = group.iter().map(|chunk| self.associations_chunk(call, path, chunk));
            all.extend(try_join_all(reads).await?.into_iter().flatten());
        }
        Ok(all)
    }

    async fn associations_chunk(&self, call: &Call, path: &str, inputs: &[Input]) -> Result<Vec<Of>, Error> {
        let question = Question::post(Kind::Associations, path.to_owned(), &Body { inputs })?;
        let answer: Answer = self.ask(call, &question).await?;
        match answer.errors.into_iter().find(|error| !error.is_absence()) {
            Some(error) => Err(error.into()),
            None => Ok(answer.results),
        }
    }

    /// The types of association between two objects.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn association_labels(
        &self,
        call: &Call,
        from: &str,
        to: &str,
    ) -> Result<Vec<AssociationLabel>, Error> {
        let path = format!("/crm/associations/{API_VERSION}/{}/{}/labels", segment(from)?, segment(to)?);
        let answer: Results<AssociationLabel> =
            self.ask(call, &Question::get(Kind::Associations, path)).await?;
        Ok(answer.results)
    }
}

impl To {
    fn entries(self, from: u64) -> impl Iterator<Item = Association> {
        let to = self.to_object_id;
        self.association_types.into_iter().map(move |kind| Association {
            from,
            to,
            category: kind.category,
            type_id: kind.type_id,
            label: kind.label,
        })
    }
}
