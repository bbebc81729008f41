//! What is accepted, what is not.

use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("feedgate-admin").chain(line.split_whitespace()))
}

#[test]
fn the_description_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn commands_of_the_contract_are_understood() {
    for line in [
        "keys generate",
        "keys rekey",
        "rekey",
        "tenant create acme",
        "tenant list --output json",
        "tenant show --tenant acme",
        "tenant suspend acme --yes",
        "tenant resume acme",
        "policy show",
        "policy set --max-lifetime 90d --max-active-tokens 5 --max-idle none",
        "policy set --max-lifetime 30d --existing clamp --grace 3h --dry-run",
        "policy set --existing clamp",
        "policy set --rate-token 1200/m --rate-user 2400/m --rate-tenant 6000/m --concurrent 32",
        "policy set --allow-address 10.0.0.0/8 --allow-address 203.0.113.7",
        "connection add hub",
        "connection add hub --no-test",
        "connection list",
        "connection test hub",
        "connection replace-credential hub",
        "connection remove hub --yes",
        "user add anna@example.org --email anna@example.org --role admin",
        "user add refresh --role service --owner anna@example.org",
        "user list --as anna@example.org",
        "user edit refresh --owner ben",
        "user edit anna --email anna@example.org",
        "user disable anna",
        "user enable anna",
        "user remove anna",
        "user group add sales anna",
        "user group remove sales anna",
        "user group list",
        "token create --user anna --label desktop",
        "token create --user anna --label desktop --expires-in 30d --data-source k7m2q9x4tb --data-source abcdefghjk",
        "token list --user anna --status active --expiring 14d",
        "token show 0123456789abcdef",
        "token rotate 0123456789abcdef",
        "token rotate 0123456789abcdef --overlap 0d",
        "token rotate 0123456789abcdef --push-to-powerbi --dataset Pipeline --take-over --wait 45m",
        "powerbi connect --directory 00000000-0000-0000-0000-000000000000 --client-id 0a1b --no-test",
        "powerbi show",
        "powerbi disconnect --yes",
        "powerbi datasets --data-source k7m2q9x4tb",
        "powerbi push 0123456789abcdef --dataset Pipeline --dataset Forecast --no-refresh --keep-schedule",
        "powerbi rotate --expiring 14d --overlap 7d --dry-run --wait 1h",
        "powerbi history --data-source k7m2q9x4tb --limit 60",
        "token revoke 0123456789abcdef",
        "token revoke-all --user anna",
        "token revoke-leaked",
        "source create crm --owner anna --connection hub --object contacts:email,firstname --object deals --labels both",
        "source list --search crm",
        "source list --as anna --mine",
        "--as anna source list --shared",
        "source show k7m2q9x4tb",
        "source show k7m2q9x4tb --output toml",
        "source edit k7m2q9x4tb --name Sales --object contacts:email --remove-object deals --labels both",
        "source edit k7m2q9x4tb --filter contacts=id --remove-filter deals --dry-run",
        "source apply sales.toml --dry-run",
        "source clone k7m2q9x4tb Copy",
        "source transfer k7m2q9x4tb --to anna",
        "source transfer --all-of ben --to anna",
        "source explain k7m2q9x4tb contacts?$filter=id",
        "source associations k7m2q9x4tb --output mermaid",
        "source odc k7m2q9x4tb contacts",
        "source m k7m2q9x4tb contacts",
        "source refresh k7m2q9x4tb",
        "source share k7m2q9x4tb --with group:sales",
        "source unshare k7m2q9x4tb --with anna",
        "source delete k7m2q9x4tb",
        "source preview k7m2q9x4tb contacts --top 20",
        "source pbids k7m2q9x4tb",
        "history --kind token --token 0123456789abcdef --since 7d",
        "history --kind request --data-source k7m2q9x4tb",
        "history --kind token --follow --format jsonl",
        "history --since 400d --limit 1000000 --format csv",
        "backup /tmp/copy.db",
        "store copy sqlite:feedgate.db postgres://feedgate@db/feedgate",
        "store migrate --store sqlite:feedgate.db --config feedgate.toml",
    ] {
        if let Err(error) = parse(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    for line in [
        "",
        "tokens list",
        "tenant",
        "tenant create",
        "policy set",
        "policy set --dry-run",
        "policy set --grace 3h",
        "policy set --max-lifetime 90",
        "policy set --max-lifetime 90d --grace none --existing clamp",
        "policy set --max-active-tokens 0",
        "policy set --rate-token 5/s",
        "policy set --existing delete",
        "token create --user anna",
        "token create --user anna --label x --expires-in soon",
        "token list --expiring none",
        "token list --status dead",
        "user edit anna",
        "token rotate",
        "token rotate 0123456789abcdef --overlap none",
        "token revoke-leaked fg_secret",
        "powerbi connect --client-id 0a1b",
        "powerbi connect --directory acme --client-id 0a1b s3cret",
        "powerbi push",
        "powerbi rotate",
        "powerbi rotate 0123456789abcdef",
        "powerbi history --limit 0",
        "source create crm --owner anna --connection hub",
        "source create crm --owner anna --connection hub --object contacts:",
        "source create crm --owner anna --connection hub --object contacts --filter contacts",
        "source preview k7m2q9x4tb contacts --top 0",
        "source share k7m2q9x4tb --with group:",
        "source list --as anna --mine --shared",
        "source edit k7m2q9x4tb",
        "source edit k7m2q9x4tb --dry-run",
        "source transfer --to anna",
        "source transfer k7m2q9x4tb --all-of ben --to anna",
        "source m k7m2q9x4tb",
        "connection add hub pat-na1-secret",
        "history --kind refreshes",
        "history --follow --since 7d",
        "history --format xml",
        "tenant list --output yaml",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn values_arrive_as_they_were_meant() {
    let Command::Source(SourceCommand::Create(request)) = parse(
        "source create crm --owner a --connection h --object contacts:email,firstname --filter contacts=id<5",
    )
    .unwrap()
    .command
    else {
        panic!("another command");
    };
    assert_eq!(request.objects[0].object, "contacts");
    assert_eq!(
        request.objects[0].properties.as_deref(),
        Some(&["email".to_owned(), "firstname".to_owned()][..])
    );
    assert_eq!(request.filters[0].filter, "id<5");
}
