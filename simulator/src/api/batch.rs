//! Records by their ids. The order is not the order asked for, and missing ids make it a 207.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Problem};
use super::list::find;
use super::request::Request;
use super::rows::{Projection, RowBody};
use super::{Scene, associations};
use crate::dice::Dice;
use crate::instant::iso;
use crate::portal::record::Record;

/// Inputs of a call, and with history.
const MAX_INPUTS: usize = 100;
const MAX_INPUTS_WITH_HISTORY: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    inputs: Vec<associations::Input>,
    #[serde(default)]
    properties: Option<Vec<String>>,
    #[serde(default)]
    properties_with_history: Option<Vec<String>>,
    #[serde(default)]
    id_property: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchBody<R, E> {
    pub(super) status: &'static str,
    pub(super) results: Vec<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) num_errors: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<E>,
    pub(super) started_at: String,
    pub(super) completed_at: String,
}

impl<R: Serialize, E: Serialize> BatchBody<R, E> {
    /// 200, or 207 when some inputs failed.
    pub(super) fn answer(scene: &Scene, results: Vec<R>, errors: Vec<E>) -> Answer {
        let now = scene.world.clock.now_ms();
        let num_errors = Some(errors.len()).filter(|count| *count > 0);
        let status = if errors.is_empty() { 200 } else { 207 };
        let body = BatchBody {
            status: "COMPLETE",
            results,
            num_errors,
            errors,
            started_at: iso(now),
            completed_at: iso(now + 1),
        };
        Answer::json(status, &body)
    }
}

#[derive(Serialize)]
struct Missing {
    status: &'static str,
    category: &'static str,
    message: String,
    context: MissingIds,
}

#[derive(Serialize)]
struct MissingIds {
    ids: Vec<String>,
}

/// Reads up to 100 records.
pub(super) fn read(scene: &Scene, request: &Request) -> Result<Answer, Problem> {
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|e| Problem::Invalid(format!("Invalid input JSON: {e}")))?;
    let history = body.properties_with_history.unwrap_or_default();
    check_size(body.inputs.len(), !history.is_empty())?;
    let archived = request.flag("archived");
    let (mut found, mut missing, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    let mut troubles = Troubles::of(scene);
    for input in body.inputs.iter().filter(|input| seen.insert(input.id.as_str())) {
        if troubles.swallow(&input.id) {
            continue;
        }
        match find(scene, &input.id, body.id_property.as_deref())?
            .filter(|r| r.archived.is_some() == archived)
        {
            Some(record) => found.push(record),
            None => missing.push(input.id.clone()),
        }
    }
    shuffle(&mut found);
    let projection = Projection::new(scene.table, scene.quirks, &body.properties.unwrap_or_default());
    let row = |record| RowBody::new(&projection, record).with_history(scene.table, record, &history);
    let results = found.into_iter().map(row).collect();
    let errors = missing_error(scene, missing).into_iter().map(BatchError::Missing);
    Ok(BatchBody::answer(scene, results, errors.chain(troubles.failed.map(BatchError::Failed)).collect()))
}

/// What went wrong with some inputs.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum BatchError<E> {
    Missing(E),
    Failed(Failed),
}

/// An input that fails for no reason of its own.
#[derive(Serialize)]
pub(super) struct Failed {
    status: &'static str,
    category: &'static str,
    message: String,
    context: MissingIds,
}

/// What every third batch suffers from, when such a quirk is on.
pub(super) struct Troubles {
    silent: bool,
    failing: bool,
    inputs: usize,
    pub(super) failed: Option<Failed>,
}

impl Troubles {
    pub(super) fn of(scene: &Scene) -> Troubles {
        let turn =
            (scene.quirks.silent_batches || scene.quirks.failing_inputs) && scene.world.next_page() % 3 == 2;
        Troubles {
            silent: turn && scene.quirks.silent_batches,
            failing: turn && scene.quirks.failing_inputs,
            inputs: 0,
            failed: None,
        }
    }

    /// Whether the answer has no result for this input.
    pub(super) fn swallow(&mut self, id: &str) -> bool {
        self.inputs += 1;
        if self.failing && self.failed.is_none() {
            let message = "An unexpected error occurred".to_owned();
            let context = MissingIds { ids: vec![id.to_owned()] };
            self.failed = Some(Failed { status: "error", category: "INTERNAL_ERROR", message, context });
            return true;
        }
        self.silent && self.inputs % 10 == 1
    }
}

