//! Faults come together; the environment wins; defaults are safe.

use super::*;

const KEY: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, Faults> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("feedgate.toml");
    std::fs::write(&path, file).unwrap();
    let environment: Vec<(String, String)> =
        environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::from(Some(&path), &|name| environment.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone()))
}

#[test]
fn a_key_is_all_that_must_be_given() {
    let config = load("", &[("FEEDGATE_SECRET_KEYS", KEY)]).unwrap();
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert_eq!(config.store, "sqlite:feedgate.db");
    assert_eq!(config.hubspot_base_url, "https://api.hubapi.com");
    assert_eq!(config.request_deadline, Duration::from_secs(45));
    assert_eq!(config.hubspot_daily_share, 90);
}

#[test]
fn without_a_key_the_fault_says_how_to_make_one() {
    let faults = load("", &[]).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{faults}");
    assert!(faults.0[0].contains("feedgate-admin keys generate"), "{faults}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = format!("listen = \"127.0.0.1:1\"\nsecret_keys = \"{KEY}\"");
    assert_eq!(load(&file, &[("FEEDGATE_LISTEN", "127.0.0.1:2")]).unwrap().listen.port(), 2);
    assert_eq!(load(&file, &[]).unwrap().listen.port(), 1);
}

#[test]
fn all_faults_are_reported_at_once() {
    let file = "listen = \"nowhere\"\nlog_format = \"xml\"\nstrore = \"x\"\nrequest_deadline = \"1s\"\nhubspot_daily_share = 0\ntls_cert = \"/c\"";
    let faults = load(file, &[("FEEDGATE_TRUSTED_PROXIES", "10.0.0.0/99")]).unwrap_err();
    for part in [
        "listen",
        "log_format",
        "strore",
        "request_deadline",
        "hubspot_daily_share",
        "tls_cert",
        "trusted_proxies",
        "keys generate",
    ] {
        assert!(faults.0.iter().any(|fault| fault.contains(part)), "{part} in {faults}");
    }
}

#[test]
fn a_dozen_faults_are_all_reported_and_none_hides_another() {
    let wrong = [
        ("listen", "\"nowhere\""),
        ("public_url", "\"feeds\""),
        ("store", "\"mysql://db\""),
        ("hubspot_base_url", "\"hubapi\""),
        ("hubspot_daily_share", "101"),
        ("powerbi_login_url", "\"http://login.example.com\""),
        ("powerbi_api_url", "\"http://api.example.com\""),
        ("metrics_listen", "9090"),
        ("trusted_proxies", "\"10.0.0.0/99\""),
        ("connections_per_address", "3"),
        ("allow_plain_http", "\"perhaps\""),
        ("request_deadline", "45"),
        ("model_check", "\"often\""),
        ("smtp_url", "\"mail\""),
        ("log", "\"a=b=c\""),
        ("log_format", "\"xml\""),
    ];
    let file: String = wrong.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    let faults = load(&file, &[("FEEDGATE_SECRET_KEYS", KEY)]).unwrap_err();
    for (key, _) in wrong {
        assert!(faults.0.iter().any(|fault| fault.starts_with(key)), "{key} in {faults}");
    }
    assert_eq!(faults.0.len(), wrong.len(), "{faults}");
}

#[test]
fn numbers_may_stand_in_the_file_without_quotes() {
    let file = "hubspot_daily_share = 80\nconnections_per_address = 300";
    let config = load(file, &[("FEEDGATE_SECRET_KEYS", KEY)]).unwrap();
    assert_eq!((config.hubspot_daily_share, config.connections_per_address), (80, 300));
}

#[test]
fn power_bi_is_called_over_tls_only() {
    let of = |url: &str| load(&format!("powerbi_api_url = \"{url}\""), &[("FEEDGATE_SECRET_KEYS", KEY)]);
    assert!(of("https://api.powerbigov.us/").is_ok() && of("http://127.0.0.1:4010").is_ok());
    let faults = of("http://api.powerbi.com").unwrap_err();
    assert!(faults.0[0].contains("powerbi_api_url must start with https://"), "{faults}");
}

#[test]
fn plain_http_beyond_loopback_needs_an_explicit_setting() {
    let base = [
        ("FEEDGATE_SECRET_KEYS", KEY),
        ("FEEDGATE_LISTEN", "0.0.0.0:80"),
        ("FEEDGATE_PUBLIC_URL", "https://f.example/"),
    ];
    assert!(load("", &base).unwrap_err().0[0].contains("FEEDGATE_ALLOW_PLAIN_HTTP"));
    let config = load("allow_plain_http = true", &base).unwrap();
    assert_eq!(config.public_url, "https://f.example");
}

#[test]
fn a_key_is_never_repeated_in_a_fault() {
    let faults = load("", &[("FEEDGATE_SECRET_KEYS", "k1:c2VjcmV0")]).unwrap_err();
    assert!(!faults.to_string().contains("c2VjcmV0"), "{faults}");
}
