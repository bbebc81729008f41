//! Queries over what belongs to each other: conditions, expansions and paths over navigation properties.

use feedgate::model::{Kind, StoredSet};
use hubspot_sim::{Quirks, Settings};
use odata::{Row, Value};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::compare::Census;
use super::feed::Feed;
use super::questions;
use super::truth::Truth;

pub(crate) const DEFINITION: &str = r#"{"objects":[
    {"object":"contacts","properties":["email","city","vip","credit_limit","hubspot_owner_id"]},
    {"object":"companies","properties":["name","country","numberofemployees","hubspot_owner_id"],"filter":"numberofemployees ne 7"},
    {"object":"deals","properties":["dealname","amount","dealstage","hubspot_owner_id"]},
    {"object":"tickets","properties":["subject","hs_ticket_priority"]},{"object":"owners"}]}"#;

/// Levels of navigation in a condition or an expansion.
const DEPTH: u32 = 2;

#[tokio::test]
async fn related_rows_are_those_of_a_plain_evaluation() {
    check(Quirks::default(), 0).await;
}

#[tokio::test]
async fn related_rows_are_those_of_a_plain_evaluation_on_an_odd_portal() {
    check(Quirks { short_pages: true, absent_nulls: true, ..Quirks::default() }, 1_000_000).await;
}

async fn check(quirks: Quirks, first_seed: u64) {
    let feed = Feed::over(Settings { quirks, association_page: 7, ..Settings::small(90) }, DEFINITION).await;
    let truth = Truth::of(&feed).await;
    let mut census = Census::default();
    for seed in first_seed..first_seed + questions() {
        let mut dice = StdRng::seed_from_u64(seed);
        let asker = Asker { feed: &feed, truth: &truth };
        let (path, query) = asker.question(&mut dice);
        let size = dice.random_range(1..60);
        census.ask(&feed, &truth, &format!("{path}?{query}"), size, seed).await;
    }
    census.least("answered with rows", census.with_rows, 50);
    census.most("not supported", census.not_supported, 10);
    census.most("without an outcome", census.undefined, 2);
}

pub(crate) struct Asker<'a> {
    pub(crate) feed: &'a Feed,
    pub(crate) truth: &'a Truth<'a>,
}

