//! Power BI as its look-alike has it: what people read.

use feedgate_tests::powerbi::PowerBi;
use hubspot_sim::Settings;

use crate::support::{Admin, Portal, Ran, fed};

/// A tenant whose token reads a feed that the data set `Pipeline` reads as well.
struct Office {
    admin: Admin,
    peer: PowerBi,
    token: String,
    id: String,
    _portal: Portal,
}

impl Office {
    fn open() -> Office {
        let portal = Portal::start(Settings::small(20));
        let admin = Admin::at(&portal.url()).with_acme();
        admin.json_with(&["connection", "add", "hub"], "pat-na1-demo");
        let source = admin.json("source create Sales --owner anna --connection hub --object contacts:email")
            ["id"]
            .clone();
        admin.record_public_url("https://feeds.example");
        let minted = admin.json("token create --user anna --label night");
        let text = |name: &str| minted[name].as_str().unwrap().to_owned();
        let peer = PowerBi::start();
        peer.world().add(
            "Reports",
            "Pipeline",
            &format!("https://feeds.example/odata/{}/", source.as_str().unwrap()),
        );
        let office = Office { admin, peer, token: text("token"), id: text("id"), _portal: portal };
        let (directory, client, secret) = {
            let world = office.peer.world();
            (world.directory.clone(), world.client_id.clone(), world.secret.clone())
        };
        let line = ["powerbi", "connect", "--directory", &directory, "--client-id", &client];
        let ran = office.run(&line, &secret);
        assert!(ran.code == 0 && ran.out.contains("a member of 1 workspace"), "{}{}", ran.out, ran.err);
        office
    }

    fn run(&self, words: &[&str], input: &str) -> Ran {
        let mut command = self.admin.command(words);
        command.env("FEEDGATE_POWERBI_LOGIN_URL", self.peer.url());
        command.env("FEEDGATE_POWERBI_API_URL", self.peer.url());
        fed(&mut command, input)
    }
}

#[test]
fn a_rotation_tells_each_step_and_the_token_once() {
    let office = Office::open();
    let ran = office.run(&["token", "rotate", &office.id, "--push-to-powerbi"], "");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let fresh = office.peer.world().set("Pipeline").sources[0].credentials.clone().unwrap().1;
    assert_eq!(ran.out.matches(&fresh).count(), 1);
    for part in
        ["has the token", "was off and is on again", "a refresh with the new token succeeded", "works until"]
    {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let listed = office.run(&["powerbi", "datasets"], "").out;
    assert!(
        listed.contains("Pipeline") && listed.contains("(active)") && listed.contains("completed"),
        "{listed}"
    );
    assert!(office.run(&["powerbi", "history"], "").out.contains("ViaApi"));
    assert!(office.run(&["history", "--kind", "token"], "").out.contains("put into Power BI the token"));
}

#[test]
fn what_is_not_taken_is_said_with_what_to_do_and_the_old_token_goes_on() {
    let office = Office::open();
    office.run(&["powerbi", "push", &office.id], &office.token);
    office.peer.world().set("Pipeline").owned = false;
    let ran = office.run(&["powerbi", "rotate", "--expiring", "100d"], "");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for part in
        ["fg_", "They go on with the old token, which works until", "powerbi push", "--take-over", "FAILED"]
    {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let world_holds = office.peer.world().set("Pipeline").sources[0].credentials.clone().unwrap().1;
    assert_eq!(world_holds, office.token);
}

#[test]
fn a_job_with_nothing_to_do_says_so_and_is_content() {
    let office = Office::open();
    let ran = office.run(&["powerbi", "rotate", "--expiring", "1d"], "");
    assert!(ran.code == 0 && ran.out.starts_with("No token that a data set is known to hold"), "{}", ran.out);
    let ran = office.run(&["powerbi", "show"], "");
    assert!(ran.out.contains("acme.onmicrosoft.example") && !ran.out.contains("entra"), "{}", ran.out);
    assert_eq!(office.run(&["powerbi", "disconnect"], "").code, 0);
    assert_eq!(office.run(&["powerbi", "show"], "").code, 3);
}
