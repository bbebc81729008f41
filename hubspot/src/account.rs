//! Who the portal is, and how much of its day is spent.

use serde::Deserialize;

use crate::budget::Kind;
use crate::exchange::Question;
use crate::wire::{self, Results};
use crate::{API_VERSION, Call, Client, Error};

/// The portal behind a credential.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Number of the portal.
    #[serde(deserialize_with = "wire::id")]
    pub portal_id: u64,
    /// `STANDARD`, `SANDBOX`, `DEVELOPER_TEST` and the like.
    #[serde(default)]
    pub account_type: Option<String>,
    /// Name of the time zone at whose midnight the daily limit starts anew.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// How far that zone is ahead of UTC today.
    #[serde(default)]
    pub utc_offset_milliseconds: Option<i64>,
    /// Three letters.
    #[serde(default)]
    pub company_currency: Option<String>,
    /// Host of HubSpot's own pages for this portal.
    #[serde(default)]
    pub ui_domain: Option<String>,
    /// `na1`, `eu1` and the like.
    #[serde(default, rename = "dataHostingLocation")]
    pub hosting_location: Option<String>,
}

/// One of the counters of a day's calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DailyUsage {
    /// HubSpot's name for the counter.
    #[serde(default)]
    pub name: Option<String>,
    /// Calls the portal may make.
    #[serde(default, rename = "usageLimit")]
    pub limit: Option<u64>,
    /// Calls made by all its apps.
    #[serde(default, rename = "currentUsage")]
    pub used: Option<u64>,
    /// When HubSpot counted, RFC 3339 as sent.
    #[serde(default)]
    pub collected_at: Option<String>,
    /// When the count starts anew, RFC 3339 as sent.
    #[serde(default)]
    pub resets_at: Option<String>,
}

impl Client {
    /// Who the portal is. From then on [`Error::DailyLimit`] can say when the limit resets.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn account(&self, call: &Call) -> Result<Account, Error> {
        let path = format!("/account-info/{API_VERSION}/details");
        let account: Account = self.ask(call, &Question::get(Kind::List, path)).await?;
        if let Some(offset) = account.utc_offset_milliseconds {
            // Whoever came first has set the same.
            let _ = self.portal.utc_offset_ms.set(offset);
        }
        Ok(account)
    }

    /// How many of the day's calls the portal has used.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn daily_usage(&self, call: &Call) -> Result<Vec<DailyUsage>, Error> {
        let path = format!("/account-info/{API_VERSION}/api-usage/daily/private-apps");
        let answer: Results<DailyUsage> = self.ask(call, &Question::get(Kind::List, path)).await?;
        Ok(answer.results)
    }
}

#[cfg(test)]
mod tests {
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn the_account_says_where_it_lives() {
        let answer = r#"{"portalId":1234567,"accountType":"STANDARD","timeZone":"Europe/Berlin","companyCurrency":"EUR",
            "additionalCurrencies":[],"utcOffset":"+01:00","utcOffsetMilliseconds":3600000,"uiDomain":"app-eu1.hubspot.com",
            "dataHostingLocation":"eu1"}"#;
        let script = Script::of([Answer::json(200, answer)]).await;
        let account = script.client().account(&soon()).await.unwrap();
        assert_eq!((account.portal_id, account.hosting_location.as_deref()), (1_234_567, Some("eu1")));
        assert_eq!(script.targets(), ["/account-info/2026-09/details"]);
    }

    #[tokio::test]
    async fn the_days_calls_are_counted_by_hubspot() {
        let answer =
            r#"{"results":[{"name":"private-apps-api-calls-daily","usageLimit":625000,"currentUsage":51}]}"#;
        let script = Script::of([Answer::json(200, answer)]).await;
        let usage = script.client().daily_usage(&soon()).await.unwrap();
        assert_eq!((usage[0].limit, usage[0].used, &usage[0].resets_at), (Some(625_000), Some(51), &None));
    }
}
