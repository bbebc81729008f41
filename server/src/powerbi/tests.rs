//! Which places are chosen, and what the look-alike's refusals become.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use feedgate_tests::powerbi::{Fault, PowerBi, Reply};
use schema::duration::Span;
use schema::operations::powerbi_holders::Holder;
use schema::operations::powerbi_principal::Outcome as Principal;
use schema::operations::token_show::TokenView;
use schema::{DataSourceId, PlainToken, Secret, SystemRandom, TokenId, TokenStatus};
use serde_json::json;

use super::choice::{Known, Wanted, Why};
use super::delivery::{Delivery, Outcome};
use super::sets::{self, DataSet, Place};
use super::{Client, Endpoints, Error, Feeds, Reads, refresh};

const FEED: &str = "k7m2q9x4tb";

fn id(number: u8) -> TokenId {
    TokenId::parse(&format!("000000000000000{number}")).unwrap()
}

fn token(number: u8, status: TokenStatus, rotated_to: Option<u8>) -> TokenView {
    TokenView {
        id: id(number),
        label: "refresh".into(),
        user: "anna".into(),
        status,
        created_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        expires_at: None,
        max_idle: Span(None),
        revoked_at: None,
        revoke_reason: None,
        last_used_at: None,
        last_used_address: None,
        data_sources: None,
        rotated_to: rotated_to.map(id),
    }
}

fn feed() -> DataSourceId {
    DataSourceId::parse(FEED).unwrap()
}

fn set(reads: Reads) -> DataSet {
    DataSet {
        workspace: "Sales".into(),
        workspace_id: "w".into(),
        name: "Pipeline".into(),
        id: "s".into(),
        owner: None,
        refreshable: true,
        places: vec![Place {
            reads,
            url: "https://feeds.example.org/".into(),
            gateway_id: "g".into(),
            datasource_id: "d".into(),
            on_premises: false,
        }],
    }
}

/// What is chosen for the second of two tokens, of which the first was rotated to it, beside a third.
fn chosen(holder: Option<u8>, readers: &[u8], reads: Reads, unattended: bool) -> Result<bool, Why> {
    let tokens = vec![
        token(1, TokenStatus::Retiring, Some(2)),
        token(2, TokenStatus::Active, None),
        token(3, TokenStatus::Active, None),
        token(4, TokenStatus::Revoked, None),
    ];
    let holder = holder.map(|number| Holder {
        gateway_id: "g".into(),
        datasource_id: "d".into(),
        token_id: id(number),
        put_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    });
    let readers: HashSet<TokenId> = readers.iter().map(|number| id(*number)).collect();
    let readers = if readers.is_empty() { HashMap::new() } else { HashMap::from([(feed(), readers)]) };
    let known = Known { tokens, holders: holder.into_iter().collect(), readers };
    let reach = HashSet::from([feed()]);
    let wanted = Wanted { token: &known.tokens[1], reach: &reach, only: &[], unattended };
    let chosen = known.choose(&[set(reads)], &wanted);
    match chosen.left.into_iter().next() {
        Some(left) => Err(left.why),
        None => Ok(!chosen.sets.is_empty()),
    }
}

#[test]
fn what_holds_the_token_or_one_before_it_gets_its_successor() {
    for holder in [1, 2] {
        for unattended in [true, false] {
            assert_eq!(chosen(Some(holder), &[3], Reads::Feed(feed()), unattended), Ok(true));
        }
    }
    assert_eq!(chosen(Some(2), &[], Reads::Whole, true), Ok(true));
}

#[test]
fn what_holds_another_working_token_is_left_alone_also_by_hand() {
    for unattended in [true, false] {
        let verdict = chosen(Some(3), &[2], Reads::Feed(feed()), unattended);
        assert_eq!(verdict, Err(Why::Holds(id(3))));
    }
    assert_eq!(chosen(Some(4), &[], Reads::Feed(feed()), false), Ok(true), "a dead one is replaced");
}

#[test]
fn what_nobody_knows_is_decided_by_a_person_or_by_the_only_reader() {
    let unattended = |readers: &[u8]| chosen(None, readers, Reads::Feed(feed()), true);
    let attended = |readers: &[u8]| chosen(None, readers, Reads::Feed(feed()), false);
    for readers in [&[][..], &[2], &[1, 2]] {
        assert_eq!(attended(readers), Ok(true));
    }
    for readers in [&[3][..], &[2, 3]] {
        assert_eq!(attended(readers), Err(Why::Unclear), "it may be another's");
    }
    assert_eq!(chosen(None, &[], Reads::Whole, false), Err(Why::Whole));
    assert_eq!(unattended(&[2]), Ok(true));
    assert_eq!(unattended(&[1, 2]), Ok(true));
    assert_eq!(unattended(&[2, 3]), Err(Why::Unclear));
    assert_eq!(unattended(&[3]), Ok(false));
    assert_eq!(unattended(&[]), Ok(false));
    assert_eq!(chosen(None, &[2], Reads::Whole, true), Ok(false));
}

