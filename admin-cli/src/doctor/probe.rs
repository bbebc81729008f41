//! Asks the network: HubSpot with each connection's credential, the public URL without any. Nothing is changed by it.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use feedgate::model::{Origin, StoredModel};
use feedgate::powerbi::sets::{self, DataSet};
use feedgate::powerbi::{Feeds, Reads};
use feedgate::{portals, powerbi};
use hubspot::{Call, Client};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap, WWW_AUTHENTICATE};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use schema::{ConnectionKind, ConnectionRecord, DataSourceId, Random, Secret};

use super::facts::{Certificate, Portal, Published, Seen};
use crate::portal;

/// Who waits at a terminal gets an answer in this time for each thing that is asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// Let's Encrypt's clients renew a month before the end; whoever has not two weeks before it has forgotten to.
const ENDS_SOON: Duration = Duration::from_secs(14 * 86_400);

/// What may be asked.
pub(crate) struct Reach {
    /// HubSpot's address; none: nobody is asked.
    pub(crate) hubspot: Option<String>,
    pub(crate) random: Arc<dyn Random>,
    /// Whether the public URL is asked.
    pub(crate) public_url: bool,
    /// Power BI; none: the tenant is not connected with it, or the actor may not ask.
    pub(crate) power_bi: Option<powerbi::Client>,
    /// Where the store is, when it is a file.
    pub(crate) store_file: Option<PathBuf>,
}

/// What the portal behind `credential` says, and what of `models` it no longer has. None for a credential that is not
/// one by itself (OAuth): the service renews it, and notes in the connection how that went.
pub(super) async fn portal(
    reach: &Reach,
    connection: &ConnectionRecord,
    credential: &Secret,
    models: &[(DataSourceId, StoredModel)],
) -> Option<Result<Portal, hubspot::Error>> {
    let base = reach.hubspot.as_ref().filter(|_| connection.kind == ConnectionKind::Token)?;
    let settings = portals::settings(base, reach.random.as_ref());
    let client = match Client::new(&settings, hubspot::AccessToken::new(credential.expose())) {
        Ok(client) => client,
        Err(error) => return Some(Err(error)),
    };
    Some(asked(&client, models).await)
}

/// A call for each data set of the company takes its time; longer than this nobody waits here.
const SEARCH: Duration = Duration::from_secs(60);

/// The data sets that read what `wanted` says; none when nobody is to be asked.
pub(super) async fn power_bi(
    reach: &Reach,
    public_url: Option<&str>,
    wanted: impl Fn(&Reads) -> bool,
) -> Option<Result<Vec<Published>, String>> {
    let (client, feeds) = (reach.power_bi.as_ref()?, Feeds::of(public_url?)?);
    let searched = tokio::time::timeout(SEARCH, published(client, &feeds, wanted)).await;
    let late = || "it took longer than a minute".to_owned();
    Some(searched.map_err(|_| late()).and_then(|found| found.map_err(|error| error.to_string())))
}

async fn published(
    client: &powerbi::Client,
    feeds: &Feeds,
    wanted: impl Fn(&Reads) -> bool,
) -> Result<Vec<Published>, powerbi::Error> {
    let mut published = Vec::new();
    for set in sets::find(client, feeds).await?.sets {
        if let Some(reads) = set.places.iter().map(|place| &place.reads).find(|reads| wanted(reads)) {
            published.push(state(client, &set, reads).await?);
        }
    }
    Ok(published)
}

async fn state(client: &powerbi::Client, set: &DataSet, reads: &Reads) -> Result<Published, powerbi::Error> {
    let state = sets::state(client, set, 1).await?;
    Ok(Published {
        workspace: set.workspace.clone(),
        dataset: set.name.clone(),
        source: match reads {
            Reads::Feed(id) => Some(id.clone()),
            Reads::Whole => None,
        },
        schedule_off: state.schedule.is_some_and(|schedule| schedule.is_set_up() && !schedule.enabled),
        last: state.runs.into_iter().next(),
    })
}

async fn asked(client: &Client, models: &[(DataSourceId, StoredModel)]) -> Result<Portal, hubspot::Error> {
    match client.account(&Call::within(PATIENCE)).await {
        Ok(_) | Err(hubspot::Error::ScopeMissing { .. }) => {}
        Err(error) => return Err(error),
    }
    let readings = portal::readings_of(client).await?;
    let vanished = vanished(client, models).await?;
    Ok(Portal { readings, limits: portal::limits(client).await, vanished })
}

/// The columns of objects that HubSpot no longer has.
async fn vanished(
    client: &Client,
    models: &[(DataSourceId, StoredModel)],
) -> Result<Vec<(DataSourceId, String)>, hubspot::Error> {
    let call = Call::within(PATIENCE);
    let mut known: Vec<(String, Vec<String>)> = Vec::new();
    let mut gone = Vec::new();
    for (source, model) in models {
        for set in &model.sets {
            let Origin::Object(object) = &set.origin else { continue };
            if !known.iter().any(|(name, _)| name == object) {
                let names = match client.properties(&call, object).await {
                    Ok(properties) => properties.into_iter().filter(|one| !one.archived).map(|one| one.name),
                    // What may not be read is told with the readings.
                    Err(hubspot::Error::ScopeMissing { .. } | hubspot::Error::NotFound { .. }) => continue,
                    Err(error) => return Err(error),
                };
                known.push((object.clone(), names.collect()));
            }
            let Some((_, names)) = known.iter().find(|(name, _)| name == object) else { continue };
            let lost = set.properties.iter().skip(set.key().len());
            let lost = lost.filter(|column| {
                !names.contains(&column.hubspot) && !is_made(&column.name) && !column.deletion
            });
            gone.extend(lost.map(|column| (source.clone(), format!("{}/{}", set.name, column.name))));
        }
    }
    Ok(gone)
}

