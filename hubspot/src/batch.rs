//! Records by their ids.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::budget::Kind;
use crate::exchange::{Question, segment};
use crate::wire::{BATCH_TRIES, BatchError, Id};
use crate::{API_VERSION, Call, Client, Error, Record, wire};

/// Inputs HubSpot takes in one call.
const MOST_INPUTS: usize = 100;

/// Calls under way together: as many as keep ten windows of a second busy at usual latencies, few enough to leave the
/// connections to others.
const TOGETHER: usize = 4;

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

/// Reads `inputs` in portions of `most`, some of them at the same time.
pub(crate) async fn in_chunks<'a, I, T, F>(
    inputs: &'a [I],
    most: usize,
    read: impl Fn(&'a [I]) -> F,
) -> Result<Vec<T>, Error>
where
    F: Future<Output = Result<Vec<T>, Error>>,
{
    let chunks: Vec<&[I]> = inputs.chunks(most).collect();
    let mut found = Vec::with_capacity(inputs.len());
    for group in chunks.chunks(TOGETHER) {
        let reads = group.iter().map(|chunk| read(chunk));
        found.extend(try_join_all(reads).await?.into_iter().flatten());
    }
    Ok(found)
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
        let ids = distinct(ids);
        in_chunks(&ids, MOST_INPUTS, |chunk| self.batch_read_chunk(call, &path, chunk, properties)).await
    }

    async fn batch_read_chunk(
        &self,
        call: &Call,
        path: &str,
        ids: &[u64],
        properties: &[String],
    ) -> Result<Vec<Record>, Error> {
        let (mut left, mut records) = (ids.to_vec(), Vec::with_capacity(ids.len()));
        let (mut most, mut tries) = (left.len(), 0);
        while !left.is_empty() {
            let (now, later) = left.split_at(most.min(left.len()));
            let body = Body { inputs: now.iter().map(|id| Id { id: *id }).collect(), properties };
            let question = Question::post(Kind::List, path.to_owned(), &body)?;
            let answer: Answer = match self.ask(call, &question).await {
                Err(Error::TooLarge) if now.len() > 1 => {
                    most = now.len().div_ceil(2);
                    continue;
                }
                outcome => outcome?,
            };
            let found = answer.results.iter().map(|record| record.id).collect();
            let mut rest = wire::unanswered(now.iter().copied(), &found, answer.errors)?;
            records.extend(answer.results);
            tries = if rest.is_empty() { 0 } else { tries + 1 };
            if tries == BATCH_TRIES {
                return Err(Error::malformed("a batch says nothing about some of its ids"));
            }
            rest.extend_from_slice(later);
            left = rest;
        }
        Ok(records)
    }
}