#[test]
fn a_token_serves_what_it_reads_and_the_whole_only_without_a_scope() {
    let other = DataSourceId::parse("abcdefghjk").unwrap();
    let known = Known { tokens: vec![token(1, TokenStatus::Active, None)], ..Known::default() };
    let reach = HashSet::from([feed()]);
    let limited = TokenView { data_sources: Some(vec![feed()]), ..known.tokens[0].clone() };
    let takes = |token: &TokenView, reads: Reads, only: &[String]| {
        let wanted = Wanted { token, reach: &reach, only, unattended: false };
        !known.choose(&[set(reads)], &wanted).sets.is_empty()
    };
    assert!(takes(&limited, Reads::Feed(feed()), &[]) && !takes(&limited, Reads::Feed(other), &[]));
    let named = ["Pipeline".to_owned()];
    assert!(takes(&known.tokens[0], Reads::Whole, &named) && !takes(&limited, Reads::Whole, &named));
    assert!(takes(&limited, Reads::Feed(feed()), &named));
    assert!(!takes(&limited, Reads::Feed(feed()), &["another".to_owned()]));
}

#[test]
fn a_token_that_ended_goes_on_in_a_successor_that_works_unless_somebody_revoked_it() {
    let tokens = vec![
        token(1, TokenStatus::Expired, Some(2)),
        token(2, TokenStatus::Expired, Some(3)),
        token(3, TokenStatus::Active, None),
        token(4, TokenStatus::Revoked, Some(3)),
        token(5, TokenStatus::Expired, Some(6)),
        token(6, TokenStatus::Revoked, None),
        token(7, TokenStatus::Expired, None),
    ];
    let known = Known { tokens, ..Known::default() };
    let going: Vec<u8> = (1..=8).filter(|number| known.goes_on(&id(*number))).collect();
    assert_eq!(going, [1, 2, 3]);
}

#[test]
fn a_person_who_names_the_data_set_means_it_whatever_it_holds() {
    let tokens = vec![token(1, TokenStatus::Active, None), token(2, TokenStatus::Active, None)];
    let put_at = "2026-01-01T00:00:00Z".parse().unwrap();
    let held = Holder { gateway_id: "g".into(), datasource_id: "d".into(), token_id: id(2), put_at };
    let known = Known { tokens, holders: vec![held], ..Known::default() };
    let (reach, only) = (HashSet::from([feed()]), ["Pipeline".to_owned()]);
    let takes = |unattended| {
        let wanted = Wanted { token: &known.tokens[0], reach: &reach, only: &only, unattended };
        !known.choose(&[set(Reads::Feed(feed()))], &wanted).sets.is_empty()
    };
    assert!(takes(false) && !takes(true));
    let readers = HashMap::from([(feed(), HashSet::from([id(2)]))]);
    let known = Known { holders: Vec::new(), readers, ..known };
    let wanted = Wanted { token: &known.tokens[0], reach: &reach, only: &only, unattended: false };
    assert!(!known.choose(&[set(Reads::Feed(feed()))], &wanted).sets.is_empty(), "also what another reads");
}

fn client(peer: &PowerBi, change: impl FnOnce(&mut Principal)) -> Client {
    let world = peer.world();
    let mut principal = Principal {
        directory: world.directory.clone(),
        client_id: world.client_id.clone(),
        secret: Secret::new(world.secret.clone()),
    };
    change(&mut principal);
    let scope = "https://analysis.windows.net/powerbi/api/.default".to_owned();
    Client::new(Endpoints { login_url: peer.url(), api_url: peer.url(), scope }, principal).unwrap()
}