/// Columns that every object has, whether HubSpot lists them as properties or not.
fn is_made(column: &str) -> bool {
    matches!(
        column,
        "createdate" | "hs_createdate" | "lastmodifieddate" | "hs_lastmodifieddate" | "hs_object_id"
    )
}

/// How far `now` is ahead of HubSpot's clock.
pub(super) async fn clock(reach: &Reach, now: Timestamp) -> Option<SignedDuration> {
    let (client, _) = client()?;
    let answer = client.get(reach.hubspot.as_ref()?).send().await.ok()?;
    let date = DateTimeParser::new().parse_zoned(text(answer.headers(), DATE.as_str())?).ok()?;
    Some(now.duration_since(date.timestamp()))
}

/// What is at the public URL. No credential is sent, so any certificate will do to look behind it.
pub(super) async fn server(reach: &Reach, public_url: &str) -> Option<Seen> {
    if !reach.public_url {
        return None;
    }
    let (client, verdict) = client()?;
    let root = public_url.trim_end_matches('/');
    let answer = client.get(format!("{root}/readyz")).send().await;
    let certificate = if public_url.starts_with("https:") {
        verdict.lock().unwrap_or_else(PoisonError::into_inner).take()
    } else {
        Some(Certificate::None)
    };
    Some(match answer {
        Err(error) => Seen::Nothing(innermost(&error)),
        Ok(answer) => {
            let certificate = certificate.unwrap_or(Certificate::None);
            if is_health(answer).await {
                Seen::Feedgate(certificate)
            } else {
                challenge(&client, root, certificate).await
            }
        }
    })
}

/// Whether the words are those of Feedgate's `/readyz`, which leaves no trace in what is examined here. `/healthz` says
/// what many programs say.
async fn is_health(answer: reqwest::Response) -> bool {
    let said = answer.text().await.unwrap_or_default();
    matches!(said.as_str(), "ready\n" | "stopping\n" | "the store does not answer\n")
}

/// Behind a proxy that lets feeds alone through, the challenge of a feed tells who is there. Feedgate counts that as a
/// refused request.
async fn challenge(client: &reqwest::Client, root: &str, certificate: Certificate) -> Seen {
    match client.get(format!("{root}/odata/doctor/")).send().await {
        Err(error) => Seen::Nothing(innermost(&error)),
        Ok(answer) => {
            let challenge = text(answer.headers(), WWW_AUTHENTICATE.as_str()).unwrap_or_default();
            if answer.status() == 401 && challenge.contains("realm=\"Feedgate\"") {
                Seen::Feedgate(certificate)
            } else {
                Seen::Other(certificate, answer.status().to_string())
            }
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The cause without the URL, which says nothing that is not known.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut last = if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() };
    while let Some(inner) = cause {
        last = inner.to_string();
        cause = inner.source();
    }
    last
}

type Verdict = Arc<Mutex<Option<Certificate>>>;

/// A client that notes what it thinks of the certificate and goes on.
fn client() -> Option<(reqwest::Client, Verdict)> {
    let provider = Arc::new(ring::default_provider());
    let verdict = Verdict::default();
    let system = rustls_platform_verifier::Verifier::new(provider.clone()).ok()?;
    let noting = Noting { system: Arc::new(system), verdict: verdict.clone() };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(noting)).with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .user_agent(concat!("feedgate-doctor/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    Some((client.build().ok()?, verdict))
}

/// Asks the system what it thinks of a certificate, now and in two weeks.
#[derive(Debug)]
pub(super) struct Noting {
    pub(super) system: Arc<dyn ServerCertVerifier>,
    pub(super) verdict: Verdict,
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let at = |time| {
            self.system.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, time)
        };
        let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + ENDS_SOON);
        let certificate = match at(now) {
            Err(problem) => bad(&problem),
            Ok(_) => match at(soon) {
                Err(rustls::Error::InvalidCertificate(error)) => Certificate::Ending(end(&error)),
                _ => Certificate::Good,
            },
        };
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

fn bad(problem: &rustls::Error) -> Certificate {
    use CertificateError::{Expired, ExpiredContext, NotValidForName, NotValidForNameContext};
    match problem {
        rustls::Error::InvalidCertificate(error) => match error {
            Expired | ExpiredContext { .. } => Certificate::Over(end(error)),
            NotValidForName | NotValidForNameContext { .. } => Certificate::OtherName,
            other => Certificate::Untrusted(other.to_string()),
        },
        other => Certificate::Untrusted(other.to_string()),
    }
}

fn end(error: &CertificateError) -> Option<Timestamp> {
    let CertificateError::ExpiredContext { not_after, .. } = error else { return None };
    Timestamp::from_second(i64::try_from(not_after.as_secs()).ok()?).ok()
}