/// Each id once, in the order given. What HubSpot makes of an id sent twice is not documented.
pub(crate) fn distinct(ids: &[u64]) -> Vec<u64> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.iter().copied().filter(|id| seen.insert(*id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn a_missing_id_is_absent() {
        let answer = r#"{"status":"COMPLETE","results":[{"id":"1","properties":{}}],"numErrors":1,"errors":[{"status":"error",
            "category":"OBJECT_NOT_FOUND","message":"Could not get some CONTACT objects","context":{"ids":["999"]}}]}"#;
        let script = Script::of([Answer::json(207, answer)]).await;
        let records =
            script.client().batch_read(&soon(), "contacts", &[999, 1], &["email".to_owned()]).await.unwrap();
        assert_eq!(records.iter().map(|r| r.id).collect::<Vec<_>>(), [1]);
        assert_eq!(script.asked()[0].body, r#"{"inputs":[{"id":"999"},{"id":"1"}],"properties":["email"]}"#);
    }

    #[tokio::test]
    async fn any_other_error_inside_a_batch_is_one() {
        let answer = r#"{"results":[{"id":"1"}],"errors":[{"category":"VALIDATION_ERROR","message":"no"}]}"#;
        let script = Script::of([Answer::json(207, answer)]).await;
        let error = script.client().batch_read(&soon(), "contacts", &[1, 2], &[]).await.unwrap_err();
        let category = Some("VALIDATION_ERROR".to_owned());
        assert_eq!(error, Error::Rejected { status: 207, category, message: "no".to_owned() });
    }

    #[tokio::test]
    async fn many_ids_are_read_a_hundred_at_a_time() {
        let absent = r#"{"results":[{"id":1}],"errors":[{"category":"OBJECT_NOT_FOUND"}]}"#;
        let script = Script::of((0..11).map(|_| Answer::json(207, absent))).await;
        let ids: Vec<u64> = (0..1_050).collect();
        let call = soon();
        assert_eq!(script.client().batch_read(&call, "deals", &ids, &[]).await.unwrap().len(), 11);
        assert_eq!(call.calls(), 11);
        let mut asked: Vec<u64> = Vec::new();
        for request in script.asked() {
            let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            let inputs = body["inputs"].as_array().unwrap();
            assert!(inputs.len() <= MOST_INPUTS);
            asked.extend(inputs.iter().map(|input| input["id"].as_str().unwrap().parse::<u64>().unwrap()));
        }
        asked.sort_unstable();
        assert_eq!(asked, ids);
    }

    #[tokio::test]
    async fn an_id_that_is_not_mentioned_is_asked_for_again() {
        let some = Answer::json(200, r#"{"results":[{"id":"1"},{"id":"2"}]}"#);
        let rest =
            r#"{"results":[{"id":"3"}],"errors":[{"category":"OBJECT_NOT_FOUND","context":{"ids":["4"]}}]}"#;
        let script = Script::of([some, Answer::json(207, rest)]).await;
        let read = script.client().batch_read(&soon(), "deals", &[1, 2, 3, 4], &[]).await.unwrap();
        assert_eq!(read.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(script.asked()[1].body, r#"{"inputs":[{"id":"3"},{"id":"4"}],"properties":[]}"#);
    }

    #[tokio::test]
    async fn an_id_that_hubspot_failed_at_is_asked_for_again() {
        let failed = r#"{"results":[{"id":"1"}],"errors":[{"category":"OBJECT_NOT_FOUND"},
            {"category":"INTERNAL_ERROR","context":{"ids":["2"]}}]}"#;
        let script =
            Script::of([Answer::json(207, failed), Answer::json(200, r#"{"results":[{"id":"2"}]}"#)]).await;
        let read = script.client().batch_read(&soon(), "deals", &[1, 2], &[]).await.unwrap();
        assert_eq!(read.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2]);
        let script = Script::of((0..3).map(|_| Answer::json(207, failed))).await;
        let outcome = script.client().batch_read(&soon(), "deals", &[1, 2], &[]).await;
        assert!(matches!(outcome, Err(Error::Malformed { .. })), "{outcome:?}");
    }

    #[tokio::test]
    async fn an_id_that_is_never_mentioned_is_not_taken_for_absent() {
        let script = Script::of((0..3).map(|_| Answer::json(207, r#"{"results":[{"id":"1"}]}"#))).await;
        let outcome = script.client().batch_read(&soon(), "deals", &[1, 2], &[]).await;
        assert!(matches!(outcome, Err(Error::Malformed { .. })), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_batch_too_large_to_be_held_is_read_in_halves() {
        let large = || Answer::bytes(200, vec![b' '; 3_000]);
        let rows = |ids: [u64; 2]| {
            let rows: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
            Answer::json(200, &format!(r#"{{"results":[{}]}}"#, rows.join(",")))
        };
        let script = Script::of([large(), rows([1, 2]), rows([3, 4])]).await;
        let settings = crate::Settings { max_answer_bytes: 2_000, ..script.settings() };
        let client = crate::Client::new(&settings, crate::AccessToken::new(crate::scripted::TOKEN)).unwrap();
        let read = client.batch_read(&soon(), "deals", &[1, 2, 3, 4], &[]).await.unwrap();
        assert_eq!(read.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn no_ids_need_no_call() {
        let script = Script::of([]).await;
        assert_eq!(script.client().batch_read(&soon(), "deals", &[], &[]).await, Ok(Vec::new()));
        assert!(script.asked().is_empty());
    }

    #[test]
    fn an_id_is_sent_once() {
        assert_eq!(distinct(&[3, 1, 3, 2, 1]), [3, 1, 2]);
    }
}
