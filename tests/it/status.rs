//! The status feed: an ordinary feed about the service itself.

use std::collections::BTreeSet;

use feedgate_tests::edm::Metadata;
use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use feedgate_tests::wire::{Answer, Request};
use serde_json::Value;

use crate::metadata::assert_valid;

const SETS: [&str; 6] = ["Connections", "DataSources", "Notices", "Refreshes", "Requests", "Tokens"];

/// A stack on each store, on whose data source five requests were answered and written down.
fn on_both_stores(test: impl Fn(Stack)) {
    for options in Options::with(30, &["contacts:email"]).on_both_stores() {
        test(stack(&options));
    }
}

fn stack(options: &Options) -> Stack {
    let stack = Stack::start(options);
    for _ in 0..5 {
        assert_eq!(stack.get("contacts?$top=3").status, 200);
    }
    wait::until("the requests to be written down", wait::PATIENCE, || {
        (rows(&status(&stack, "Requests?$filter=EntitySet%20eq%20'contacts'")).len() == 5).then_some(())
    });
    stack
}

fn request(stack: &Stack, behind: &str) -> Request {
    Request::get(&stack.url("status").replace("status/", &format!("status/{behind}")))
}

fn status_as(stack: &Stack, user: &str, token: &str, behind: &str) -> Answer {
    stack.send(&request(stack, behind).basic(user, token))
}

fn status(stack: &Stack, behind: &str) -> Answer {
    status_as(stack, USER, &stack.token, behind)
}

#[track_caller]
fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["value"].as_array().unwrap().clone()
}

#[test]
fn the_feed_is_described_read_filtered_sorted_and_counted_like_any_other() {
    on_both_stores(|stack| {
        let metadata = status(&stack, "$metadata");
        assert_valid(&metadata.body);
        let sets = Metadata::parse(&String::from_utf8(metadata.body).unwrap()).unwrap().sets;
        assert_eq!(sets.keys().map(String::as_str).collect::<Vec<_>>(), SETS);
        let listed: BTreeSet<String> =
            rows(&status(&stack, "")).iter().map(|set| set["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(listed.into_iter().collect::<Vec<_>>(), SETS);
        for set in SETS {
            let all = rows(&status(&stack, set));
            let declared: BTreeSet<&str> = sets[set].properties.iter().map(|one| one.name.as_str()).collect();
            for row in all {
                let own: BTreeSet<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(own, declared, "{set}");
            }
        }
        let tokens = rows(&status(&stack, "Tokens?$select=Id,Status"));
        assert_eq!(tokens, [serde_json::json!({"Id": stack.token_id, "Status": "active"})]);
        assert_eq!(status(&stack, "Requests/$count?$filter=EntitySet%20eq%20'contacts'").text(), "5");
        let sorted = rows(&status(&stack, "Requests?$orderby=At%20desc&$top=2&$select=Id"));
        assert!(sorted[0]["Id"].as_i64() > sorted[1]["Id"].as_i64(), "{sorted:?}");
        let one = status(&stack, &format!("Requests({})", sorted[1]["Id"]));
        assert_eq!(one.json()["Id"], sorted[1]["Id"]);
        let refreshes = rows(&status(&stack, "Refreshes"));
        assert_eq!(
            (refreshes.len(), refreshes[0]["Outcome"].as_str()),
            (1, Some("succeeded")),
            "{refreshes:?}"
        );
        let sources = rows(&status(&stack, "DataSources"));
        assert_eq!(sources[0]["Url"].as_str(), Some(stack.at("").as_str()));
        assert_eq!(status(&stack, "Nothing").status, 404);
        assert_eq!(status(&stack, "Requests?$filter=Nothing%20eq%201").status, 400);
        assert_eq!(status(&stack, "Requests?$skiptoken=abc").status, 400);
    });
}

#[test]
fn pages_of_requests_have_each_once_while_more_come() {
    on_both_stores(|stack| {
        let mut behind = "Requests?$filter=EntitySet%20eq%20'contacts'".to_owned();
        let (mut ids, mut pages) = (Vec::new(), 0);
        loop {
            let page =
                request(&stack, &behind).basic(USER, &stack.token).field("Prefer", "odata.maxpagesize=2");
            let answer = stack.send(&page);
            ids.extend(rows(&answer).iter().map(|row| row["Id"].as_i64().unwrap()));
            pages += 1;
            assert!(pages < 50, "the chain has an end");
            assert_eq!(stack.get("contacts?$top=1").status, 200);
            let Some(next) = answer.json()["@odata.nextLink"].as_str().map(str::to_owned) else { break };
            behind = next.split_once("/status/").unwrap().1.to_owned();
        }
        assert!(pages >= 3, "{pages}");
        let distinct: BTreeSet<i64> = ids.iter().copied().collect();
        assert_eq!((ids.len(), distinct.len()), (5, 5), "{ids:?}");
    });
}

#[test]
fn everybody_sees_their_own_an_admin_the_tenants_and_a_limited_token_nothing() {
    on_both_stores(|stack| {
        stack.admin.ok(&["user", "add", "ben"]);
        stack.admin.ok(&["user", "add", "ada", "--role", "admin"]);
        let (of_ben, of_ada) = (stack.admin.mint("ben", &[]), stack.admin.mint("ada", &[]));
        let users = |user: &str, token: &str| {
            let tokens = rows(&status_as(&stack, user, token, "Tokens?$select=User"));
            tokens.iter().map(|row| row["User"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(users("ben", &of_ben.1), ["ben"]);
        assert_eq!(users("ada", &of_ada.1).len(), 3);
        for set in ["Refreshes", "DataSources"] {
            assert!(rows(&status_as(&stack, "ben", &of_ben.1, set)).is_empty(), "{set}");
            assert_eq!(rows(&status_as(&stack, "ada", &of_ada.1, set)).len(), 1, "{set}");
        }
        let foreign = "Requests?$filter=User%20ne%20'ben'";
        assert!(rows(&status_as(&stack, "ben", &of_ben.1, foreign)).is_empty());
        let (_, limited) = stack.admin.mint(USER, &["--data-source", &stack.data_source]);
        let refused = status_as(&stack, USER, &limited, "Tokens");
        assert_eq!(
            (refused.status, refused.json()["error"]["code"].as_str()),
            (404, Some("DataSourceNotFound"))
        );
        stack.admin.ok(&["token", "revoke", &of_ben.0]);
        assert_eq!(status_as(&stack, "ben", &of_ben.1, "Tokens").status, 401);
        assert_eq!(stack.send(&request(&stack, "Tokens")).status, 401);
    });
}