fn check_size(inputs: usize, with_history: bool) -> Result<(), Problem> {
    if with_history && inputs > MAX_INPUTS_WITH_HISTORY {
        let text = "The maximum number of inputs supported in a batch request for property histories is 50. Please reduce \
                    the number of items and try again";
        return Err(Problem::Invalid(text.to_owned()));
    }
    if inputs > MAX_INPUTS {
        let text = format!("The maximum number of inputs supported in a batch request is {MAX_INPUTS}");
        return Err(Problem::Invalid(text));
    }
    Ok(())
}

/// A fixed disorder: the same ids come in the same, but not in their own order.
fn shuffle(records: &mut [&Record]) {
    let sum = records.iter().fold(0, |sum: u64, record| sum.rotate_left(7) ^ record.id);
    Dice::new(sum, 70, 0).shuffle(records);
}

fn missing_error(scene: &Scene, ids: Vec<String>) -> Vec<Missing> {
    if ids.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
        scene.table.kind.upper()
    );
    vec![Missing { status: "error", category: "OBJECT_NOT_FOUND", message, context: MissingIds { ids } }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Bench, ids};
    use crate::quirks::Quirks;
    use crate::settings::Settings;

    const PATH: &str = "/crm/objects/2026-09/contacts/batch/read";

    fn inputs(ids: &[u64]) -> Vec<serde_json::Value> {
        ids.iter().map(|id| json!({"id": id.to_string()})).collect()
    }

    #[test]
    fn all_found_is_200_in_another_order() {
        let bench = Bench::with(Settings::small(100));
        let wanted = ids(&bench.get("/crm/v3/objects/contacts?limit=100").1);
        let (status, answer) = bench.post(PATH, &json!({"inputs": inputs(&wanted), "properties": ["email"]}));
        let mut got = ids(&answer);
        assert_eq!((status, answer["status"].as_str()), (200, Some("COMPLETE")));
        assert_ne!(got, wanted);
        got.sort_unstable();
        assert_eq!(got, wanted);
        assert!(answer.get("numErrors").is_none());
    }

    #[test]
    fn missing_and_archived_ids_make_it_a_207() {
        let bench = Bench::empty();
        let (alive, gone) = (bench.add("contacts", &[]), bench.add("contacts", &[]));
        bench.portal.archive("contacts", gone).unwrap();
        let (status, answer) = bench.post(PATH, &json!({"inputs": inputs(&[gone, alive, 99])}));
        assert_eq!((status, ids(&answer)), (207, vec![alive]));
        assert_eq!(answer["numErrors"], 1);
        assert_eq!(
            answer["errors"][0].to_string(),
            json!({"status": "error", "category": "OBJECT_NOT_FOUND",
                "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
                "context": {"ids": [gone.to_string(), "99"]}})
            .to_string()
        );
    }

    #[test]
    fn more_than_100_inputs_or_50_with_history_are_refused() {
        let bench = Bench::empty();
        let post = |count: u64, history: &[&str]| {
            let ids: Vec<u64> = (1..=count).collect();
            bench.post(PATH, &json!({"inputs": inputs(&ids), "propertiesWithHistory": history}))
        };
        assert_eq!([post(100, &[]).0, post(101, &[]).0], [207, 400]);
        let (status, answer) = post(51, &["email"]);
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().contains("property histories is 50. Please reduce"));
    }

    #[test]
    fn every_third_batch_is_silent_or_fails_for_an_input_when_told_to() {
        let quirks =
            |silent, failing| Quirks { silent_batches: silent, failing_inputs: failing, ..Quirks::default() };
        let counts = |quirks: Quirks| {
            let bench = Bench::with(Settings { quirks, ..Settings::small(50) });
            let all = ids(&bench.get("/crm/v3/objects/contacts?limit=50").1);
            let read = |_| {
                let (status, answer) = bench.post(PATH, &json!({"inputs": inputs(&all)}));
                (status, ids(&answer).len(), answer["errors"][0]["category"].as_str().map(str::to_owned))
            };
            (0..3).map(read).collect::<Vec<_>>()
        };
        let plain = (200, 50, None);
        // The list before them was the first page.
        assert_eq!(counts(quirks(true, false)), [plain.clone(), (200, 45, None), plain.clone()]);
        let failed = (207, 49, Some("INTERNAL_ERROR".to_owned()));
        assert_eq!(counts(quirks(false, true)), [plain.clone(), failed, plain]);
    }

    #[test]
    fn records_can_be_named_by_a_unique_property() {
        let bench = Bench::empty();
        let id = bench.add("contacts", &[("email", "a@x.example")]);
        let (status, answer) =
            bench.post(PATH, &json!({"inputs": [{"id": "a@x.example"}], "idProperty": "email"}));
        assert_eq!((status, ids(&answer)), (200, vec![id]));
    }
}
