//! The decision table of refusals, row by row: status, code, and the fields a client acts on.

mod credentials;
mod hubspot;
mod protocol;
mod sources;

use feedgate_tests::wire::Answer;

/// What every 401 carries, exactly.
const CHALLENGE: &str = "Basic realm=\"Feedgate\", charset=\"UTF-8\"";

/// Checks status, code and everything that is true of every refusal.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_deref()), (status, Some(code)), "{answer:?}");
    let challenge = answer.all("WWW-Authenticate");
    assert_eq!(challenge, if status == 401 { vec![CHALLENGE] } else { vec![] }, "{answer:?}");
    assert_eq!(answer.all("Location"), Vec::<&str>::new());
    assert!(answer.field("Content-Type").unwrap().starts_with("application/json"), "{answer:?}");
    assert_eq!(answer.all("OData-Version"), ["4.0"]);
    let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(' ') && message.ends_with(['.', '?', '!']), "no sentence: {message:?}");
    if matches!(status, 429 | 503) {
        assert!(answer.retry_after().is_some_and(|seconds| (1..=120).contains(&seconds)), "{answer:?}");
    }
    if code.starts_with("Source") && code != "SourceNotFound" {
        assert!(message.contains("token is fine"), "a person would replace the token: {message:?}");
    }
}
