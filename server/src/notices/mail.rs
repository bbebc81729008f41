//! Delivery by mail: SMTP with TLS.

use std::fmt;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use schema::operations::notice_claim::Claimed;

use super::{Undelivered, text};

/// A server that is silent for so long is away.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How mail is sent.
#[derive(Clone)]
pub struct MailSettings {
    /// `smtps://user:password@host`, or `smtp://host?tls=required`.
    url: String,
    from: Mailbox,
}

impl fmt::Debug for MailSettings {
    /// The URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailSettings(from {})", self.from)
    }
}

impl MailSettings {
    /// Checks URL and sender.
    ///
    /// # Errors
    /// A sentence that says what to change; never repeats the URL.
    pub fn new(url: &str, from: &str) -> Result<Self, String> {
        let from = from.parse().map_err(|_| format!("smtp_from must be a mail address, not {from}"))?;
        let parsed: http::Uri = url.parse().map_err(|_| {
            "smtp_url is no URL: write smtps://USER:PASSWORD@HOST or smtp://HOST?tls=required".to_owned()
        })?;
        let local = matches!(parsed.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let encrypted = match parsed.scheme_str() {
            Some("smtps") => true,
            Some("smtp") => {
                parsed.query().is_some_and(|query| query.split('&').any(|pair| pair == "tls=required"))
            }
            _ => return Err("smtp_url must begin with smtps:// or smtp://".to_owned()),
        };
        if !encrypted && !local {
            return Err(
                "smtp_url would send mail without TLS: use smtps://, or add ?tls=required for STARTTLS"
                    .to_owned(),
            );
        }
        AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| {
            "smtp_url is not understood: write smtps://USER:PASSWORD@HOST or smtp://HOST?tls=required"
                .to_owned()
        })?;
        Ok(Self { url: url.to_owned(), from })
    }
}

/// Sends mail.
pub struct Sender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Sender {
    /// Ready to send; connects for each mail, because notices are rare.
    ///
    /// # Errors
    /// Why TLS cannot be set up.
    pub fn new(settings: &MailSettings) -> Result<Self, String> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
            .map_err(|error| format!("mail cannot be sent: {error}"))?;
        Ok(Self { transport: builder.timeout(Some(TIMEOUT)).build(), from: settings.from.clone() })
    }

    pub(crate) async fn send(&self, claimed: &Claimed, public_url: &str) -> Result<(), Undelivered> {
        let message = self.message(claimed, public_url)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => {
                Err(Undelivered::lasting(format!("the mail server refused it: {error}")))
            }
            Err(error) => Err(Undelivered::passing(format!("the mail server did not take it: {error}"))),
        }
    }

    fn message(&self, claimed: &Claimed, public_url: &str) -> Result<Message, Undelivered> {
        let to: Mailbox =
            claimed.address.parse().map_err(|_| Undelivered::lasting("the address is no mail address"))?;
        let text = text::text(&claimed.notice);
        let notice = &claimed.notice;
        let footer = format!(
            "-- \nFeedgate at {public_url}, tenant {}\nNotice {} of {}, {}",
            claimed.tenant_name,
            notice.id,
            notice.at,
            notice.severity.as_str(),
        );
        let host = self.from.email.domain();
        Message::builder()
            // The same for a repetition, so that mail programs show it once.
            .message_id(Some(format!("<{}@{host}>", notice.id)))
            .from(self.from.clone())
            .to(to)
            .subject(format!("[Feedgate] {}", text.title))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n\n{footer}\n", text.body()))
            .map_err(|error| Undelivered::lasting(format!("the mail cannot be written: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_without_tls_stays_on_the_machine() {
        let refused = |url: &str| MailSettings::new(url, "feedgate@example.org").map(drop).unwrap_err();
        assert!(refused("smtp://mail.example.org").contains("without TLS"));
        assert!(refused("https://mail.example.org").contains("smtps://"));
        assert!(MailSettings::new("smtp://mail.example.org?tls=required", "feedgate@example.org").is_ok());
        assert!(MailSettings::new("smtps://u:p@mail.example.org:465", "Feedgate <f@example.org>").is_ok());
        assert!(MailSettings::new("smtp://127.0.0.1:2525", "feedgate@example.org").is_ok());
        assert!(MailSettings::new("smtps://mail.example.org", "nobody").is_err());
    }

    #[test]
    fn no_output_shows_the_password() {
        let settings = MailSettings::new("smtps://u:hidden-word@mail.example.org", "f@example.org").unwrap();
        assert!(!format!("{settings:?}").contains("hidden-word"));
        let refused =
            MailSettings::new("smtp://u:hidden-word@mail.example.org", "f@example.org").unwrap_err();
        assert!(!refused.contains("hidden-word"));
    }
}
