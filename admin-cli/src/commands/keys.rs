//! `keys`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schema::operations::rekey;
use schema::{Keys, Random};
use serde_json::json;

use crate::args::GenerateKey;
use crate::failure::Failure;
use crate::output::{Answer, Table, count};
use crate::session::Session;

/// A new key, printed as its line and nothing else: it can be written straight into a file.
pub(crate) fn generate(
    request: &GenerateKey,
    now: Timestamp,
    random: &dyn Random,
) -> Result<Answer, Failure> {
    let id = request.id.clone().unwrap_or_else(|| now.strftime("%Y-%m-%d").to_string());
    let key = Keys::generate(&id, random);
    Answer::new(&json!({"id": id, "key": key.expose()}), key.expose())
}

/// Seals what an older key has sealed.
pub(crate) async fn rekey(session: &Session) -> Result<Answer, Failure> {
    let ctx = session.whole(session.store().await?).await?;
    let outcome = rekey::run(&ctx, rekey::Request::default()).await?;
    Ok(Answer::new(&outcome, told(&outcome))?.alarming(!outcome.unopened.is_empty()))
}

fn told(outcome: &rekey::Outcome) -> String {
    let credentials = count(outcome.resealed.len(), "credential");
    let mut text = format!("{credentials} sealed anew under the key {}.", outcome.active_key);
    for (connection, problem) in &outcome.unopened {
        text = format!("{text}\nThe credential of {connection} was left as it is: {problem}.");
    }
    let mut table = Table::new(&["KEY", "CONNECTIONS", "TOKENS"], "No credential and no token needs a key.");
    let keys: BTreeSet<&String> = outcome.connections.keys().chain(outcome.tokens.keys()).collect();
    for key in keys {
        let number = |of: &BTreeMap<String, u64>| of.get(key).copied().unwrap_or_default().to_string();
        table.row([key.clone(), number(&outcome.connections), number(&outcome.tokens)]);
    }
    format!("{text}\n\n{}\n\nTokens move to the first key when they are used next.", table.render())
}

#[cfg(test)]
mod tests {
    use schema::SeededRandom;

    use super::*;

    #[test]
    fn what_is_left_under_each_key_is_told() {
        let outcome = rekey::Outcome {
            active_key: "k2".into(),
            resealed: vec!["hub".into()],
            unopened: BTreeMap::from([("old".into(), "its key k0 is not configured".into())]),
            connections: BTreeMap::from([("k0".into(), 1), ("k2".into(), 1)]),
            tokens: BTreeMap::from([("k1".into(), 3)]),
        };
        insta::assert_snapshot!(told(&outcome), @"
        1 credential sealed anew under the key k2.
        The credential of old was left as it is: its key k0 is not configured.

        KEY  CONNECTIONS  TOKENS
        k0   1            0
        k1   0            3
        k2   1            0

        Tokens move to the first key when they are used next.
        ");
    }

    use crate::args::Output;

    #[test]
    fn a_key_is_named_by_its_day_and_can_be_configured_as_it_is() {
        let now = "2026-03-01T23:59:59Z".parse().unwrap();
        let answer = generate(&GenerateKey { id: None }, now, &SeededRandom::new(1)).unwrap();
        let line = answer.text(Output::Table);
        assert_eq!(Keys::parse(line).unwrap().active_id(), "2026-03-01");
        let json: serde_json::Value = serde_json::from_str(answer.text(Output::Json)).unwrap();
        assert_eq!(json["key"], line);
    }
}
