//! Power BI's own API, as its look-alike has it: a rotation that needs no hands, and what is left when it does not succeed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use feedgate_tests::admin::Admin;
use feedgate_tests::powerbi::{Fault, Outcome, PowerBi, Reply};
use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::{binaries, wait};
use serde_json::{Value, json};

/// A running service, and a Power BI in which the data set `Pipeline` reads its feed.
struct Company {
    stack: Stack,
    peer: PowerBi,
}

impl Company {
    fn start() -> Company {
        let peer = PowerBi::start();
        let options =
            Options::small().set("powerbi_login_url", &peer.url()).set("powerbi_api_url", &peer.url());
        let stack = Stack::start(&options);
        peer.world().add("Sales", "Pipeline", &stack.at(""));
        let company = Company { stack, peer };
        company.connect();
        company
    }

    fn admin(&self) -> &Admin {
        &self.stack.admin
    }

    fn connect(&self) {
        let (directory, client, secret) = {
            let world = self.peer.world();
            (world.directory.clone(), world.client_id.clone(), world.secret.clone())
        };
        let line = ["powerbi", "connect", "--directory", &directory, "--client-id", &client];
        let connected = self.admin().ok_with(&line, &secret);
        assert_eq!((&connected["client_id"], &connected["workspaces"]), (&client.into(), &1.into()));
    }

    /// User name and password that a data set holds.
    fn held(&self, set: &str) -> Option<(String, String)> {
        self.peer.world().set(set).sources[0].credentials.clone()
    }

    /// What a data set holds opens the feed.
    fn reads(&self, set: &str) -> bool {
        let (user, token) = self.held(set).unwrap();
        self.stack.get_as(&user, &token, "contacts?$top=1").status == 200
    }

    fn push(&self, id: &str, token: &str) -> Value {
        self.admin().ok_with(&["powerbi", "push", id], token)
    }

    /// Somebody enters a token by hand, and the data set reads with it.
    fn enter(&self, set: &str, token: &str) {
        self.peer.world().set(set).sources[0].credentials = Some((USER.to_owned(), token.to_owned()));
        assert!(self.reads(set));
    }

    /// Waits until the history knows that a token reads.
    fn reader(&self, id: &str) {
        wait::until("the request to be in the history", wait::PATIENCE, || {
            let entries = self.admin().ok(&["history", "--kind", "request"]);
            entries.to_string().contains(id).then_some(())
        });
    }

    fn history(&self, action: &str) -> Vec<Value> {
        let entries = self.admin().ok(&["history", "--since", "1d"]);
        let entries = entries.as_array().unwrap().iter();
        entries.filter(|entry| entry["action"] == action).cloned().collect()
    }
}

/// Steps of the first data set: `step outcome`.
fn steps(told: &Value) -> Vec<String> {
    let steps = told["powerbi"]["datasets"][0]["steps"].as_array().unwrap_or_else(|| panic!("{told:#}"));
    let word = |step: &Value, name: &str| step[name].as_str().unwrap().to_owned();
    steps.iter().map(|step| format!("{} {}", word(step, "step"), word(step, "outcome"))).collect()
}

#[test]
fn a_rotation_puts_the_successor_into_the_data_set_and_refreshes_it() {
    let company = Company::start();
    let old = &company.stack.token_id;
    let told = company.admin().ok(&["token", "rotate", old, "--push-to-powerbi"]);
    assert_eq!(steps(&told), ["credentials done", "schedule done", "refresh done"], "{told:#}");
    let held = (USER.to_owned(), told["token"].as_str().unwrap().to_owned());
    assert_eq!(company.held("Pipeline"), Some(held));
    assert!(company.reads("Pipeline"));
    assert_eq!(told["old"]["status"], "retiring");
    {
        let mut world = company.peer.world();
        let set = world.set("Pipeline");
        assert_eq!((&set.schedule["enabled"], &set.runs[0]["status"]), (&true.into(), &"Completed".into()));
    }
    let shown = company.admin().ok(&["powerbi", "datasets", "--data-source", &company.stack.data_source]);
    let row = &shown["datasets"][0];
    assert_eq!((&row["dataset"], &row["token_id"]), (&"Pipeline".into(), &told["id"]), "{row:#}");
    assert_eq!(
        (&row["schedule"]["enabled"], &row["last_refresh"]["status"]),
        (&true.into(), &"completed".into())
    );
    assert_eq!(
        (&row["data_source"], &row["on_premises"]),
        (&company.stack.data_source.clone().into(), &false.into())
    );
    let runs = company.admin().ok(&["powerbi", "history"]);
    assert_eq!((&runs[0]["dataset"], &runs[0]["kind"]), (&"Pipeline".into(), &"ViaApi".into()));
    let pushed = company.history("powerbi_push");
    assert_eq!((pushed.len(), &pushed[0]["token_id"]), (1, &told["id"]));
    assert_eq!(pushed[0]["details"]["dataset"], "Pipeline");
}

