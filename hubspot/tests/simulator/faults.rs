//! What goes wrong on the way is mended, or becomes the error that says what to do.

use std::time::Duration;

use hubspot::{AccessToken, Call, Error, ListRequest};
use hubspot_sim::{Fault, FaultAnswer, Matching};

use crate::world::{World, small, soon};

async fn list(world: &World, call: &Call) -> Result<usize, Error> {
    let request = ListRequest { limit: 100, properties: vec!["email".to_owned()], ..ListRequest::default() };
    world.client.list(call, "contacts", &request).await.map(|page| page.records.len())
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Fault {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answer = Some(FaultAnswer { status, headers, body: body.to_owned() });
    Fault { answer, ..Fault::default() }
}

fn on_lists(fault: Fault) -> Fault {
    let matching = Matching { path_contains: Some("/crm/objects".to_owned()), ..Matching::default() };
    Fault { matching, ..fault }
}

#[tokio::test]
async fn passing_troubles_are_mended() {
    for (fault, times) in [
        (answer(500, &[], ""), 2),
        (answer(502, &[], "<html>Bad Gateway</html>"), 3),
        (answer(429, &[("Retry-After", "0")], r#"{"policyName":"TEN_SECONDLY_ROLLING"}"#), 1),
        (answer(429, &[("Retry-After", "0")], "error code: 1015"), 1),
        (Fault { cut_after_bytes: Some(100), ..Fault::default() }, 2),
        (Fault { cut_after_bytes: Some(0), ..Fault::default() }, 1),
        (Fault { delay_ms: Some(200), ..Fault::default() }, 1),
    ] {
        let world = small(30).await;
        let slow = fault.delay_ms.is_some();
        world.portal.inject(on_lists(Fault { times: Some(times), ..fault.clone() }));
        let call = soon();
        assert_eq!(list(&world, &call).await, Ok(30), "{fault:?}");
        let expected = if slow { 1 } else { u32::try_from(times).unwrap() + 1 };
        assert_eq!(call.calls(), expected, "{fault:?}");
    }
}

#[tokio::test]
async fn lasting_troubles_become_the_error_that_says_what_to_do() {
    type Expected = fn(&Error) -> bool;
    let cases: [(Fault, Expected); 8] = [
        (answer(500, &[], ""), |e| matches!(e, Error::Unavailable { retry_after: None, .. })),
        (
            answer(503, &[("Retry-After", "600")], ""),
            |e| matches!(e, Error::Unavailable { retry_after: Some(t), .. } if t.as_secs() == 600),
        ),
        (
            answer(477, &[("Retry-After", "600")], ""),
            |e| matches!(e, Error::Unavailable { retry_after: Some(t), .. } if t.as_secs() == 600),
        ),
        (answer(414, &[], "<html>414 Request-URI Too Large"), |e| {
            matches!(e, Error::Rejected { status: 414, .. })
        }),
        (answer(530, &[], "<html>"), |e| matches!(e, Error::CredentialsRejected { .. })),
        (answer(200, &[], "{}"), |e| matches!(e, Error::Malformed { .. })),
        (answer(200, &[], r#"{"results":[{"id":"1"#), |e| matches!(e, Error::Malformed { .. })),
        (Fault { cut_after_bytes: Some(100), ..Fault::default() }, |e| {
            matches!(e, Error::Unavailable { .. })
        }),
    ];
    for (fault, expected) in cases {
        let world = small(30).await;
        world.portal.inject(on_lists(fault.clone()));
        let error = list(&world, &soon()).await.unwrap_err();
        assert!(expected(&error), "{fault:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_portal_slower_than_the_deadline_is_a_timeout() {
    let world = small(30).await;
    world.portal.inject(on_lists(Fault { delay_ms: Some(60_000), ..Fault::default() }));
    assert_eq!(list(&world, &Call::within(Duration::from_millis(200))).await, Err(Error::Timeout));
}

#[tokio::test]
async fn a_wrong_token_and_a_missing_scope_are_told_apart() {
    let world = small(30).await;
    let stranger = world.client.with_token(AccessToken::new("pat-na1-somebody-else")).unwrap();
    let error = stranger.account(&soon()).await.unwrap_err();
    assert!(matches!(error, Error::CredentialsRejected { .. }), "{error:?}");
    world.portal.set_granted_scopes(Some(vec!["crm.objects.deals.read".to_owned()]));
    let Err(Error::ScopeMissing { scopes, .. }) = list(&world, &soon()).await else {
        panic!("no scope is missing")
    };
    assert_eq!(scopes, ["crm.objects.contacts.read"]);
}

#[tokio::test]
async fn an_unknown_object_is_not_found_or_refused() {
    let world = small(1).await;
    let outcome = world.client.list(&soon(), "unicorns", &ListRequest::default()).await;
    assert!(matches!(outcome, Err(Error::NotFound { .. } | Error::Rejected { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_trouble_in_one_of_many_batches_is_mended_too() {
    let world = small(1_050).await;
    let ids: Vec<u64> = world.portal.portal().rows("contacts").unwrap().iter().map(|row| row.id).collect();
    world.portal.inject(on_lists(Fault { after: 3, times: Some(4), ..answer(504, &[], "") }));
    let read = world.client.batch_read(&soon(), "contacts", &ids, &["email".to_owned()]).await.unwrap();
    assert_eq!(read.len(), 1_050);
}
