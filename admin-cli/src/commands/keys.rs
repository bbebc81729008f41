//! `keys`.

use jiff::Timestamp;
use schema::{Keys, Random};
use serde_json::json;

use crate::args::GenerateKey;
use crate::failure::Failure;
use crate::output::Answer;

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

#[cfg(test)]
mod tests {
    use schema::SeededRandom;

    use super::*;
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
