//! A year of one nightly refresh, lived through with the clock: what people are told, and when.

use std::fmt::Write as _;

use super::*;
use crate::id::DataSourceId;
use crate::operations::record_refusals::{self, Refusal};
use crate::operations::record_requests::{self, RequestEntry, tests::entry};
use crate::operations::{
    connection_list, connection_status, mark_expired, mark_used, notice_list, policy_set, token_revoke,
    token_rotate,
};
use crate::records::ConnectionStatus;
use crate::testing::{World, start};
use crate::token::TokenId;

const DAY: i64 = 86_400;

/// A world with a data source, and the token that its nightly refresh uses.
struct Year {
    world: World,
    source: DataSourceId,
    token: TokenId,
}

impl Year {
    async fn new() -> Year {
        let world = World::new().await;
        let source = world.source("ann", "sales").await;
        let token = world.mint("ann").await.unwrap().view.id;
        Year { world, source, token }
    }

    fn seconds(&self) -> i64 {
        self.world.ctx.now().duration_since(start()).as_secs()
    }

    async fn go_to(&self, seconds: i64) {
        self.world.pass(seconds - self.seconds());
        mark_expired::run(&self.world.ctx, mark_expired::Request::default()).await.unwrap();
        run(&self.world.ctx, Request::All).await.unwrap();
    }

    /// Lives until the midnight before `day`, a refresh at three in each night.
    async fn live_to(&self, day: i64) {
        let today = self.seconds() / DAY;
        for night in today..day {
            self.go_to(night * DAY).await;
            self.go_to(night * DAY + 3 * 3_600).await;
            self.refresh().await;
            for minutes in [1, 30, 60 * 12] {
                self.go_to(night * DAY + 3 * 3_600 + minutes * 60).await;
            }
        }
        self.go_to(day * DAY).await;
    }

    /// What the server would write down about a refresh with the token now.
    async fn refresh(&self) {
        let (ctx, now) = (&self.world.ctx, self.world.ctx.now());
        let status = self.world.status(&self.token).await;
        if !status.authenticates() {
            let reason = if status == crate::TokenStatus::Revoked { "TokenRevoked" } else { "TokenExpired" };
            let refusal = Refusal {
                token: Some(self.token.clone()),
                tenant: ctx.tenant,
                reason,
                address: "203.0.113.7".into(),
                data_source: Some(self.source.clone()),
                at: now,
                count: 1,
                request_id: None,
                client: None,
            };
            record_refusals::run(ctx, record_refusals::Request { refusals: vec![refusal] }).await.unwrap();
            return;
        }
        let page = |seconds: i64, more| RequestEntry {
            more,
            chain: Some(7),
            ..entry(&self.world, self.seconds() + seconds, &self.token, &self.source)
        };
        let entries = vec![page(0, true), page(5, false)];
        record_requests::run(ctx, record_requests::Request { entries }).await.unwrap();
        let address = Some("203.0.113.7".to_owned());
        let uses = vec![mark_used::Use { token: self.token.clone(), at: now, address }];
        mark_used::run(ctx, mark_used::Request { uses }).await.unwrap();
    }

    /// An error of HubSpot in the middle of a refresh.
    async fn fail(&self, status: u16, code: &str) {
        let failed = RequestEntry {
            status,
            error_code: Some(code.into()),
            ..entry(&self.world, self.seconds(), &self.token, &self.source)
        };
        let request = record_requests::Request { entries: vec![failed] };
        record_requests::run(&self.world.ctx, request).await.unwrap();
    }

    /// `when kind severity [days|code]`, oldest first.
    async fn told(&self) -> String {
        let request = notice_list::Request { limit: 1_000, ..notice_list::Request::default() };
        let mut notices = notice_list::run(&self.world.ctx, request).await.unwrap();
        // What is noticed at one instant has no order of its own: ids are random.
        notices.sort_by_key(|told| (told.notice.at, told.notice.kind));
        let mut text = String::new();
        for told in &notices {
            let notice = &told.notice;
            let detail = &notice.details;
            let more = match notice.kind.as_str() {
                "token_expires" | "overlap_ends" => format!(" {}", detail["days"]),
                "refresh_failed" => format!(" {}", detail["error_code"].as_str().unwrap_or("none")),
                "refresh_recovered" => format!(" other token: {}", detail["with_another_token"]),
                "tokens_clamped" => format!(" {}", detail["clamped_tokens"]),
                _ => String::new(),
            };
            let at = notice.at.strftime("%m-%d %H:%M");
            writeln!(text, "{at} {} {}{more}", notice.kind.as_str(), notice.severity.as_str()).unwrap();
        }
        text
    }
}

