//! 404 `DataSourceNotFound`: one answer for everything that is not the caller's.

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wire::Request;

use super::refused;

#[test]
fn what_is_not_yours_is_not_there_whatever_the_reason() {
    let stack = Stack::start(&Options::small());
    let (ben, eve) = ("ben@acme.example", "eve@other.example");
    stack.admin.ok(&["user", "add", ben]);
    let bens = stack.source(ben, &["contacts:email"]);
    let deleted = stack.source(USER, &["contacts:email"]);
    stack.admin.ok(&["source", "delete", &deleted]);
    let own = stack.source(USER, &["contacts:email"]);
    let (_, scoped) = stack.admin.mint(USER, &["--data-source", &own]);

    // Another tenant, with a connection and a data source of its own.
    let acme = stack.admin.tenant("acme");
    stack.admin.ok(&["tenant", "create", "other"]);
    let other = stack.admin.tenant("other");
    other.ok(&["user", "add", eve]);
    other.ok_with(&["connection", "add", "crm"], &stack.simulator.access_token);
    let create =
        ["source", "create", "Theirs", "--owner", eve, "--connection", "crm", "--object", "contacts:email"];
    let theirs = other.ok(&create)["id"].as_str().unwrap().to_owned();

    let ask = |source: &str, token: &str| {
        stack.send(&Request::get(&(stack.url(source) + "contacts?$top=1")).basic(USER, token))
    };
    let answers = [
        ask("aaaaaaaaaa", &stack.token),
        ask("no-such-id", &stack.token),
        ask(&bens, &stack.token),
        ask(&theirs, &stack.token),
        ask(&deleted, &stack.token),
        ask(&stack.data_source, &scoped),
    ];
    for answer in &answers {
        refused(answer, 404, "DataSourceNotFound");
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(ask(&own, &scoped).status, 200);

    acme.ok(&["source", "share", &bens, "--with", USER]);
    assert_eq!(ask(&bens, &stack.token).status, 200);
    acme.ok(&["source", "unshare", &bens, "--with", USER]);
    refused(&ask(&bens, &stack.token), 404, "DataSourceNotFound");
}

#[test]
fn a_group_shares_with_its_members_while_they_are_members() {
    let stack = Stack::start(&Options::small());
    let ben = "ben@acme.example";
    stack.admin.ok(&["user", "add", ben]);
    let (_, token) = stack.admin.mint(ben, &[]);
    stack.admin.ok(&["user", "group", "add", "sales", ben]);
    stack.admin.ok(&["source", "share", &stack.data_source, "--with", "group:sales"]);
    assert_eq!(stack.get_as(ben, &token, "").status, 200);
    stack.admin.ok(&["user", "group", "remove", "sales", ben]);
    refused(&stack.get_as(ben, &token, ""), 404, "DataSourceNotFound");
}
