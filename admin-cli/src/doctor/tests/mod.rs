//! Broken set-ups, each made by the operations that people and the service use, and the cause that must be named.

mod certificates;
mod desk;
mod portals;
mod setups;

use desk::Desk;

use super::examine::{Finding, Severity, examine};
use super::facts::Focus;

/// What is wrong, without what is only good to know.
fn wrong(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().filter(|one| one.severity != Severity::Note).map(|one| one.code).collect()
}

#[test]
fn every_set_up_is_told_on_postgresql_too() {
    let this = "every_set_up_is_told_on_postgresql_too";
    feedgate_tests::contract::again_on_postgresql(this, "doctor::tests::");
}

#[tokio::test]
async fn a_set_up_that_works_has_no_findings_and_says_what_works() {
    let desk = Desk::new().await;
    let facts = desk.facts(&desk.ctx, Focus::default()).await;
    let findings = examine(&facts);
    assert!(findings.is_empty(), "{findings:?}");
    let works = super::examine::works(&facts).join("\n");
    assert!(works.contains("\"night\" of ann") && works.contains("usually at 03:00 UTC"), "{works}");
}

#[tokio::test]
async fn an_analyst_sees_their_own_trouble_only() {
    let desk = Desk::new().await;
    desk.refuse(&desk.token, "TokenRevoked", "203.0.113.7").await;
    desk.revoke(&desk.token).await;
    let codes = async |ctx| wrong(&examine(&desk.facts(&ctx, Focus::default()).await));
    assert_eq!(codes(desk.acting("ann").await).await, ["TokenRevokedStillUsed"]);
    assert_eq!(codes(desk.acting("ada").await).await, ["TokenRevokedStillUsed"]);
    assert!(codes(desk.acting("bob").await).await.is_empty());
    let other = Focus { token: Some(desk.token.clone()), ..Focus::default() };
    let refused = desk.try_facts(&desk.acting("bob").await, other).await.unwrap_err();
    assert_eq!((refused.code, refused.exit as u8), ("TokenNotFound", 3));
}

#[tokio::test]
async fn a_focus_leaves_out_the_trouble_of_others() {
    let desk = Desk::new().await;
    let (other, elsewhere) = (desk.mint("bob", "other", &[]).await, desk.source("bob", "Elsewhere").await);
    desk.revoke(&other).await;
    desk.refused(Some(&other), "TokenRevoked", "203.0.113.7", &elsewhere).await;
    let codes = async |focus| wrong(&examine(&desk.facts(&desk.ctx, focus).await));
    assert_eq!(codes(Focus::default()).await, ["TokenRevokedStillUsed"]);
    let of_ann = Focus { user: Some("ann".into()), ..Focus::default() };
    assert!(codes(of_ann).await.is_empty());
    let of_bob = Focus { user: Some("bob".into()), ..Focus::default() };
    assert_eq!(codes(of_bob).await, ["TokenRevokedStillUsed"]);
    let sales = Focus { data_source: Some(desk.sales.clone()), ..Focus::default() };
    assert!(codes(sales).await.is_empty());
    let source = Focus { data_source: Some(elsewhere), ..Focus::default() };
    assert_eq!(codes(source).await, ["TokenRevokedStillUsed"]);
}
