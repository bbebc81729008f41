//! Connecting a portal by OAuth: somebody opens an address, consents, and the code they come back with becomes tokens.
//!
//! The code comes by itself when the redirect URL is an address of this machine, and can always be pasted.

use std::io::{self, BufRead};
use std::time::Duration;

use feedgate::oauth::Grant;
use hubspot::{AccessToken, OAuthApp, OAuthError};
use schema::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::args::OAuthArgs;
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::{ask, print};

/// Time to find the administrator's password: after it nobody waits any more.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A redirect is one request line and a browser's fields.
const LONGEST: usize = 32 * 1024;

/// What somebody consented to.
pub(super) struct Consent {
    /// What is sealed.
    pub(super) credential: Secret,
    /// What opens the portal now.
    pub(super) access: AccessToken,
    /// The portal.
    pub(super) portal_id: Option<i64>,
}

/// Asks for the app's secret and for consent.
pub(super) async fn ask(session: &Session, args: &OAuthArgs) -> Result<Consent, Failure> {
    let client_id = args.client_id.as_deref().unwrap_or_default();
    let (listener, redirect) = Callback::at(&args.redirect_url).await?;
    let secret = ask::secret_line("the app's client secret")?;
    let app = OAuthApp::new(client_id, secret.expose(), &redirect);
    let state = state(session);
    let scopes: Vec<&str> = args.scopes.iter().map(String::as_str).collect();
    let optional: Vec<&str> = args.optional_scopes.iter().map(String::as_str).collect();
    let url = app.authorize_url(&session.authorize_root(), &scopes, &optional, &state);
    print::note(&format!("Open this address as somebody who may connect apps to the portal:\n\n  {url}\n"));
    print::note("Then paste the address you come back to, or only its code, unless that happens by itself.");
    let code = tokio::time::timeout(PATIENCE, code(listener.as_ref(), &state)).await.map_err(|_| {
        Failure::new(Exit::Failed, "NotConfirmed", "nobody consented within 15 minutes; nothing was stored")
    })??;
    let grant = app.exchange(&session.hubspot_settings(), &code, session.now()).await.map_err(failed)?;
    let access = grant.tokens.access.clone();
    let access =
        access.ok_or_else(|| Failure::failed("SourceUnavailable", "HubSpot sent no access token"))?;
    Ok(Consent {
        credential: Grant::new(&app, &secret, &grant.tokens).credential(),
        access,
        portal_id: grant.portal_id.and_then(|id| i64::try_from(id).ok()),
    })
}