#[tokio::test]
async fn a_service_principal_that_is_not_let_in_learns_why() {
    let peer = PowerBi::start();
    let refused = async |change: fn(&mut Principal)| client(&peer, change).test().await.unwrap_err();
    for (change, advice) in [
        ((|one| one.directory = "other.example".into()) as fn(&mut Principal), "--directory"),
        (|one| one.client_id = "other".into(), "--client-id"),
        (|one| one.secret = Secret::new("wr0ng".into()), "the client secret is wrong"),
    ] {
        let error = refused(change).await;
        assert!(matches!(error, Error::SignInRefused { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains(advice) && said.contains("AADSTS") && !said.contains("wr0ng"), "{said}");
    }
    peer.world().admitted = false;
    let error = refused(|_| ()).await;
    assert!(error.to_string().contains("ServicePrincipalIsNotAllowedByTenantAdminSwitch"), "{error}");
    assert!(error.to_string().contains("tenant settings"), "{error}");
}

fn fault(path: &'static str, times: u32, reply: Reply) -> Fault {
    Fault { method: "GET", path, times, reply }
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_made_and_one_that_is_too_long_is_told() {
    let peer = PowerBi::start();
    let client = client(&peer, |_| ());
    let throttled = |seconds: &str| Reply::empty(429).with("Retry-After", seconds);
    peer.world().faults.push(fault("groups", 2, throttled("0")));
    assert_eq!(client.test().await, Ok(0));
    assert_eq!(peer.world().count("GET", "groups"), 3);
    peer.world().faults.push(fault("groups", 1, throttled("3600")));
    let retry_after = Duration::from_secs(3_600);
    assert_eq!(client.test().await, Err(Error::Throttled { retry_after }));
    // One sign-in served all of them.
    assert_eq!(peer.world().count("POST", "token"), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_an_answer_of_another_shape_is_none() {
    let peer = PowerBi::start();
    let client = client(&peer, |_| ());
    let moved = Reply::empty(302).with("Location", "http://127.0.0.1:1/");
    peer.world().faults.push(fault("groups", 1, moved));
    assert!(matches!(client.test().await, Err(Error::Rejected { status: 302, .. })));
    for body in [json!([]), json!({"value": "many"}), json!({"value": [{"name": "no id"}]})] {
        peer.world().faults.push(fault("groups", 1, Reply::of(200, body)));
        assert!(matches!(client.test().await, Err(Error::Malformed { .. })));
    }
}

#[tokio::test]
async fn data_sets_that_read_a_feed_are_found_and_hidden_ones_are_told() {
    let peer = PowerBi::start();
    let url = format!("https://feeds.example.org/odata/{FEED}/");
    {
        let mut world = peer.world();
        world.add("Sales", "Pipeline", &url);
        world.add("Sales", "Weather", "https://weather.example/odata/");
        world.add("Ours", "In the cellar", &url);
        let gateway = world.set("In the cellar").sources[0].gateway_id.clone();
        world.gateways.push(gateway);
        let (at, _) = world.add("Theirs", "Secret", &url);
        world.workspaces[at].viewer = true;
    }
    let feeds = Feeds::of("https://feeds.example.org").unwrap();
    let found = sets::find(&client(&peer, |_| ()), &feeds).await.unwrap();
    let names: Vec<_> = found.sets.iter().map(|set| (set.name.as_str(), set.places[0].on_premises)).collect();
    assert_eq!(names, [("Pipeline", false), ("In the cellar", true)]);
    assert_eq!(found.sets[0].places[0].reads, Reads::Feed(feed()));
    assert_eq!(found.hidden.len(), 1);
    assert_eq!(found.hidden[0].dataset.as_deref(), Some("Secret"));
}

#[tokio::test]
async fn what_reads_the_same_host_without_odata_is_none_of_ours() {
    let peer = PowerBi::start();
    {
        let mut world = peer.world();
        for (name, kind) in [("Feed", "odata"), ("Intranet", "Web"), ("Files", "SharePoint")] {
            world.add("Sales", name, "https://feeds.example.org/");
            world.set(name).sources[0].kind = kind.to_owned();
        }
    }
    let feeds = Feeds::of("https://feeds.example.org/gate").unwrap();
    let found = sets::find(&client(&peer, |_| ()), &feeds).await.unwrap();
    let names: Vec<_> = found.sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!((names, found.hidden), (vec!["Feed"], vec![]));
}

#[tokio::test]
async fn no_part_of_a_token_is_in_an_error_that_repeats_it() {
    let peer = PowerBi::start();
    let token = PlainToken::generate(&SystemRandom);
    let secret = &token.expose()[token.expose().len() - 38..];
    for before in [0, 260, 280, 295] {
        let message = format!("{}\"{}\" is wrong", "x".repeat(before), token.expose());
        let reply = Reply::of(400, json!({"error": {"code": "", "message": message}}));
        peer.world().faults.push(Fault { method: "PATCH", path: "gateways", times: 1, reply });
        let client = client(&peer, |_| ());
        let refused = client.put_credentials(("g", "d"), "https://feeds.example.org/", "anna", &token).await;
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("xxx") || before == 0);
        let parts = secret.as_bytes().windows(6);
        let mut parts = parts.map(|part| std::str::from_utf8(part).unwrap());
        assert!(!parts.any(|part| said.contains(part)) && !said.contains(token.id().as_str()), "{said}");
    }
}

#[tokio::test]
async fn a_refresh_is_followed_while_power_bi_has_no_answer_for_a_while() {
    let peer = PowerBi::start();
    peer.world().add("Sales", "Pipeline", "https://feeds.example.org/");
    let client = client(&peer, |_| ());
    let feeds = Feeds::of("https://feeds.example.org").unwrap();
    let set = sets::find(&client, &feeds).await.unwrap().sets.remove(0);
    let mut delivery = Delivery::lost(&set, "");
    let started = refresh::start(&client, &set, &mut delivery).await.unwrap();
    peer.world().set("Pipeline").runs[0]["status"] = "Completed".into();
    // As often as a call is tried.
    peer.world().faults.push(fault("/refreshes", 4, Reply::empty(503).with("Retry-After", "0")));
    refresh::finish(&client, &set, &started, Duration::from_secs(60), &mut delivery).await;
    assert_eq!(delivery.steps.last().unwrap().outcome, Outcome::Done, "{delivery:?}");
}
