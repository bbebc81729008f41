//! `$batch`: each request in it answered as if it had come alone.

use super::{Answer, Call, Refusal, Service, refusal};
use crate::batch::{Answers, Item, Limits, Progress, Request, Response, Verdict, address, parse};
use crate::error::{Error, ErrorKind};
use crate::http::{Honoured, preferences};

/// Fields of an answer that belong to the way it is sent, or to the batch as a whole.
const NOT_IN_PARTS: [&str; 2] = ["content-length", "vary"];

/// Answers every request of a batch, up to the first failure unless the client wishes otherwise.
pub(super) fn answer(service: &Service<'_>, call: &Call<'_>) -> Result<Answer, Refusal> {
    let field = |name: &str| {
        call.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    let batch = parse(field("content-type").unwrap_or_default(), call.body, &Limits::default());
    let batch = batch.map_err(|error| refused(error.about("$batch")))?;
    let wishes = preferences(
        call.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case("prefer")).map(|own| own.1),
    );
    let mut progress = Progress::new(wishes.continue_on_error.unwrap_or(false));
    let mut answers = Answers::new(batch.format);
    for item in &batch.items {
        let answer = match progress.verdict(item) {
            Verdict::Ended => break,
            Verdict::FailedDependency => refusal::dependency().answer(),
            Verdict::Answer => item_answer(service, call, item),
        };
        progress.answered(item, answer.status);
        answers.push(item, response(answer));
    }
    let (content_type, body) = answers.finish();
    let answer = Answer::ok(content_type, body);
    let honoured = Honoured { continue_on_error: true, ..Honoured::default() };
    Ok(match wishes.applied(&honoured) {
        Some(applied) => answer.with("preference-applied", applied),
        None => answer,
    })
}

/// A body of a sort that is not read is no matter of what the client accepts.
fn refused(error: Error) -> Refusal {
    match error.kind {
        ErrorKind::NotAcceptable => Refusal { status: 415, code: "UnsupportedMediaType", ..error.into() },
        _ => error.into(),
    }
}

fn item_answer(service: &Service<'_>, call: &Call<'_>, item: &Item) -> Answer {
    match item {
        Item::Request(request) => single(service, call, request),
        // What is made as one changes something.
        Item::Group { .. } => refusal::method("GET, HEAD").answer(),
    }
}

fn single(service: &Service<'_>, call: &Call<'_>, request: &Request) -> Answer {
    if request.conditional {
        return Refusal::from(Error::not_supported("A condition (`if`) in a batch is")).answer();
    }
    let address = match address(&request.url, call.root) {
        Ok(address) => address,
        Err(error) => return Refusal::from(error).answer(),
    };
    if matches!(super::posted(&address.path), Some(super::Posted::Batch)) {
        return Refusal::from(Error::not_supported("A batch inside of a batch is")).answer();
    }
    let mut fields: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // Who reads the batch reads its parts.
    if request.header("odata-maxversion").is_none() {
        fields.extend(call.fields.iter().filter(|(own, _)| is_version(own)));
    }
    super::answer(
        service.model,
        service.source,
        &Call {
            method: &request.method,
            path: &address.path,
            query: address.query.as_deref(),
            body: &request.body,
            fields: &fields,
            ..*call
        },
    )
}

fn is_version(name: &str) -> bool {
    name.eq_ignore_ascii_case("odata-maxversion") || name.eq_ignore_ascii_case("odata-version")
}

fn response(answer: Answer) -> Response {
    let fields = answer.fields.into_iter().filter(|(name, _)| !NOT_IN_PARTS.contains(name));
    let headers = fields.map(|(name, value)| (name.to_owned(), value)).collect();
    Response { status: answer.status, headers, body: answer.body }
}
