//! Set-ups that need nothing but the store.

use std::sync::Arc;

use schema::operations::source_share::Grantee;
use schema::operations::{
    meta_get, policy_set, source_delete, source_unshare, tenant_suspend, token_rotate, user_disable,
};
use schema::{Context, DataSourceId};

use super::super::examine::{Finding, examine};
use super::super::facts::Focus;
use super::desk::{CLOUD, Desk, keys};
use super::wrong;

/// What must be named, and by whom it is to be mended.
struct Named {
    code: &'static str,
    who: &'static str,
    /// Parts of the sentence or of the remedy.
    says: &'static [&'static str],
}

macro_rules! setups {
    ($($name:ident $who:literal $code:literal [$($says:literal),*] $break:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let mut desk = Desk::new().await;
            let broken: fn(&mut Desk) -> std::pin::Pin<Box<dyn Future<Output = ()> + '_>> = $break;
            broken(&mut desk).await;
            check(&desk, &Named { code: $code, who: $who, says: &[$($says),*] }).await;
        })*

        #[test]
        fn there_are_at_least_twenty_set_ups() {
            assert!([$(stringify!($name)),*].len() >= 20);
        }
    };
}

/// Exactly this is wrong, and nothing else.
async fn check(desk: &Desk, named: &Named) {
    let findings = examine(&desk.facts(&desk.ctx, Focus::default()).await);
    assert_eq!(wrong(&findings), [named.code], "{findings:#?}");
    let finding: &Finding = findings.iter().find(|one| one.code == named.code).unwrap();
    assert_eq!(finding.who, named.who, "{finding:#?}");
    let text = format!("{} {}", finding.sentence, finding.remedy);
    for part in named.says {
        assert!(text.contains(part), "{part:?} is missing in {text:?}");
    }
}

const DAY: i64 = 86_400;

