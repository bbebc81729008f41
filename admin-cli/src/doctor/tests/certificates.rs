//! What is thought of a certificate: one for `feeds.example.org`, good from 2026-11-20 to 2027-02-18T16:30:00Z, of an
//! authority that these tests trust.

use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::super::facts::Certificate;
use super::super::probe::Noting;

const AUTHORITY: &[u8] = include_bytes!("../certificates/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("../certificates/feeds.example.org.der");

fn thought(name: &str, at: &str, shown: &[u8]) -> Certificate {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(AUTHORITY)).unwrap();
    let provider = Arc::new(ring::default_provider());
    let system = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let noting = Noting { system, verdict: Arc::default() };
    let at: jiff::Timestamp = at.parse().unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(at.as_second().unsigned_abs()));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    noting.verify_server_cert(&CertificateDer::from(shown), &[], &name, &[], at).unwrap();
    noting.verdict.lock().unwrap().take().unwrap()
}

#[test]
fn a_certificate_is_good_ending_over_of_another_name_or_untrusted() {
    let name = "feeds.example.org";
    let end = Some("2027-02-18T16:30:00Z".parse().unwrap());
    assert_eq!(thought(name, "2026-12-01T00:00:00Z", CERTIFICATE), Certificate::Good);
    assert_eq!(thought(name, "2027-02-10T00:00:00Z", CERTIFICATE), Certificate::Ending(end));
    assert_eq!(thought(name, "2027-03-01T00:00:00Z", CERTIFICATE), Certificate::Over(end));
    assert_eq!(thought("other.example.org", "2026-12-01T00:00:00Z", CERTIFICATE), Certificate::OtherName);
    assert!(matches!(thought(name, "2026-12-01T00:00:00Z", AUTHORITY), Certificate::Untrusted(_)));
}