#[tokio::test]
async fn a_year_of_a_nightly_refresh_is_told_as_expected() {
    let mut year = Year::new().await;
    // The token lives 90 days. Nobody reads mail: it ends on 1 April, and two nights fail.
    year.live_to(92).await;
    year.token = year.world.mint("ann").await.unwrap().view.id;
    // This time somebody rotates in time, and forgets to enter the new token for the week of the overlap.
    year.live_to(160).await;
    let request = token_rotate::Request { id: year.token.clone(), overlap: token_rotate::DEFAULT_OVERLAP };
    let successor = token_rotate::run(&year.world.ctx, request).await.unwrap().view.id;
    year.live_to(168).await;
    year.token = successor;
    // HubSpot is in trouble for a night, and a policy shortens what is left.
    year.live_to(200).await;
    year.go_to(200 * DAY + 3 * 3_600 + 60).await;
    year.fail(503, "SourceUnavailable").await;
    year.go_to(200 * DAY + 4 * 3_600).await;
    year.live_to(210).await;
    let clamp = policy_set::Request {
        max_lifetime: Some("5d".parse().unwrap()),
        existing: crate::policy::Existing::Clamp { grace: std::time::Duration::ZERO },
        ..policy_set::Request::default()
    };
    policy_set::run(&year.world.ctx, clamp).await.unwrap();
    year.live_to(217).await;
    let forever =
        policy_set::Request { max_lifetime: Some("none".parse().unwrap()), ..policy_set::Request::default() };
    policy_set::run(&year.world.ctx, forever).await.unwrap();
    year.token = year.world.mint("ann").await.unwrap().view.id;
    year.live_to(300).await;
    let revoke = token_revoke::Request { id: year.token.clone(), reason: Some("left".into()) };
    token_revoke::run(&year.world.ctx, revoke).await.unwrap();
    year.live_to(365).await;
    let expected = "\
03-02 00:00 token_expires warning 30
03-18 00:00 token_expires warning 14
03-25 00:00 token_expires warning 7
03-31 00:00 token_expires urgent 1
04-01 00:00 token_expires urgent 0
04-01 03:01 refresh_failed urgent TokenExpired
04-03 03:30 refresh_recovered info other token: true
06-02 00:00 token_expires warning 30
06-16 00:00 overlap_ends urgent 1
06-17 00:00 overlap_ends urgent 0
06-17 03:01 refresh_failed urgent TokenExpired
06-18 03:30 refresh_recovered info other token: true
07-20 04:00 refresh_failed urgent SourceUnavailable
07-21 03:30 refresh_recovered info other token: false
07-30 00:00 token_expires warning 7
07-30 00:00 tokens_clamped warning 1
08-03 00:00 token_expires urgent 1
08-04 00:00 token_expires urgent 0
08-04 03:01 refresh_failed urgent TokenExpired
08-06 03:30 refresh_recovered info other token: true
10-28 03:01 refresh_failed urgent TokenRevoked
";
    assert_eq!(year.told().await, expected);
}

#[tokio::test]
async fn a_connection_is_told_once_when_it_breaks_and_once_when_it_works() {
    let year = Year::new().await;
    let connection =
        connection_list::run(&year.world.ctx, connection_list::Request {}).await.unwrap().remove(0);
    for (seconds, status) in [
        (60, ConnectionStatus::Working),
        (120, ConnectionStatus::Rejected),
        (180, ConnectionStatus::Rejected),
        (240, ConnectionStatus::Working),
    ] {
        year.go_to(seconds).await;
        let request = connection_status::Request {
            connection: connection.id.clone(),
            version: connection.version,
            status,
            message: None,
            portal_id: None,
        };
        connection_status::run(&year.world.ctx, request).await.unwrap();
        run(&year.world.ctx, Request::All).await.unwrap();
    }
    assert_eq!(
        year.told().await,
        "01-01 00:02 connection_rejected urgent\n01-01 00:04 connection_working info\n"
    );
}

#[tokio::test]
async fn an_unused_token_is_told_about_softly() {
    let year = Year::new().await;
    for day in 1..=91 {
        year.go_to(day * DAY).await;
    }
    assert_eq!(year.told().await, "03-25 00:00 token_expires info 7\n04-01 00:00 token_expires info 0\n");
}

#[tokio::test]
async fn many_processes_tell_an_occasion_once() {
    let year = Year::new().await;
    year.live_to(10).await;
    year.go_to(10 * DAY + 3 * 3_600).await;
    year.fail(502, "SourceScopeMissing").await;
    let look = || run(&year.world.ctx, Request::All);
    let (a, b, c, d) = tokio::join!(look(), look(), look(), look());
    let raised: u64 = [a, b, c, d].into_iter().map(Result::unwrap).sum();
    assert_eq!(raised, 1);
    assert_eq!(year.told().await, "01-11 03:00 refresh_failed urgent SourceScopeMissing\n");
}