#[test]
fn what_power_bi_does_not_take_is_told_and_nothing_is_lost() {
    let company = Company::start();
    company.peer.world().set("Pipeline").owned = false;
    let ran = company.admin().run(&["token", "rotate", &company.stack.token_id, "--push-to-powerbi"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told = ran.json();
    assert_eq!(steps(&told), ["credentials failed"]);
    let message = told["powerbi"]["datasets"][0]["steps"][0]["message"].as_str().unwrap();
    assert!(message.contains("--take-over"), "{message}");
    assert_eq!(company.stack.get("contacts?$top=1").status, 200, "the old token goes on");
    assert_eq!(company.peer.world().count("POST", "/refreshes"), 0);
    let failed = company.history("powerbi_push_failed");
    assert_eq!(failed.len(), 1);
    let (id, token) = (told["id"].as_str().unwrap(), told["token"].as_str().unwrap());
    assert!(!failed[0].to_string().contains(token));

    let told = company.admin().ok_with(&["powerbi", "push", id, "--take-over"], token);
    assert_eq!(steps(&told), ["take_over done", "credentials done", "schedule done", "refresh done"]);
    assert!(company.reads("Pipeline"));
}

#[test]
fn a_scheduled_job_rotates_what_ends_soon_and_shows_no_token() {
    let company = Company::start();
    let (id, token) = company.admin().mint(USER, &["--expires-in", "10d"]);
    company.push(&id, &token);
    let rotate = ["powerbi", "rotate", "--expiring", "14d"];
    let planned = company.admin().ok(&[&rotate[..], &["--dry-run"]].concat());
    assert_eq!(planned["due"][0]["id"], id.as_str(), "{planned:#}");
    assert_eq!(company.held("Pipeline").unwrap().1, token);

    let told = company.admin().ok(&rotate);
    let rotated = told["rotated"].as_array().unwrap();
    assert_eq!((rotated.len(), &rotated[0]["old"]["id"]), (1, &id.as_str().into()), "{told:#}");
    assert!(rotated[0].get("token").is_none(), "{told:#}");
    assert!(company.reads("Pipeline"));
    assert_ne!(company.held("Pipeline").unwrap().1, token);
    let again = company.admin().ok(&rotate);
    assert_eq!(again["rotated"], json!([]), "its successor lives longer");
}

#[test]
fn a_successor_that_was_not_delivered_is_shown_and_the_next_job_mends_it() {
    let company = Company::start();
    let (id, token) = company.admin().mint(USER, &["--expires-in", "10d"]);
    company.push(&id, &token);
    company.peer.world().set("Pipeline").owned = false;
    let rotate = ["powerbi", "rotate", "--expiring", "14d", "--overlap", "1d"];
    let ran = company.admin().run(&rotate);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told = ran.json();
    let fresh = told["rotated"][0]["token"].as_str().unwrap();
    assert_eq!(company.stack.get_as(USER, fresh, "contacts?$top=1").status, 200);
    assert!(company.reads("Pipeline"), "the old one works through its overlap");

    company.peer.world().set("Pipeline").owned = true;
    let told = company.admin().ok(&rotate);
    assert_eq!(told["rotated"][0]["old"]["rotated_to"], told["rotated"][0]["id"]);
    let now = company.held("Pipeline").unwrap().1;
    assert!(now != token && now != fresh && company.reads("Pipeline"));
}

#[test]
fn a_first_push_that_fails_is_mended_by_the_next_job_also_after_the_overlap() {
    for overlap in ["30d", "0s"] {
        let company = Company::start();
        let (id, token) = company.admin().mint(USER, &["--expires-in", "10d"]);
        company.enter("Pipeline", &token);
        company.reader(&id);
        company.peer.world().set("Pipeline").owned = false;
        let rotate = ["powerbi", "rotate", "--expiring", "14d", "--overlap", overlap];
        assert_eq!(company.admin().run(&rotate).code, 1);
        assert_eq!(company.admin().run(&rotate).code, 1, "nor does it end well while it fails");

        company.peer.world().set("Pipeline").owned = true;
        let told = company.admin().ok(&rotate);
        assert_eq!(told["rotated"].as_array().unwrap().len(), 1, "{told:#}");
        assert!(company.held("Pipeline").unwrap().1 != token && company.reads("Pipeline"));
        assert_eq!(company.admin().ok(&rotate)["rotated"], json!([]));
    }
}

#[test]
fn what_is_unclear_is_told_by_every_job_until_somebody_settles_it() {
    let company = Company::start();
    let (id, token) = company.admin().mint(USER, &["--expires-in", "10d"]);
    for (id, token) in [(&id, &token), (&company.stack.token_id, &company.stack.token)] {
        company.enter("Pipeline", token);
        company.reader(id);
    }
    let rotate = ["powerbi", "rotate", "--expiring", "14d"];
    for _ in 0..2 {
        let told = company.admin().run(&rotate);
        assert_eq!((told.code, &told.json()["undone"][0]["id"]), (1, &id.as_str().into()), "{told:?}");
    }
    let fresh = company.admin().ok(&["token", "rotate", &id, "--overlap", "1d"]);
    let told = company.admin().run(&rotate);
    assert_eq!((told.code, &told.json()["undone"][0]["id"]), (1, &fresh["id"]), "{told:?}");

    let token = fresh["token"].as_str().unwrap();
    let push = ["powerbi", "push", fresh["id"].as_str().unwrap(), "--no-refresh"];
    let (code, message) = company.admin().run_with(&push, token).error();
    assert!(code == "PowerBiNoDataSet" && message.contains("--dataset"), "{message}");
    company.admin().ok_with(&[&push[..], &["--dataset", "Pipeline"]].concat(), token);
    assert_eq!(company.admin().ok(&rotate)["undone"], json!([]));
}

#[test]
fn what_a_job_cannot_settle_rotates_nothing_again() {
    for on_premises in [true, false] {
        let company = Company::start();
        {
            let mut world = company.peer.world();
            world.add("Sales", "Forecast", &company.stack.at(""));
            let gateway = world.set("Forecast").sources[0].gateway_id.clone();
            world.gateways.extend(on_premises.then_some(gateway));
        }
        let (id, token) = company.admin().mint(USER, &["--expires-in", "10d"]);
        company.admin().ok_with(&["powerbi", "push", &id, "--dataset", "Pipeline"], &token);
        company.reader(&id);
        if !on_premises {
            company.enter("Forecast", &company.stack.token);
            company.reader(&company.stack.token_id);
        }
        let rotate = ["powerbi", "rotate", "--expiring", "14d", "--no-refresh"];
        let first = company.admin().run(&rotate);
        assert_eq!((first.code, first.json()["rotated"].as_array().unwrap().len()), (1, 1), "{first:?}");
        let again = company.admin().run(&rotate);
        assert_eq!(
            (again.code, &again.json()["rotated"]),
            (i32::from(!on_premises), &json!([])),
            "{again:?}"
        );
    }
}

#[test]
fn a_takeover_that_leaves_no_connection_is_no_success_and_shows_the_successor() {
    let company = Company::start();
    let (id, token) = company.admin().mint(USER, &["--expires-in", "10d"]);
    company.push(&id, &token);
    company.peer.world().set("Pipeline").unbinds = true;
    let ran = company.admin().run(&["powerbi", "rotate", "--expiring", "14d", "--take-over"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told = ran.json()["rotated"][0].clone();
    assert_eq!(steps(&told), ["take_over done", "credentials failed"]);
    let message = told["powerbi"]["datasets"][0]["steps"][1]["message"].as_str().unwrap();
    assert!(message.contains("bound to no connection after the takeover"), "{message}");
    let fresh = told["token"].as_str().unwrap();
    assert_eq!(company.stack.get_as(USER, fresh, "contacts?$top=1").status, 200);
    assert_eq!(company.history("powerbi_push_failed").len(), 1);
}

#[test]
fn a_successor_is_shown_to_people_before_a_refresh_is_waited_for() {
    let company = Company::start();
    company.peer.world().set("Pipeline").next = Outcome::Lasts;
    let line = ["token", "rotate", &company.stack.token_id, "--push-to-powerbi", "--wait", "1h"];
    let mut command = Command::new(binaries::path("feedgate-admin"));
    command.args(line).arg("--config").arg(company.admin().config()).args(["--output", "table", "--yes"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let (tell, told) = mpsc::channel();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = thread::spawn(move || tell.send(lines.next()));
    let first = told.recv_timeout(wait::PATIENCE);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap().ok();
    let token = first.expect("a line while it waits").unwrap().unwrap();
    assert_eq!(company.stack.get_as(USER, &token, "contacts?$top=1").status, 200);
}

#[test]
fn a_data_set_that_holds_another_token_keeps_it() {
    let company = Company::start();
    let (id, token) = company.admin().mint(USER, &[]);
    company.push(&id, &token);
    let ran = company.admin().run(&["token", "rotate", &company.stack.token_id, "--push-to-powerbi"]);
    let (code, message) = ran.error();
    assert_eq!((ran.code, code.as_str()), (3, "PowerBiNoDataSet"));
    assert!(message.contains(&id) && message.contains("nothing was rotated"), "{message}");
    let shown = company.admin().ok(&["token", "show", &company.stack.token_id]);
    assert_eq!(shown["status"], "active");
    let insisting = ["powerbi", "push", &company.stack.token_id, "--dataset", "Pipeline", "--no-refresh"];
    company.admin().ok_with(&insisting, &company.stack.token);
    assert_eq!(company.held("Pipeline").unwrap().1, company.stack.token);
}

#[test]
fn a_feed_behind_a_gateway_of_ones_own_is_left_to_people() {
    let company = Company::start();
    {
        let mut world = company.peer.world();
        let gateway = world.set("Pipeline").sources[0].gateway_id.clone();
        world.gateways.push(gateway);
    }
    let ran = company.admin().run(&["token", "rotate", &company.stack.token_id, "--push-to-powerbi"]);
    let (code, message) = ran.error();
    assert_eq!((ran.code, code.as_str()), (4, "PowerBiOnPremises"), "{message}");
    assert!(message.contains("by hand") && message.contains("nothing was rotated"), "{message}");
    assert_eq!(company.peer.world().count("PATCH", ""), 0);
}

#[test]
fn a_refresh_that_fails_or_lasts_is_told_with_its_code() {
    let company = Company::start();
    let (id, token) = (&company.stack.token_id, &company.stack.token);
    company.peer.world().set("Pipeline").next = Outcome::Fails;
    let ran = company.admin().run_with(&["powerbi", "push", id], token);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told = ran.json();
    assert_eq!(steps(&told)[2], "refresh failed");
    let code = "ModelRefreshFailed_CredentialsNotSpecified";
    assert_eq!(told["powerbi"]["datasets"][0]["refresh"]["error_code"], code);
    let runs = company.admin().ok(&["powerbi", "history", "--data-source", &company.stack.data_source]);
    assert_eq!(runs[0]["error_code"], code);

    company.peer.world().set("Pipeline").next = Outcome::Lasts;
    let told = company.admin().ok_with(&["powerbi", "push", id, "--wait", "1s"], token);
    assert_eq!(steps(&told)[2], "refresh pending");
    let told = company.push(id, token);
    assert_eq!(steps(&told)[2], "refresh pending", "one runs already: {told:#}");
    let told = company.admin().ok_with(&["powerbi", "push", id, "--no-refresh"], token);
    assert_eq!(steps(&told), ["credentials done", "schedule skipped"]);
}

#[test]
fn the_doctor_names_schedules_that_are_off_and_refreshes_that_failed_there() {
    let company = Company::start();
    assert_eq!(company.stack.get("contacts?$top=1").status, 200);
    let codes = |report: &Value| -> Vec<String> {
        let found = report["findings"].as_array().unwrap().iter();
        let codes = found.map(|finding| finding["code"].as_str().unwrap().to_owned());
        codes.filter(|code| code.starts_with("PowerBi")).collect()
    };
    let sick = company.admin().run(&["doctor", "--data-source", &company.stack.data_source]);
    assert_eq!((sick.code, codes(&sick.json())), (1, vec!["PowerBiScheduleOff".to_owned()]));
    company.push(&company.stack.token_id, &company.stack.token);
    assert_eq!(codes(&company.admin().ok(&["doctor"])), Vec::<String>::new());
    company.peer.world().set("Pipeline").next = Outcome::Fails;
    assert_eq!(
        company.admin().run_with(&["powerbi", "push", &company.stack.token_id], &company.stack.token).code,
        1
    );
    let sick = company.admin().run(&["doctor"]);
    assert_eq!((sick.code, codes(&sick.json())), (1, vec!["PowerBiRefreshFailed".to_owned()]));
    company.peer.world().admitted = false;
    assert_eq!(codes(&company.admin().ok(&["doctor"])), ["PowerBiSilent"]);
    assert_eq!(codes(&company.admin().ok(&["doctor", "--offline"])), Vec::<String>::new());
}

#[test]
fn only_the_right_token_is_pushed_and_only_by_admins() {
    let company = Company::start();
    let (id, token) = company.admin().mint(USER, &[]);
    let own = &company.stack.token_id;
    let ran = company.admin().run_with(&["powerbi", "push", own], &token);
    assert_eq!((ran.code, ran.error().0.as_str()), (2, "TokenDiffers"));
    let ran = company.admin().acting_as(USER).run_with(&["powerbi", "push", &id], &token);
    assert_eq!((ran.code, ran.error().0.as_str()), (4, "NotAllowed"));
    company.admin().ok(&["token", "revoke", &id]);
    let ran = company.admin().run_with(&["powerbi", "push", &id], &token);
    assert_eq!((ran.code, ran.error().0.as_str()), (4, "TokenNotWorking"));
    assert_eq!(company.held("Pipeline"), None);
    let ran = company.admin().run(&["powerbi", "datasets", "--data-source", "aaaaaaaaaa"]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[test]
fn a_connection_is_tried_before_it_is_stored_and_its_secret_is_nowhere() {
    let company = Company::start();
    let (directory, client, secret) = {
        let world = company.peer.world();
        (world.directory.clone(), world.client_id.clone(), world.secret.clone())
    };
    company.admin().ok(&["powerbi", "disconnect"]);
    let ran = company.admin().run(&["powerbi", "datasets"]);
    assert_eq!((ran.code, ran.error().0.as_str()), (3, "PowerBiNotConnected"));
    let line = ["powerbi", "connect", "--directory", &directory, "--client-id", &client];
    let ran = company.admin().run_with(&line, "wrong");
    let (code, message) = ran.error();
    assert_eq!((ran.code, code.as_str()), (1, "PowerBiSignInRefused"));
    assert!(message.ends_with("nothing was stored") && !message.contains("wrong)"), "{message}");
    assert_eq!(company.admin().run(&["powerbi", "show"]).code, 3);

    company.connect();
    assert_eq!(company.admin().ok(&["powerbi", "show"])["directory"], directory.as_str());
    for name in ["feedgate.db", "feedgate.db-wal"] {
        let bytes = std::fs::read(company.stack.folder().join(name)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name}");
    }
    let told: Vec<String> = ["powerbi_connect", "powerbi_disconnect"]
        .iter()
        .flat_map(|action| company.history(action))
        .map(|entry| entry.to_string())
        .collect();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|entry| !entry.contains(&secret) && entry.contains("operator:")), "{told:?}");
}

#[test]
fn trouble_of_power_bi_is_told_before_anything_is_rotated() {
    let company = Company::start();
    let reply = Reply::empty(429).with("Retry-After", "900");
    company.peer.world().faults.push(Fault { method: "GET", path: "/datasources", times: 1, reply });
    let ran = company.admin().run(&["token", "rotate", &company.stack.token_id, "--push-to-powerbi"]);
    let (code, message) = ran.error();
    assert_eq!((ran.code, code.as_str()), (1, "PowerBiThrottled"));
    assert!(message.contains("900 s"), "{message}");
    assert_eq!(company.admin().ok(&["token", "show", &company.stack.token_id])["status"], "active");
    company.peer.world().admitted = false;
    let ran = company.admin().run(&["powerbi", "rotate", "--expiring", "14d"]);
    assert_eq!((ran.code, ran.error().0.as_str()), (1, "PowerBiNotAdmitted"));
}
