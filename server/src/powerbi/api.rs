//! The calls, typed. Ids of theirs become parts of paths only when they look like ids.

use reqwest::Method;
use schema::operations::powerbi_principal::Outcome as Principal;
use schema::{PlainToken, Secret};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::call::{self, Answer, TIMEOUT};
use super::endpoints::Endpoints;
use super::error::Error;
use super::sign_in::{Access, sign_in};
use super::wire::{Dataset, Datasource, Entry, Gateway, Group, List, Run, Schedule};
use crate::outgoing;

/// Who answers.
const WHOM: &str = "Power BI";

/// Workspaces of one answer.
const PAGE: usize = 500;

/// Workspaces in all: more is a loop, not a company.
const MOST_GROUPS: usize = 20_000;

/// Power BI, as one service principal sees it.
pub struct Client {
    http: reqwest::Client,
    endpoints: Endpoints,
    principal: Principal,
    access: Mutex<Option<Access>>,
}

impl Client {
    /// Calls nobody yet.
    ///
    /// # Errors
    /// When this machine cannot speak TLS.
    pub fn new(endpoints: Endpoints, principal: Principal) -> Result<Client, Error> {
        let secure = [&endpoints.login_url, &endpoints.api_url].iter().any(|url| url.starts_with("https:"));
        let http = outgoing::client(TIMEOUT, secure).map_err(Error::Configuration)?;
        Ok(Client { http, endpoints, principal, access: Mutex::new(None) })
    }

    /// Signs in and asks for the workspaces: how many there are for the service principal.
    ///
    /// # Errors
    /// When it is not let in.
    pub async fn test(&self) -> Result<usize, Error> {
        Ok(self.groups().await?.len())
    }

    /// All workspaces that the service principal is a member of.
    pub(super) async fn groups(&self) -> Result<Vec<Group>, Error> {
        let mut groups = Vec::new();
        while groups.len() < MOST_GROUPS {
            let path = format!("groups?$top={PAGE}&$skip={}", groups.len());
            let page: List<Group> = self.get(&path).await?;
            let more = page.value.len() == PAGE;
            groups.extend(page.value);
            if !more {
                break;
            }
        }
        Ok(groups)
    }

    pub(super) async fn datasets(&self, group: &str) -> Result<Vec<Dataset>, Error> {
        let path = format!("groups/{}/datasets", id(group)?);
        Ok(self.get::<List<Dataset>>(&path).await?.value)
    }

    pub(super) async fn datasources(&self, group: &str, dataset: &str) -> Result<Vec<Datasource>, Error> {
        let path = format!("groups/{}/datasets/{}/datasources", id(group)?, id(dataset)?);
        Ok(self.get::<List<Datasource>>(&path).await?.value)
    }