impl Asker<'_> {
    pub(crate) fn question(&self, dice: &mut StdRng) -> (String, String) {
        let set = ["contacts", "companies", "deals", "tickets"][dice.random_range(0..4)];
        let (path, set) = if dice.random_bool(0.25) { self.path(set, dice) } else { (set.to_owned(), set) };
        let mut options = Vec::new();
        if dice.random_bool(0.7) {
            options.push(format!("$filter={}", self.condition(set, "", dice, DEPTH)));
        }
        if dice.random_bool(0.6) {
            options.push(format!("$expand={}", self.expand(set, dice, DEPTH)));
        }
        options.extend(self.shape(set, dice));
        (path, options.join("&"))
    }

    /// From one row over an association to others.
    fn path(&self, set: &str, dice: &mut StdRng) -> (String, &str) {
        let from = self.feed.set(set);
        let ways: Vec<_> = from.navigation.iter().filter(|way| way.is_collection()).collect();
        let way = ways[dice.random_range(0..ways.len())];
        let rows = self.truth.set(set);
        (
            format!("{set}({})/{}", rows[dice.random_range(0..rows.len())][0], way.name),
            &self.feed.set(&way.target).name,
        )
    }

    /// `$orderby`, `$top`, `$skip`, `$select`.
    fn shape(&self, set: &str, dice: &mut StdRng) -> Vec<String> {
        let columns = &self.feed.set(set).properties;
        let column = |dice: &mut StdRng| columns[dice.random_range(0..columns.len())].name.clone();
        let mut options = Vec::new();
        if dice.random_bool(0.3) {
            let owned = self.feed.set(set).navigation.iter().any(|way| way.name == "owner");
            let by = if owned && dice.random_bool(0.3) { "owner/email".to_owned() } else { column(dice) };
            options.push(format!("$orderby={by}{}", if dice.random_bool(0.5) { " desc" } else { "" }));
        }
        if dice.random_bool(0.3) {
            options.push(format!("$top={}", dice.random_range(0..30)));
        }
        if dice.random_bool(0.2) {
            options.push(format!("$skip={}", dice.random_range(0..5)));
        }
        if dice.random_bool(0.4) {
            options.push(format!("$select={}", column(dice)));
        }
        options
    }

    fn expand(&self, set: &str, dice: &mut StdRng, depth: u32) -> String {
        let ways = &self.feed.set(set).navigation;
        let first = dice.random_range(0..ways.len());
        let mut chosen = vec![first];
        if dice.random_bool(0.3) && ways.len() > 1 {
            chosen.push((first + 1) % ways.len());
        }
        let items: Vec<String> = chosen
            .into_iter()
            .map(|way| {
                let way = &ways[way];
                let mut options = if way.is_collection() {
                    let mut options = self.shape(&way.target, dice);
                    if dice.random_bool(0.4) {
                        options.push(format!("$filter={}", self.condition(&way.target, "", dice, depth - 1)));
                    }
                    if dice.random_bool(0.3) {
                        options.push("$count=true".to_owned());
                    }
                    options
                } else {
                    Vec::new()
                };
                if depth > 1 && way.is_collection() && dice.random_bool(0.4) {
                    options.push(format!("$expand={}", self.expand(&way.target, dice, depth - 1)));
                }
                let options =
                    if options.is_empty() { String::new() } else { format!("({})", options.join(";")) };
                format!("{}{options}", way.name)
            })
            .collect();
        items.join(",")
    }

    fn condition(&self, set: &str, prefix: &str, dice: &mut StdRng, depth: u32) -> String {
        let nested = |dice: &mut StdRng| self.condition(set, prefix, dice, depth);
        match dice.random_range(0..12) {
            0 | 1 => format!("({} and {})", nested(dice), self.comparison(set, prefix, dice)),
            2 => format!("({} or {})", nested(dice), self.comparison(set, prefix, dice)),
            3 => format!("not ({})", nested(dice)),
            4..=8 if depth > 0 => self.lambda(set, prefix, dice, depth),
            9 if self.feed.set(set).navigation.iter().any(|way| way.name == "owner") => {
                self.owner(prefix, dice)
            }
            _ => self.comparison(set, prefix, dice),
        }
    }

    fn owner(&self, prefix: &str, dice: &mut StdRng) -> String {
        let owners = self.feed.stored.set("owners").unwrap().1;
        match dice.random_range(0..3) {
            0 => format!("{prefix}owner ne null"),
            _ => self.comparison(&owners.name, &format!("{prefix}owner/"), dice),
        }
    }

    fn lambda(&self, set: &str, prefix: &str, dice: &mut StdRng, depth: u32) -> String {
        let ways: Vec<_> = self.feed.set(set).navigation.iter().filter(|way| way.is_collection()).collect();
        if ways.is_empty() {
            return self.comparison(set, prefix, dice);
        }
        let way = ways[dice.random_range(0..ways.len())];
        let (path, variable) = (format!("{prefix}{}", way.name), format!("v{depth}"));
        let inner = |dice: &mut StdRng| self.condition(&way.target, &format!("{variable}/"), dice, depth - 1);
        match dice.random_range(0..5) {
            0 => format!("{path}/any()"),
            1 => format!("{path}/$count gt {}", dice.random_range(0..4)),
            2 => format!("{path}/all({variable}:{})", inner(dice)),
            _ => format!("{path}/any({variable}:{})", inner(dice)),
        }
    }

    fn comparison(&self, set: &str, prefix: &str, dice: &mut StdRng) -> String {
        let stored = self.feed.set(set);
        let index = dice.random_range(0..stored.properties.len());
        let column = format!("{prefix}{}", stored.properties[index].name);
        let literal = literal(self.truth.set(set), index, dice);
        if kind(stored, index) == Kind::Text {
            return text(&column, &literal, dice);
        }
        let operators: &[&str] = match kind(stored, index) {
            Kind::Boolean => &["eq", "ne"],
            _ => &["eq", "ne", "gt", "ge", "lt", "le"],
        };
        match (kind(stored, index), dice.random_range(0..6)) {
            (Kind::DateTime, 0) => format!("year({column}) gt {}", dice.random_range(2000..2026)),
            (Kind::Number, 0) => format!("round({column}) eq {column}"),
            (Kind::Number, 1) => format!("{column} mul 2 gt 100"),
            _ => format!("{column} {} {literal}", operators[dice.random_range(0..operators.len())]),
        }
    }
}

fn kind(set: &StoredSet, column: usize) -> Kind {
    set.properties[column].kind
}

fn text(column: &str, literal: &str, dice: &mut StdRng) -> String {
    match (literal, dice.random_range(0..8)) {
        ("null", _) => format!("{column} {} null", if dice.random_bool(0.5) { "eq" } else { "ne" }),
        (_, 0) => format!("contains(tolower({column}),tolower({literal}))"),
        (_, 1) => format!("startswith({column},substring({literal},0,2))"),
        (_, 2) => format!("length({column}) gt length({literal})"),
        (_, 3) => format!("indexof({column},'a') ge 1"),
        (_, 4) => format!("concat(trim({column}),'x') eq concat({literal},'x')"),
        (_, 5) => format!("{column} in ({literal},'a')"),
        _ => format!("{column} eq {literal}"),
    }
}

fn literal(rows: &[Row], column: usize, dice: &mut StdRng) -> String {
    let value = match rows {
        [] => &Value::Null,
        rows => &rows[dice.random_range(0..rows.len())][column],
    };
    value.to_string().replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23")
}
