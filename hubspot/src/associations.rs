//! Which records belong together.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::batch::{distinct, in_chunks};
use crate::budget::Kind;
use crate::exchange::{Question, segment};
use crate::wire::{BATCH_TRIES, BatchError, Id, Paging, Results};
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
    /// See [`Error`]; [`Error::Malformed`] when HubSpot sends a cursor twice, which would never end, and when it says
    /// nothing about a record, also when asked again: that would look like a record without associations.
    pub async fn associations(
        &self,
        call: &Call,
        from: &str,
        to: &str,
        ids: &[u64],
    ) -> Result<Vec<Association>, Error> {
        let path = format!("/crm/associations/{API_VERSION}/{}/{}/batch/read", segment(from)?, segment(to)?);
        let ids = distinct(ids);
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
        in_chunks(inputs, MOST_INPUTS, |chunk| self.associations_chunk(call, path, chunk)).await
    }

    async fn associations_chunk(&self, call: &Call, path: &str, inputs: &[Input]) -> Result<Vec<Of>, Error> {
        let (mut left, mut all) = (inputs.to_vec(), Vec::with_capacity(inputs.len()));
        let (mut most, mut tries) = (left.len(), 0);
        while !left.is_empty() {
            let later = left.split_off(most.min(left.len()));
            let question = Question::post(Kind::Associations, path.to_owned(), &Body { inputs: &left })?;
            let answer: Answer = match self.ask(call, &question).await {
                Err(Error::TooLarge) if left.len() > 1 => {
                    most = left.len().div_ceil(2);
                    left.extend(later);
                    continue;
                }
                outcome => outcome?,
            };
            let found = answer.results.iter().map(|of| of.from.id).collect();
            let rest = wire::unanswered(left.iter().map(|input| input.id.id), &found, answer.errors)?;
            all.extend(answer.results);
            tries = if rest.is_empty() { 0 } else { tries + 1 };
            if tries == BATCH_TRIES {
                return Err(Error::malformed("a batch says nothing about the associations of some records"));
            }
            left.retain(|input| rest.contains(&input.id.id));
            left.extend(later);
        }
        Ok(all)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    const TYPES: &str = r#"[{"category":"HUBSPOT_DEFINED","typeId":341,"label":null}]"#;

    async fn read(script: &Script, ids: &[u64]) -> Result<Vec<(u64, u64, u32)>, Error> {
        let found = script.client().associations(&soon(), "deals", "companies", ids).await?;
        Ok(found.into_iter().map(|a| (a.from, a.to, a.type_id)).collect())
    }

    #[tokio::test]
    async fn each_type_is_an_entry_and_large_ids_stay_exact() {
        let answer = r#"{"status":"COMPLETE","results":[{"from":{"id":"515690208449"},"to":[{"toObjectId":9007199254740993,
            "associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":341,"label":null},
            {"category":"HUBSPOT_DEFINED","typeId":5,"label":"Primary"}]}]}]}"#;
        let script = Script::of([Answer::json(200, answer)]).await;
        let found =
            script.client().associations(&soon(), "deals", "companies", &[515_690_208_449]).await.unwrap();
        let entry = |type_id, label: Option<&str>| Association {
            from: 515_690_208_449,
            to: 9_007_199_254_740_993,
            category: "HUBSPOT_DEFINED".to_owned(),
            type_id,
            label: label.map(str::to_owned),
        };
        assert_eq!(found, [entry(341, None), entry(5, Some("Primary"))]);
        assert_eq!(script.targets(), ["/crm/associations/2026-09/deals/companies/batch/read"]);
    }

    #[tokio::test]
    async fn a_record_that_belongs_to_nothing_is_no_error() {
        let answer = format!(
            r#"{{"status":"COMPLETE","results":[{{"from":{{"id":"2"}},"to":[{{"toObjectId":"8","associationTypes":{TYPES}}}]}}],
            "numErrors":1,"errors":[{{"status":"error","category":"OBJECT_NOT_FOUND",
            "subCategory":"crm.associations.NO_ASSOCIATIONS_FOUND","context":{{"fromObjectId":["1"]}}}}]}}"#
        );
        let script = Script::of([Answer::json(207, &answer)]).await;
        assert_eq!(read(&script, &[1, 2]).await, Ok(vec![(2, 8, 341)]));
        let failing = r#"{"results":[],"errors":[{"category":"MISSING_SCOPES","message":"no"}]}"#;
        let script = Script::of([Answer::json(207, failing)]).await;
        assert!(matches!(read(&script, &[1]).await, Err(Error::Rejected { status: 207, .. })));
    }

    fn page(pages: &[(u64, u64, Option<&str>)]) -> Answer {
        let of: Vec<String> = pages
            .iter()
            .map(|(from, to, after)| {
                let paging = after.map(|a| format!(r#","paging":{{"next":{{"after":"{a}","link":"x"}}}}"#));
                let paging = paging.unwrap_or_default();
                format!(r#"{{"from":{{"id":"{from}"}},"to":[{{"toObjectId":{to},"associationTypes":{TYPES}}}]{paging}}}"#)
            })
            .collect();
        Answer::json(200, &format!(r#"{{"results":[{}]}}"#, of.join(",")))
    }

    #[tokio::test]
    async fn every_page_of_every_record_is_read() {
        let script = Script::of([
            page(&[(2, 20, Some("A%3D")), (1, 10, None), (3, 30, Some("A%3D"))]),
            page(&[(3, 31, None), (2, 21, Some("B"))]),
            page(&[(2, 22, None)]),
        ])
        .await;
        let expected =
            vec![(1, 10, 341), (2, 20, 341), (2, 21, 341), (2, 22, 341), (3, 30, 341), (3, 31, 341)];
        assert_eq!(read(&script, &[1, 2, 3]).await, Ok(expected));
        let bodies: Vec<String> = script.asked().into_iter().map(|asked| asked.body).collect();
        assert_eq!(bodies[1], r#"{"inputs":[{"id":"2","after":"A%3D"},{"id":"3","after":"A%3D"}]}"#);
        assert_eq!(bodies[2], r#"{"inputs":[{"id":"2","after":"B"}]}"#);
    }

    #[tokio::test]
    async fn a_record_that_is_not_mentioned_is_asked_for_again_and_never_taken_for_alone() {
        let script = Script::of([page(&[(1, 10, None)]), page(&[(2, 20, None)])]).await;
        assert_eq!(read(&script, &[1, 2]).await, Ok(vec![(1, 10, 341), (2, 20, 341)]));
        assert_eq!(script.asked()[1].body, r#"{"inputs":[{"id":"2"}]}"#);
        let script = Script::of((0..3).map(|_| page(&[(1, 10, None)]))).await;
        assert!(matches!(read(&script, &[1, 2]).await, Err(Error::Malformed { .. })));
    }

    #[tokio::test]
    async fn cursors_that_go_round_in_circles_are_an_error() {
        let script = Script::of([
            page(&[(1, 10, Some("A"))]),
            page(&[(1, 11, Some("B"))]),
            page(&[(1, 10, Some("A"))]),
        ])
        .await;
        assert!(matches!(read(&script, &[1]).await, Err(Error::Malformed { .. })));
    }

    #[tokio::test]
    async fn many_records_are_asked_for_a_thousand_at_a_time() {
        let nothing = r#"{"results":[],"errors":[{"category":"OBJECT_NOT_FOUND"}]}"#;
        let script = Script::of((0..3).map(|_| Answer::json(207, nothing))).await;
        let ids: Vec<u64> = (0..2_500).collect();
        assert_eq!(read(&script, &ids).await, Ok(Vec::new()));
        let mut sizes: Vec<usize> =
            script.asked().iter().map(|asked| asked.body.matches("\"id\"").count()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [500, 1_000, 1_000]);
    }

    #[tokio::test]
    async fn the_types_between_two_objects_are_listed() {
        let answer = r#"{"results":[{"category":"HUBSPOT_DEFINED","typeId":1,"label":"Primary"},{"category":"USER_DEFINED","typeId":7}]}"#;
        let script = Script::of([Answer::json(200, answer)]).await;
        let labels = script.client().association_labels(&soon(), "contacts", "companies").await.unwrap();
        assert_eq!(
            labels.iter().map(|l| (l.type_id, l.label.as_deref())).collect::<Vec<_>>(),
            [(1, Some("Primary")), (7, None)]
        );
    }
}
