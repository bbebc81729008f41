//! Records by their ids.

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::budget::Kind;
use crate::exchange::{Question, segment};
use crate::wire::{BatchError, Id};
use crate::{API_VERSION, Call, Client, Error, Record, wire};

/// Inputs HubSpot takes in one call.
const MOST_INPUTS: usize = 100;

/// Calls under way together: as many as keep ten windows of a second busy at usual latencies, few enough to leave the
/// connections to others.
pub(crate) const TOGETHER: usize = 4;

#[derive(Serialize)]
struct Body<'a> {
    inputs: Vec<Id>,
    properties: &'a [String],
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Record>,
    #[serde(default, deserialize_with = "wire::or_default")]
    errors: Vec<BatchError>,
}

impl Client {
    /// The records with these ids, in no particular order. An id without a record is simply absent.
    ///
    /// # Errors
    /// See [`Error`]; an error that concerns some of the ids only, and is no absence, fails the whole.
    pub async fn batch_read(
        &self,
        call: &Call,
        object: &str,
        ids: &[u64],
        properties: &[String],
    ) -> Result<Vec<Record>, Error> {
        self.batch_read_among(call, object, ids, properties, false).await
    }

    /// The same among the deleted rows, if `archived`.
    pub(crate) async fn batch_read_among(
        &self,
        call: &Call,
        object: &str,
        ids: &[u64],
        properties: &[String],
        archived: bool,
    ) -> Result<Vec<Record>, Error> {
        let path = format!("/crm/objects/{API_VERSION}/{}/batch/read?archived={archived}", segment(object)?);
        let chunks: Vec<&[u64]> = ids.chunks(MOST_INPUTS).collect();
        let mut records = Vec::with_capacity(ids.len());
        for group in chunks.chunks(TOGETHER) {
            let reads = group.iter().map(|chunk| self.batch_read_chunk(call, &path, chunk, properties));
            records.extend(try_join_all(reads).await?.into_iter().flatten());
        }
        Ok(records)
    }

    async fn batch_read_chunk(
        &self,
        call: &Call,
        path: &str,
        ids: &[u64],
        properties: &[String],
    ) -> Result<Vec<Record>, Error> {
        let body = Body { inputs: ids.iter().map(|id| Id { id: *id }).collect(), properties };
        let answer: Answer = self.ask(call, &Question::post(Kind::List, path.to_owned(), &body)?).await?;
        match answer.errors.into_iter().find(|error| !error.is_absence()) {
            Some(error) => Err(error.into()),
            None => Ok(answer.results),
        }
    }
}