/// Sixteen random bytes, by which the answer is known to be to this question.
fn state(session: &Session) -> String {
    let mut bytes = [0; 16];
    session.random().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn failed(error: OAuthError) -> Failure {
    let message = error.to_string();
    match error {
        OAuthError::Hubspot(error) => error.into(),
        OAuthError::ReconnectNeeded { .. } => Failure::failed("SourceCredentialsRejected", message),
        OAuthError::CodeRejected { .. } => Failure::failed("CodeRejected", message),
        OAuthError::AppRejected { .. } => Failure::failed("AppRejected", message),
        OAuthError::Store(_) => Failure::failed("StoreUnavailable", message),
    }
}

/// The code, by whichever way it comes first.
async fn code(listener: Option<&Callback>, state: &str) -> Result<String, Failure> {
    let mut lines = typed();
    let called = async {
        match listener {
            Some(callback) => callback.wait(state).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(called);
    loop {
        tokio::select! {
            code = &mut called => return code,
            line = lines.recv() => match line {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => return code_of(&line, state),
                None if listener.is_some() => return called.await,
                None => return Err(Failure::usage("SecretMissing", "give the code on standard input")),
            },
        }
    }
}

/// Lines of standard input. A thread reads them: a process that has its code must not wait for another line.
fn typed() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The code in what somebody pasted: an address with the state of this question, or the code alone.
fn code_of(text: &str, state: &str) -> Result<String, Failure> {
    let text = text.trim();
    let Some((_, query)) = text.split_once('?') else { return Ok(text.to_owned()) };
    let query = query.split('#').next().unwrap_or_default();
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
    };
    if parameter("state").as_deref() != Some(state) {
        let message = "this is not the answer to this question: open the address above and consent again";
        return Err(Failure::new(Exit::Refused, "StateDiffers", message));
    }
    if let Some(error) = parameter("error") {
        let why = parameter("error_description").unwrap_or(error);
        return Err(Failure::new(Exit::Refused, "ConsentRefused", format!("HubSpot gave no consent: {why}")));
    }
    parameter("code").ok_or_else(|| Failure::usage("CodeMissing", "the address has no code"))
}

/// A value of a query.
fn decoded(text: &str) -> String {
    let (bytes, mut plain, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 2;
            }
            (b'+', _) => plain.push(b' '),
            (byte, _) => plain.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Where the browser comes back to on this machine.
struct Callback {
    listener: TcpListener,
    path: String,
}

impl Callback {
    /// Listens when `url` is an address of this machine; the address with its port.
    async fn at(url: &str) -> Result<(Option<Self>, String), Failure> {
        let Some(rest) = url.strip_prefix("http://") else { return Ok((None, url.to_owned())) };
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let Some((host @ ("localhost" | "127.0.0.1"), port)) = place.split_once(':') else {
            return Ok((None, url.to_owned()));
        };
        let unusable =
            |why: String| Failure::usage("RedirectUrl", format!("{url} cannot be listened on: {why}"));
        let port: u16 = port.parse().map_err(|_| unusable("its port is no number".to_owned()))?;
        let listener =
            TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| unusable(error.to_string()))?;
        let port = listener.local_addr().map_err(|error| unusable(error.to_string()))?.port();
        let path = format!("/{path}");
        Ok((Some(Self { listener, path: path.clone() }), format!("http://{host}:{port}{path}")))
    }

    /// Answers browsers until one brings the code of this question.
    async fn wait(&self, state: &str) -> Result<String, Failure> {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else { continue };
            let Some(target) = target(&mut stream).await else { continue };
            let is_ours = target.split('?').next() == Some(&self.path) && target.contains('?');
            let outcome = if is_ours { Some(code_of(&target, state)) } else { None };
            let (status, sentence) = match &outcome {
                Some(Ok(_)) => ("200 OK", "The portal is connected. You can close this page."),
                Some(Err(_)) => ("400 Bad Request", "The portal was not connected: see the command line."),
                None => ("404 Not Found", "There is nothing here."),
            };
            answer(&mut stream, status, sentence).await;
            match outcome {
                // Somebody else's page must not end the wait.
                Some(Err(failure)) if failure.code == "StateDiffers" => {}
                Some(outcome) => return outcome,
                None => {}
            }
        }
    }
}

/// What a browser asks for; nothing for what is no request.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut chunk) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut chunk)).await.ok()?.ok()?;
        if read == 0 || head.len() > LONGEST {
            return None;
        }
        head.extend_from_slice(&chunk[..read]);
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    (words.next()? == "GET").then(|| words.next().map(str::to_owned))?
}

/// The page may not get there: the code has.
async fn answer(stream: &mut TcpStream, status: &str, sentence: &str) {
    let page = format!("<!doctype html><title>Feedgate</title><p>{sentence}</p>");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        page.len()
    );
    drop(stream.write_all((head + &page).as_bytes()).await);
    drop(stream.shutdown().await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_alone_or_from_the_address_with_the_right_state() {
        let of = |text: &str| code_of(text, "s1").map_err(|failure| failure.code);
        assert_eq!(of(" na1-code-7 \n").unwrap(), "na1-code-7");
        assert_eq!(of("https://x.example/cb?code=a%2Db&state=s1#top").unwrap(), "a-b");
        assert_eq!(of("/cb?state=s1&code=a+b").unwrap(), "a b");
        assert_eq!(of("https://x.example/cb?code=a&state=s2").unwrap_err(), "StateDiffers");
        assert_eq!(of("https://x.example/cb?code=a").unwrap_err(), "StateDiffers");
        assert_eq!(of("https://x.example/cb?state=s1").unwrap_err(), "CodeMissing");
        assert_eq!(of("/cb?state=s1&error=access_denied").unwrap_err(), "ConsentRefused");
    }

    #[tokio::test]
    async fn only_addresses_of_this_machine_are_listened_on() {
        let (listener, url) = Callback::at("http://127.0.0.1:0/oauth/callback").await.unwrap();
        assert!(
            listener.is_some() && url.starts_with("http://127.0.0.1:") && url.ends_with("/oauth/callback")
        );
        for elsewhere in
            ["https://feedgate.example/cb", "http://feedgate.example:80/cb", "https://localhost:1/cb"]
        {
            let (listener, url) = Callback::at(elsewhere).await.unwrap();
            assert!(listener.is_none() && url == elsewhere);
        }
        assert_eq!(Callback::at("http://localhost:many/").await.err().unwrap().code, "RedirectUrl");
    }
}