setups! {
    an_expired_token_that_is_still_tried "ann" "TokenExpired"
        ["\"night\" of ann", "expired at 2026-04-04", "3 times", "198.51.100.20", "Sales", "03:00 UTC", "separate copies"]
        |desk| Box::pin(async {
            desk.nights(70).await;
            desk.refuse(&desk.token, "TokenExpired", CLOUD).await;
        });
    an_expired_token_whose_refreshes_have_stopped "ann" "TokenExpired" ["Sales", "token create"]
        |desk| Box::pin(async {
            desk.nights(70).await;
            desk.pass(3_600);
        });
    a_token_that_ends_within_days "ann" "TokenExpiresSoon"
        ["in 5 days", "first refresh that would fail", "2026-04-05T03:00:00Z", "token rotate"]
        |desk| Box::pin(async { desk.nights(65).await; });
    a_token_that_ends_by_not_being_used "ann" "TokenExpiresSoon" ["in 5 days"]
        |desk| Box::pin(async {
            let clamp = schema::policy::Existing::Clamp { grace: std::time::Duration::ZERO };
            let max_idle = Some("5d".parse().unwrap());
            let request = policy_set::Request { max_idle, existing: clamp, ..policy_set::Request::default() };
            policy_set::run(&desk.ctx, request).await.unwrap();
            desk.answer(&desk.token, &desk.sales, None).await;
        });
    a_revoked_token_that_is_still_tried "ann" "TokenRevokedStillUsed"
        ["was revoked at 2026-01-24T08:00:00Z", "203.0.113.7", "leaked"]
        |desk| Box::pin(async {
            desk.revoke(&desk.token).await;
            desk.pass(600);
            desk.refuse(&desk.token, "TokenRevoked", "203.0.113.7").await;
        });
    the_right_token_with_the_wrong_user_name "ann" "WrongUserName" ["another user name than ann", "type ann"]
        |desk| Box::pin(async { desk.refuse(&desk.token, "wrong_user", CLOUD).await; });
    a_known_id_with_another_secret "admin" "WrongSecret" ["another secret"]
        |desk| Box::pin(async { desk.refuse(&desk.token, "wrong_secret", "203.0.113.9").await; });
    a_password_that_is_no_token "admin" "UnknownToken" ["3 times", "203.0.113.9", "Microsoft.Data.Mashup", "Sales", "54 letters"]
        |desk| Box::pin(async { desk.refused(None, "unknown_token", "203.0.113.9", &desk.sales).await; });
    a_disabled_user_whose_refreshes_go_on "admin" "UserDisabled" ["ann is disabled", "user enable ann"]
        |desk| Box::pin(async {
            user_disable::run(&desk.ctx, user_disable::Request { name: "ann".into() }).await.unwrap();
            desk.refuse(&desk.token, "UserDisabled", CLOUD).await;
        });
    a_suspended_tenant "operator" "TenantSuspended" ["acme is suspended", "tenant resume acme"]
        |desk| Box::pin(async {
            let tenant = desk.ctx.tenant.unwrap();
            tenant_suspend::run(&desk.ctx, tenant_suspend::Request { tenant }).await.unwrap();
            desk.refuse(&desk.token, "TenantSuspended", CLOUD).await;
        });
    an_address_that_is_not_admitted "admin" "AddressNotAllowed" ["admits 10.0.0.0/8 only", "198.51.100.20"]
        |desk| Box::pin(async {
            let allow_addresses = Some(vec!["10.0.0.0/8".to_owned()]);
            let request = policy_set::Request { allow_addresses, ..policy_set::Request::default() };
            policy_set::run(&desk.ctx, request).await.unwrap();
            desk.refuse(&desk.token, "AddressNotAllowed", CLOUD).await;
        });
    a_token_limited_to_another_data_source_of_the_host "ann" "TokenOutOfScope"
        ["limited to \"Sales\"", "one credential for a whole host", "full path"]
        |desk| Box::pin(async {
            let other = desk.source("ann", "Costs").await;
            let narrow = desk.mint("ann", "narrow", std::slice::from_ref(&desk.sales)).await;
            desk.answer(&narrow, &other, Some((404, "DataSourceNotFound"))).await;
        });
    a_data_source_that_is_no_longer_shared "ann" "DataSourceNotShared"
        ["bob may not read \"Sales\"", "ended the sharing at 2026-01-24", "source share"]
        |desk| Box::pin(async {
            desk.share(&desk.sales, "bob").await;
            let token = desk.mint("bob", "desktop", &[]).await;
            desk.answer(&token, &desk.sales, None).await;
            desk.pass(600);
            let request =
                source_unshare::Request { id: desk.sales.clone(), with: Grantee::User("bob".into()) };
            source_unshare::run(&desk.ctx, request).await.unwrap();
            desk.answer(&token, &desk.sales, Some((404, "DataSourceNotFound"))).await;
        });
    a_data_source_that_was_deleted "ann" "DataSourceDeleted" ["operator:root deleted", "still asked for"]
        |desk| Box::pin(async {
            source_delete::run(&desk.ctx, source_delete::Request { id: desk.sales.clone() }).await.unwrap();
            desk.answer(&desk.token, &desk.sales, Some((404, "DataSourceNotFound"))).await;
        });
    a_url_with_a_slip "ann" "DataSourceUnknown" ["no data source zzzzzzzzzz", "source list"]
        |desk| Box::pin(async {
            let slip = DataSourceId::parse("zzzzzzzzzz").unwrap();
            desk.answer(&desk.token, &slip, Some((404, "DataSourceNotFound"))).await;
        });
    a_rotated_token_that_is_still_used "ann" "RetiringTokenStillUsed"
        ["was rotated and is still used", "198.51.100.20", "first refresh that would fail"]
        |desk| Box::pin(async {
            let overlap = std::time::Duration::from_secs(7 * 86_400);
            let request = token_rotate::Request { id: desk.token.clone(), overlap };
            token_rotate::run(&desk.ctx, request).await.unwrap();
            desk.pass(600);
            desk.answer(&desk.token, &desk.sales, None).await;
        });
    a_schedule_that_fell_silent "ann" "ScheduleSilent" ["03:00 UTC", "2026-01-25T03:00:00Z", "switch the schedule on"]
        |desk| Box::pin(async { desk.pass(2 * DAY); });
    a_rate_that_is_used_up "admin" "TooManyRequests" ["1200/m", "rate-token"]
        |desk| Box::pin(async { desk.answer(&desk.token, &desk.sales, Some((429, "TooManyRequests"))).await; });
    a_service_that_cannot_prove_a_table "operator" "RefreshFailing" ["SourceChanged", "The access token is fine"]
        |desk| Box::pin(async { desk.answer(&desk.token, &desk.sales, Some((503, "SourceChanged"))).await; });
    a_day_that_the_server_stopped_for "admin" "RefreshFailing"
        ["SourceDailyLimit", "midnight", "connection edit portal --daily-share", "access token is fine"]
        |desk| Box::pin(async { desk.answer(&desk.token, &desk.sales, Some((502, "SourceDailyLimit"))).await; });
    a_credential_that_the_server_was_refused_with "admin" "RefreshFailing"
        ["SourceCredentialsRejected", "replace-credential portal"]
        |desk| Box::pin(async {
            desk.answer(&desk.token, &desk.sales, Some((502, "SourceCredentialsRejected"))).await;
        });
    a_scope_that_the_server_lacked "admin" "RefreshFailing" ["SourceScopeMissing", "connection test portal"]
        |desk| Box::pin(async { desk.answer(&desk.token, &desk.sales, Some((502, "SourceScopeMissing"))).await; });
    a_credential_that_hubspot_rejected "admin" "HubspotCredentialRejected"
        ["expired yesterday", "replace-credential portal", "access tokens are fine"]
        |desk| Box::pin(async {
            // What is told of the connection is not told of its data sources again.
            desk.answer(&desk.token, &desk.sales, Some((502, "SourceCredentialsRejected"))).await;
            desk.reject("portal").await;
        });
    a_rejected_connection_whose_name_has_a_space "admin" "HubspotCredentialRejected"
        ["`feedgate-admin connection replace-credential 'simulated portal'`"]
        |desk| Box::pin(async {
            desk.connect("simulated portal", "pat-na1-demo").await;
            desk.reject("simulated portal").await;
        });
    a_data_source_without_columns "bob" "ModelMissing" ["no columns yet", "source refresh"]
        |desk| Box::pin(async { desk.source_with("bob", "New", "contacts", None).await; });
    a_key_that_is_not_configured "operator" "KeyMissing" ["does not open here", "FEEDGATE_SECRET_KEYS"]
        |desk| Box::pin(async {
            desk.ctx = Context { keys: Some(Arc::new(keys("other"))), ..desk.ctx.clone() };
        });
    a_clock_that_was_set_back "operator" "ClockWentBack" ["set back", "NTP"]
        |desk| Box::pin(async {
            desk.mint("bob", "later", &[]).await;
            desk.pass(-3_600);
        });
    a_server_of_another_version "operator" "ServerVersionDiffers" ["9.9.9"]
        |desk| Box::pin(async { desk.note(meta_get::SERVER_VERSION, "9.9.9").await; });
    a_public_url_without_tls "operator" "PublicUrlPlainHttp" ["plain HTTP", "FEEDGATE_TLS_CERT"]
        |desk| Box::pin(async { desk.note(meta_get::PUBLIC_URL, "http://feeds.example.org").await; });
}

#[tokio::test]
async fn what_was_mended_is_no_finding() {
    let desk = Desk::new().await;
    desk.answer(&desk.token, &desk.sales, Some((503, "SourceUnavailable"))).await;
    desk.refuse(&desk.token, "wrong_user", CLOUD).await;
    desk.pass(120);
    desk.answer(&desk.token, &desk.sales, None).await;
    let findings = examine(&desk.facts(&desk.ctx, Focus::default()).await);
    assert!(findings.is_empty(), "{findings:#?}");
}

#[tokio::test]
async fn a_user_at_the_limit_is_a_note_and_healthy() {
    let desk = Desk::new().await;
    for number in 0..4 {
        desk.mint("ann", &format!("more {number}"), &[]).await;
    }
    let findings = examine(&desk.facts(&desk.ctx, Focus::default()).await);
    assert!(wrong(&findings).is_empty(), "{findings:#?}");
    assert_eq!(findings[0].code, "TokenLimitReached");
    assert!(findings[0].remedy.contains("rotate"), "{}", findings[0].remedy);
}