    /// Whether a gateway stands in somebody's own network: those have a key of their own. None: it does not show itself.
    pub(super) async fn is_on_premises(&self, gateway: &str) -> Result<Option<bool>, Error> {
        let path = format!("gateways/{}", id(gateway)?);
        match self.get::<Gateway>(&path).await {
            Ok(gateway) => {
                Ok(Some(gateway.public_key["modulus"].as_str().is_some_and(|key| !key.is_empty())))
            }
            Err(error) if error.is_local() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// When the data set is refreshed; none: it has no schedule, as those that store nothing have not.
    pub(super) async fn schedule(&self, group: &str, dataset: &str) -> Result<Option<Schedule>, Error> {
        let path = format!("groups/{}/datasets/{}/refreshSchedule", id(group)?, id(dataset)?);
        match self.get(&path).await {
            Ok(schedule) => Ok(Some(schedule)),
            Err(error) if error.is_local() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The last refreshes, the newest first.
    pub(super) async fn runs(&self, group: &str, dataset: &str, top: usize) -> Result<Vec<Run>, Error> {
        let path = format!("groups/{}/datasets/{}/refreshes?$top={top}", id(group)?, id(dataset)?);
        Ok(self.get::<List<Entry>>(&path).await?.value.into_iter().map(Run::from).collect())
    }

    /// Puts user name and token into a cloud data source that reads `url`. Power BI tries them before it answers.
    pub(super) async fn put_credentials(
        &self,
        (gateway, datasource): (&str, &str),
        url: &str,
        user: &str,
        token: &PlainToken,
    ) -> Result<(), Error> {
        let path = format!("gateways/{}/datasources/{}", id(gateway)?, id(datasource)?);
        let encrypted = if url.starts_with("https:") { "Encrypted" } else { "NotEncrypted" };
        let pair = |name: &str, value: &str| json!({ "name": name, "value": value });
        let credentials =
            json!({"credentialData": [pair("username", user), pair("password", token.expose())]});
        let credentials = Zeroizing::new(credentials.to_string());
        let body = json!({"credentialDetails": {
            "credentialType": "Basic",
            "credentials": credentials.as_str(),
            "encryptedConnection": encrypted,
            "encryptionAlgorithm": "None",
            "privacyLevel": "Organizational",
            "useEndUserOAuth2Credentials": "False",
        }});
        self.send(Method::PATCH, &path, Some(body)).await.map(drop)
    }

    /// Switches the schedule on as it is.
    pub(super) async fn enable_schedule(&self, group: &str, dataset: &str) -> Result<(), Error> {
        let path = format!("groups/{}/datasets/{}/refreshSchedule", id(group)?, id(dataset)?);
        self.send(Method::PATCH, &path, Some(json!({"value": {"enabled": true}}))).await.map(drop)
    }

    /// Starts a refresh; its id, when Power BI tells it. Mails are not for service principals.
    pub(super) async fn start_refresh(&self, group: &str, dataset: &str) -> Result<Option<String>, Error> {
        let path = format!("groups/{}/datasets/{}/refreshes", id(group)?, id(dataset)?);
        let body = json!({"notifyOption": "NoNotification"});
        let answer = self.send(Method::POST, &path, Some(body)).await?;
        Ok(answer.header("x-ms-request-id").map(str::to_owned))
    }

    /// Makes the service principal the owner of the data set. Its credentials have to be given anew then.
    pub(super) async fn take_over(&self, group: &str, dataset: &str) -> Result<(), Error> {
        let path = format!("groups/{}/datasets/{}/Default.TakeOver", id(group)?, id(dataset)?);
        self.send(Method::POST, &path, None).await.map(drop)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let answer = self.send(Method::GET, path, None).await?;
        serde_json::from_slice(&answer.body).map_err(|why| {
            // The parser's own message may quote a value.
            let what = format!("line {} column {}", why.line(), why.column());
            Error::Malformed { whom: WHOM, what }
        })
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, Error> {
        let access = self.access().await?;
        let url = format!("{}/v1.0/myorg/{path}", self.endpoints.api_url);
        // A refresh must not be started twice by an answer that was lost.
        let repeatable = method != Method::POST;
        let body = body.map(|body| Zeroizing::new(body.to_string()));
        let answer = call::persist(WHOM, repeatable, || {
            let request = self.http.request(method.clone(), &url).bearer_auth(access.expose());
            match &body {
                Some(body) => {
                    request.header("content-type", "application/json").body(body.as_str().to_owned())
                }
                None if method == Method::GET => request,
                None => request.header("content-length", "0"),
            }
        });
        answer.await?.success()
    }

    /// The access token, renewed before it ends.
    async fn access(&self) -> Result<Secret, Error> {
        let mut access = self.access.lock().await;
        let fresh = access.as_ref().filter(|access| tokio::time::Instant::now() < access.until);
        if let Some(fresh) = fresh {
            return Ok(Secret::new(fresh.token.as_str().to_owned()));
        }
        let signed_in = sign_in(&self.http, &self.endpoints, &self.principal).await?;
        let token = Secret::new(signed_in.token.as_str().to_owned());
        *access = Some(signed_in);
        Ok(token)
    }
}

/// An id of theirs as a part of a path: nobody may choose another path by it.
fn id(text: &str) -> Result<&str, Error> {
    let plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let what = || Error::Malformed { whom: WHOM, what: "an id that is none".to_owned() };
    if plain { Ok(text) } else { Err(what()) }
}
