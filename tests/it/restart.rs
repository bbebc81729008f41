//! Stopped, killed and started again: what was acknowledged is still there.

use std::io::Read;
use std::time::Duration;

use feedgate_tests::feedgate::{Demo, Feedgate};
use feedgate_tests::postgres::Server;
use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wire::{Request, Url};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

#[test]
fn a_killed_demo_goes_on_in_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Demo { data_dir: Some(folder.path().to_owned()), ..Demo::of(2_000) };
    let mut first = Feedgate::demo(&demo);
    let revoked = first.admin.mint(&first.user, &[]);
    let kept = first.admin.mint(&first.user, &["--expires-in", "1h"]);
    first.admin.ok(&["token", "revoke", &revoked.0]);
    let page = first.get("contacts?$select=id").json();
    let link = page["@odata.nextLink"].as_str().unwrap().to_owned();
    let behind = link.strip_prefix(&first.url).unwrap().to_owned();
    let expected = first.get(&behind);
    let tokens = first.admin.ok(&["token", "show", &kept.0])["expires_at"].clone();
    first.process.kill();

    demo.listen = Url::parse(&first.url).authority;
    let second = Feedgate::demo(&demo);
    assert_eq!((&second.url, &second.user), (&first.url, &first.user));
    let ask = |token: &str| Request::get(&second.url).basic(&second.user, token).send(&second.authority());
    assert_eq!(ask(&first.token).status, 200, "the token from before");
    assert_eq!(ask(&kept.1).status, 200);
    assert_eq!(ask(&revoked.1).code().as_deref(), Some("TokenRevoked"));
    assert_eq!(second.admin.ok(&["token", "show", &kept.0])["expires_at"], tokens);
    let again = Request::get(&link).basic(&second.user, &first.token).send(&second.authority());
    assert_eq!((again.status, again.text()), (200, expected.text()));
}

#[test]
fn what_was_acknowledged_survives_kills_at_any_moment() {
    survives_kills(&Options::with(20, &["contacts:email"]));
}

#[test]
fn what_was_acknowledged_survives_kills_on_postgresql_too() {
    let Some(postgres) = Server::shared() else { return };
    survives_kills(&Options::with(20, &["contacts:email"]).on(postgres.database()));
}

#[expect(clippy::print_stdout, reason = "the seed of a failure is needed to repeat it")]
fn survives_kills(options: &Options) {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let mut stack = Stack::start(options);
    stack.admin.ok(&["policy", "set", "--max-active-tokens", "500"]);
    let (mut living, mut revoked) = (vec![(stack.token_id.clone(), stack.token.clone())], Vec::new());
    for round in 0..12 {
        // A creation that is killed at some moment: either its token was shown and works, or nothing was promised.
        let create = ["token", "create", "--user", USER, "--label", "killed"];
        let mut child = stack.admin.command(&create).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(dice.random_range(0..120)));
        let _ = child.kill();
        let mut shown = String::new();
        child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
        let _ = child.wait();
        if let Ok(token) = serde_json::from_str::<serde_json::Value>(&shown) {
            living.push((
                token["id"].as_str().unwrap().to_owned(),
                token["token"].as_str().unwrap().to_owned(),
            ));
        }
        living.push(stack.admin.mint(USER, &[]));
        let (id, text) = living.swap_remove(dice.random_range(0..living.len()));
        let outcome = stack.admin.run(&["token", "revoke", &id]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        revoked.push((id, text));
        if round % 3 == 2 {
            stack.server.kill();
            stack.start_again();
        }
        for (id, text) in &living {
            assert_eq!(stack.get_as(USER, text, "").status, 200, "seed {seed}, round {round}: {id}");
        }
        for (id, text) in &revoked {
            let code = stack.get_as(USER, text, "").code();
            assert_eq!(code.as_deref(), Some("TokenRevoked"), "seed {seed}, round {round}: {id}");
        }
    }
}
