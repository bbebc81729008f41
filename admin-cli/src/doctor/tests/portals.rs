//! Set-ups that are seen only by asking: HubSpot, and what is at the public URL.

use hubspot_sim::{Settings, Simulator};
use schema::operations::{connection_edit, meta_get};

use super::super::examine::examine;
use super::super::facts::Focus;
use super::super::probe;
use super::desk::Desk;
use super::wrong;

/// A desk whose clock is that of the portal, and what is wrong with it.
async fn asked(desk: &mut Desk, settings: Settings) -> Vec<super::Finding> {
    let portal = Simulator::start(settings, "127.0.0.1:0").await.unwrap();
    desk.hubspot = Some(portal.base_url());
    follow_the_clock(desk).await;
    examine(&desk.facts(&desk.ctx, Focus::default()).await)
}

/// The portal's wire has the machine's clock: the desk's follows it, so that only what is meant is wrong.
async fn follow_the_clock(desk: &Desk) {
    let ahead = probe::clock(&desk.reach(), desk.ctx.now()).await.expect("the portal tells the time");
    desk.clock.advance(-ahead);
}

macro_rules! portals {
    ($($name:ident $credential:literal $code:literal [$($says:literal),*] $settings:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let mut desk = Desk::with($credential).await;
            let findings = asked(&mut desk, $settings).await;
            // The clock went on by months: what became of the token is no matter here.
            let of_portal: Vec<_> = findings.into_iter().filter(|one| one.connection.is_some()).collect();
            assert_eq!(wrong(&of_portal), [$code], "{of_portal:#?}");
            let text = format!("{} {}", of_portal[0].sentence, of_portal[0].remedy);
            $(assert!(text.contains($says), "{} is missing in {text}", $says);)*
        })*
    };
}

portals! {
    a_credential_that_hubspot_rejects_now "pat-na1-other" "HubspotCredentialRejected"
        ["replace-credential portal", "Sales"] Settings::small(10);
    an_object_that_the_credential_may_not_read "pat-na1-demo" "HubspotScopeMissing"
        ["Sales", "contacts", "crm.objects.contacts.read"]
        Settings { granted_scopes: Some(vec!["crm.objects.deals.read".to_owned(), "oauth".to_owned()]), ..Settings::small(10) };
    a_day_that_is_used_up "pat-na1-demo" "HubspotDailyLimit" ["daily limit", "Sales"]
        Settings { daily_budget: Some(1), ..Settings::small(10) };
}

#[tokio::test]
async fn what_hubspot_says_itself_is_not_told_of_the_failing_refresh_again() {
    let mut desk = Desk::with("pat-na1-other").await;
    let portal = Simulator::start(Settings::small(10), "127.0.0.1:0").await.unwrap();
    desk.hubspot = Some(portal.base_url());
    follow_the_clock(&desk).await;
    for (code, told) in [("SourceCredentialsRejected", 0), ("SourceDailyLimit", 1)] {
        desk.answer(&desk.token, &desk.sales, Some((502, code))).await;
        let findings = examine(&desk.facts(&desk.ctx, Focus::default()).await);
        let of = |name: &str| findings.iter().filter(|one| one.code == name).count();
        assert_eq!(
            (of("HubspotCredentialRejected"), of("RefreshFailing")),
            (1, told),
            "{code}: {findings:#?}"
        );
    }
}

#[tokio::test]
async fn a_property_that_hubspot_no_longer_has() {
    let mut desk = Desk::new().await;
    let column = r#"{"name":"id","hubspot":"hs_object_id","hubspot_type":"number","kind":"integer"},
        {"name":"lost","hubspot":"lost","hubspot_type":"string","kind":"text"}"#;
    let model = format!(
        r#"{{"format":1,"sets":[{{"name":"contacts","origin":{{"object":"contacts"}},"properties":[{column}]}}]}}"#
    );
    desk.source_with("bob", "Drifted", "contacts", Some(&model)).await;
    let findings = asked(&mut desk, Settings::small(10)).await;
    let gone = findings.iter().find(|one| one.code == "PropertyVanished").expect("a finding");
    assert!(gone.sentence.contains("contacts/lost") && gone.sentence.contains("Drifted"), "{gone:?}");
    assert_eq!(gone.who, "bob");
}

#[tokio::test]
async fn a_clock_that_is_behind_hubspots() {
    let mut desk = Desk::new().await;
    let portal = Simulator::start(Settings::small(10), "127.0.0.1:0").await.unwrap();
    desk.hubspot = Some(portal.base_url());
    let findings = examine(&desk.facts(&desk.ctx, Focus::default()).await);
    assert_eq!(wrong(&findings), ["ClockSkew"], "{findings:#?}");
    assert!(findings[0].sentence.contains("behind HubSpot's"), "{}", findings[0].sentence);
}

#[tokio::test]
async fn a_public_url_that_leads_elsewhere_or_nowhere() {
    let mut desk = Desk::new().await;
    desk.public_url = true;
    let other = Simulator::start(Settings::small(10), "127.0.0.1:0").await.unwrap();
    desk.note(meta_get::PUBLIC_URL, &other.base_url()).await;
    let findings = examine(&desk.facts(&desk.ctx, Focus::default()).await);
    assert_eq!(wrong(&findings), ["PublicUrlWrong"], "{findings:#?}");
    // Nobody listens on a port that was just given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.note(meta_get::PUBLIC_URL, &format!("http://{free}")).await;
    let findings = examine(&desk.facts(&desk.ctx, Focus::default()).await);
    assert_eq!(wrong(&findings), ["ServerUnreachable"], "{findings:#?}");
}

#[tokio::test]
async fn the_share_of_a_connection_is_used_up_although_the_day_is_not() {
    // What is asked here alone is more than ten calls.
    for (share, code) in [(100, None), (1, Some("HubspotDailyLimit"))] {
        let mut desk = Desk::new().await;
        let request = connection_edit::Request { name: "portal".into(), daily_share: Some(share) };
        connection_edit::run(&desk.ctx, request).await.unwrap();
        let findings = asked(&mut desk, Settings { daily_budget: Some(1_000), ..Settings::small(10) }).await;
        let found = findings.iter().find(|one| one.code.starts_with("HubspotDailyLimit"));
        assert_eq!(found.map(|one| one.code), code, "{share}: {findings:#?}");
        assert!(found.is_none_or(|one| one.sentence.contains("stop at 1 %")), "{found:?}");
    }
}
