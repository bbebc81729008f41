//! The whole language: every function, operator and option, over tables, links and navigation, in questions that a type
//! checker would pass.

use std::cell::RefCell;

use feedgate::model::Kind;
use hubspot_sim::{Quirks, Settings};
use odata::expr::Function;
use odata::{Row, Value};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::compare::Census;
use super::feed::Feed;
use super::questions;
use super::truth::Truth;

pub(crate) const DEFINITION: &str = r#"{"objects":[
    {"object":"contacts","properties":["email","city","vip","credit_limit","loyalty_points","contract_signed_on","createdate",
        "closedate","hubspot_owner_id"]},
    {"object":"companies","properties":["name","country","numberofemployees","createdate","hubspot_owner_id"]},
    {"object":"deals","properties":["dealname","amount","dealstage","closedate","hubspot_owner_id"]},
    {"object":"tickets","properties":["subject","hs_ticket_priority","createdate"]},{"object":"owners"}]}"#;

/// Where questions begin; links as well.
const SETS: [&str; 6] = ["contacts", "contacts", "companies", "deals", "tickets", "contacts_companies"];

/// What has to have been answered at least once, beside every function.
const PARTS: [&str; 33] = [
    "$filter=",
    "$expand=",
    "$select=",
    "$orderby=",
    "$top=",
    "$skip=",
    "$count=true",
    "$search=",
    "$levels=",
    "$it/",
    "@p1",
    " and ",
    " or ",
    "not (",
    " in (",
    " add ",
    " sub ",
    " mul ",
    " div ",
    " divby ",
    " mod ",
    "-(",
    "/any(",
    "/all(",
    "/any()",
    "/$count gt",
    "cast(",
    "isof(",
    "matchespattern(",
    "case(",
    "owner/",
    "contacts_companies?",
    ")/",
];

const PARTS_OF_INSTANTS: [&str; 8] =
    ["year", "month", "day", "hour", "minute", "second", "fractionalseconds", "totaloffsetminutes"];

#[tokio::test]
async fn the_whole_language_is_answered_as_plainly() {
    check(Quirks::default(), 2_000_000).await;
}

#[tokio::test]
async fn the_whole_language_is_answered_as_plainly_by_an_odd_portal() {
    let quirks = Quirks { short_pages: true, absent_nulls: true, members_only: true, ..Quirks::default() };
    check(quirks, 3_000_000).await;
}

async fn check(quirks: Quirks, first_seed: u64) {
    let feed = Feed::over(Settings { quirks, association_page: 9, ..Settings::small(80) }, DEFINITION).await;
    let truth = Truth::of(&feed).await;
    let mut census = Census::default();
    for seed in first_seed..first_seed + 2 * questions() {
        let mut dice = StdRng::seed_from_u64(seed);
        let asker = Asker { feed: &feed, truth: &truth, aliases: RefCell::default() };
        let url = asker.question(&mut dice);
        let size = [3, 20, 60, 1_000][dice.random_range(0..4)];
        census.ask(&feed, &truth, &url, size, seed).await;
    }
    census.least("answered with rows", census.with_rows, 40);
    census.least("on several pages", census.on_several_pages, 15);
    census.least("narrowed by HubSpot", census.pushed, 15);
    census.most("not supported", census.not_supported, 15);
    census.most("without an outcome", census.undefined, 8);
    let functions = Function::ALL.map(|function| format!("{}(", function.name()));
    let missing: Vec<&str> = functions
        .iter()
        .map(String::as_str)
        .chain(PARTS)
        .filter(|part| !census.answered.iter().any(|url| url.contains(part)))
        .collect();
    assert!(missing.is_empty(), "never answered in {} questions: {missing:?}", census.asked);
}

pub(crate) struct Asker<'a> {
    pub(crate) feed: &'a Feed,
    pub(crate) truth: &'a Truth<'a>,
    /// Values of `@p0`, `@p1`, …
    pub(crate) aliases: RefCell<Vec<String>>,
}

/// Where an expression stands: names begin with the prefix, and so many lambdas may still be opened.
#[derive(Clone, Copy)]
struct Place<'p> {
    set: &'p str,
    prefix: &'p str,
    depth: u32,
}

fn one<'t>(dice: &mut StdRng, of: &[&'t str]) -> &'t str {
    of[dice.random_range(0..of.len())]
}

impl Asker<'_> {
    pub(crate) fn question(&self, dice: &mut StdRng) -> String {
        let set = one(dice, &SETS);
        let (path, set) = if dice.random_bool(0.15) { self.path(set, dice) } else { (set.to_owned(), set) };
        let mut options = Vec::new();
        if dice.random_bool(0.75) {
            let place = Place { set, prefix: "", depth: 2 };
            options.push(format!("$filter={}", encoded(&self.condition(place, dice, 2))));
        }
        if !self.ways(set).is_empty() && dice.random_bool(0.35) {
            options.push(format!("$expand={}", encoded(&self.expand(set, dice, 2))));
        }
        if path == set && ["contacts", "companies", "deals"].contains(&set) && dice.random_bool(0.1) {
            options.push(format!("$search={}", self.words(set, dice)));
        }
        options.extend(
            self.shape(set, dice, true).iter().map(|(name, value)| format!("{name}={}", encoded(value))),
        );
        let aliases = self.aliases.borrow();
        options
            .extend(aliases.iter().enumerate().map(|(index, value)| format!("@p{index}={}", encoded(value))));
        format!("{path}?{}", options.join("&"))
    }

    fn ways(&self, set: &str) -> &[feedgate::model::StoredNavigation] {
        &self.feed.set(set).navigation
    }

    fn path(&self, set: &str, dice: &mut StdRng) -> (String, &str) {
        let from = if set == "contacts_companies" { "contacts" } else { set };
        let ways: Vec<_> = self.ways(from).iter().filter(|way| way.is_collection()).collect();
        let way = ways[dice.random_range(0..ways.len())];
        let rows = self.truth.set(from);
        let key = &rows[dice.random_range(0..rows.len())][0];
        (format!("{from}({key})/{}", way.name), &self.feed.set(&way.target).name)
    }

    /// The beginnings of words that somebody could look for.
    fn words(&self, set: &str, dice: &mut StdRng) -> String {
        let rows = self.truth.set(set);
        let text = rows[dice.random_range(0..rows.len())][1].to_string();
        let words = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.len() > 2 && !word.contains("null"));
        let words: Vec<String> = words.take(2).map(|word| word[..3].to_lowercase()).collect();
        if words.is_empty() { "an".to_owned() } else { words.join("%20") }
    }

    /// `$orderby`, `$top`, `$skip`, `$select`, `$count`.
    fn shape(&self, set: &str, dice: &mut StdRng, outside: bool) -> Vec<(&'static str, String)> {
        let columns = &self.feed.set(set).properties;
        let place = Place { set, prefix: "", depth: 0 };
        let mut options = Vec::new();
        if dice.random_bool(0.3) {
            let direction = if dice.random_bool(0.5) { " desc" } else { "" };
            let owned = self.ways(set).iter().any(|way| way.name == "owner");
            let by = match dice.random_range(0..5) {
                0 => self.number(place, dice, 1),
                1 => self.text(place, dice, 1),
                2 if owned && outside => "owner/email".to_owned(),
                _ => columns[dice.random_range(0..columns.len())].name.clone(),
            };
            options.push(("$orderby", format!("{by}{direction}")));
        }
        if dice.random_bool(0.25) {
            options.push(("$top", dice.random_range(0..70).to_string()));
        }
        if dice.random_bool(0.2) {
            options.push(("$skip", dice.random_range(0..12).to_string()));
        }
        if dice.random_bool(0.35) {
            let names = (0..dice.random_range(1..4))
                .map(|_| columns[dice.random_range(0..columns.len())].name.as_str());
            options.push(("$select", names.collect::<Vec<_>>().join(",")));
        }
        if dice.random_bool(0.3) {
            options.push(("$count", "true".to_owned()));
        }
        options
    }

    fn expand(&self, set: &str, dice: &mut StdRng, depth: u32) -> String {
        if dice.random_bool(0.05) {
            return "*".to_owned();
        }
        let ways = self.ways(set);
        let first = dice.random_range(0..ways.len());
        let more = usize::from(dice.random_bool(0.3) && ways.len() > 1);
        let item = |index: usize, dice: &mut StdRng| {
            let way = &ways[index % ways.len()];
            let mut options = Vec::new();
            if way.is_collection() {
                options = self.shape(&way.target, dice, false);
                if dice.random_bool(0.35) {
                    let place = Place { set: &way.target, prefix: "", depth: depth - 1 };
                    options.push(("$filter", self.condition(place, dice, 1)));
                }
                if depth > 1 && dice.random_bool(0.35) {
                    options.push(("$expand", self.expand(&way.target, dice, depth - 1)));
                }
                if dice.random_bool(0.15) {
                    options.push(("$levels", one(dice, &["1", "2", "max"]).to_owned()));
                }
            }
            let options: Vec<String> =
                options.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let options = if options.is_empty() { String::new() } else { format!("({})", options.join(";")) };
            format!("{}{options}", way.name)
        };
        (first..=first + more).map(|index| item(index, dice)).collect::<Vec<_>>().join(",")
    }

    fn condition(&self, place: Place<'_>, dice: &mut StdRng, size: u32) -> String {
        let less = size.saturating_sub(1);
        match dice.random_range(0..if size == 0 { 8 } else { 14 }) {
            8 | 9 => format!("{} and {}", self.condition(place, dice, less), self.comparison(place, dice)),
            10 => format!("({} or {})", self.condition(place, dice, less), self.comparison(place, dice)),
            11 => format!("not ({})", self.condition(place, dice, less)),
            12 | 13 if place.depth > 0 => self.lambda(place, dice),
            7 if place.prefix.is_empty() && place.depth == 2 => {
                self.comparison(Place { prefix: "$it/", ..place }, dice)
            }
            6 if self.ways(place.set).iter().any(|way| way.name == "owner") => {
                match dice.random_range(0..3) {
                    0 => format!("{}owner ne null", place.prefix),
                    _ => {
                        let prefix = format!("{}owner/", place.prefix);
                        self.comparison(Place { set: "owners", prefix: &prefix, depth: 0 }, dice)
                    }
                }
            }
            _ => self.comparison(place, dice),
        }
    }

    fn lambda(&self, place: Place<'_>, dice: &mut StdRng) -> String {
        let ways: Vec<_> = self.ways(place.set).iter().filter(|way| way.is_collection()).collect();
        if ways.is_empty() || place.prefix.starts_with('$') {
            return self.comparison(place, dice);
        }
        let way = ways[dice.random_range(0..ways.len())];
        let (path, variable) = (format!("{}{}", place.prefix, way.name), format!("v{}", place.depth));
        let prefix = format!("{variable}/");
        let inner = Place { set: &way.target, prefix: &prefix, depth: place.depth - 1 };
        match dice.random_range(0..6) {
            0 => format!("{path}/any()"),
            1 => format!("{path}/$count gt {}", dice.random_range(0..4)),
            2 => format!("{path}/all({variable}:{})", self.condition(inner, dice, 1)),
            _ => format!("{path}/any({variable}:{})", self.condition(inner, dice, 1)),
        }
    }

    fn comparison(&self, place: Place<'_>, dice: &mut StdRng) -> String {
        let op = one(dice, &["eq", "ne", "gt", "ge", "lt", "le"]);
        match dice.random_range(0..26) {
            0..=3 => {
                let columns = &self.feed.set(place.set).properties;
                let index = dice.random_range(0..columns.len());
                let boolean = columns[index].kind == Kind::Boolean;
                let op = if boolean { one(dice, &["eq", "ne"]) } else { op };
                let value = self.literal(place.set, index, dice);
                format!("{}{} {op} {}", place.prefix, columns[index].name, self.aliased(value, dice))
            }
            4..=6 => {
                let columns = &self.feed.set(place.set).properties;
                let index = dice.random_range(0..columns.len());
                let values: Vec<String> = (0..4).map(|_| self.literal(place.set, index, dice)).collect();
                format!("{}{} in ({})", place.prefix, columns[index].name, values.join(","))
            }
            7 | 8 => {
                let function = one(dice, &["contains", "startswith", "endswith"]);
                format!("{function}({},{})", self.text(place, dice, 1), self.text(place, dice, 0))
            }
            9..=12 => format!("{} {op} {}", self.number(place, dice, 2), self.number(place, dice, 1)),
            13 | 14 => format!("{} {op} {}", self.text(place, dice, 2), self.text(place, dice, 1)),
            15 | 16 => format!("{} {op} {}", self.instant(place, dice), self.instant(place, dice)),
            21 | 22 => {
                let (part, op) = (one(dice, &PARTS_OF_INSTANTS), one(dice, &["ge", "lt", "ne"]));
                format!(
                    "{part}({}) {op} {}",
                    self.instant(place, dice),
                    one(dice, &["0", "7", "15", "2025", "0.5"])
                )
            }
            23 => {
                let columns = &self.feed.set(place.set).properties;
                let index = dice.random_range(0..columns.len());
                let name = format!("{}{}", place.prefix, columns[index].name);
                let mut alias = || {
                    let value = self.literal(place.set, index, dice);
                    self.alias(value)
                };
                format!("({name} eq {} or {name} eq {})", alias(), alias())
            }
            24 => {
                let by = one(dice, &["div 3", "mod 7", "divby -4", "mul 2.5", "sub 10", "add 1e1"]);
                format!("{} {by} {op} {}", self.number(place, dice, 0), self.number(place, dice, 1))
            }
            17 => format!("date({}) {op} 2025-0{}-15", self.instant(place, dice), dice.random_range(1..10)),
            18 => format!("time({}) {op} 1{}:30:00", self.instant(place, dice), dice.random_range(0..10)),
            19 => format!(
                "matchespattern({},'{}')",
                self.text(place, dice, 0),
                one(dice, &["^[A-M]", "e.*n$", "[0-9]"])
            ),
            20 => {
                format!("isof({},Edm.String) eq {}", self.text(place, dice, 0), one(dice, &["true", "false"]))
            }
            _ => format!(
                "case({} gt 100:'many',true:{}) ne 'few'",
                self.number(place, dice, 0),
                self.text(place, dice, 0)
            ),
        }
    }

    fn column(&self, place: Place<'_>, dice: &mut StdRng, fits: impl Fn(Kind) -> bool) -> Option<String> {
        let columns = self.feed.set(place.set).properties.iter().filter(|column| fits(column.kind));
        let columns: Vec<_> = columns.collect();
        (!columns.is_empty())
            .then(|| format!("{}{}", place.prefix, columns[dice.random_range(0..columns.len())].name))
    }

    fn text(&self, place: Place<'_>, dice: &mut StdRng, size: u32) -> String {
        let column = self.column(place, dice, |kind| kind == Kind::Text);
        let fixed = || "'an'".to_owned();
        if size == 0 {
            return if dice.random_bool(0.7) { column.unwrap_or_else(fixed) } else { fixed() };
        }
        let inner = |dice: &mut StdRng| self.text(place, dice, size - 1);
        match dice.random_range(0..8) {
            0 => format!("concat({},{})", inner(dice), inner(dice)),
            1 => format!("{}({})", one(dice, &["tolower", "toupper", "trim"]), inner(dice)),
            2 => format!("substring({},{})", inner(dice), dice.random_range(0..4)),
            3 => {
                format!("substring({},{},{})", inner(dice), dice.random_range(0..4), dice.random_range(0..6))
            }
            4 => format!("cast({},Edm.String)", self.number(place, dice, 0)),
            _ => column.unwrap_or_else(fixed),
        }
    }

    fn number(&self, place: Place<'_>, dice: &mut StdRng, size: u32) -> String {
        let column = self.column(place, dice, |kind| matches!(kind, Kind::Number | Kind::Integer));
        let column = column.unwrap_or_else(|| format!("{}id", place.prefix));
        let fixed = one(dice, &["0", "3", "7.5", "100", "-2", "1e2"]);
        if size == 0 {
            return if dice.random_bool(0.7) && !place.prefix.contains("owner") {
                column
            } else {
                fixed.to_owned()
            };
        }
        let inner = |dice: &mut StdRng| self.number(place, dice, size - 1);
        match dice.random_range(0..18) {
            0 => format!("({} add {})", inner(dice), inner(dice)),
            1 => format!("({} sub {})", inner(dice), inner(dice)),
            2 => format!("({} mul {fixed})", inner(dice)),
            3 | 4 => format!(
                "({} {} {})",
                inner(dice),
                one(dice, &["div", "mod", "divby"]),
                one(dice, &["3", "7.5", "-4"])
            ),
            5 => format!("-({})", inner(dice)),
            6 | 7 => format!("{}({})", one(dice, &["round", "floor", "ceiling"]), inner(dice)),
            8 => format!("length({})", self.text(place, dice, size - 1)),
            9 => format!("indexof({},'e')", self.text(place, dice, size - 1)),
            10..=12 => {
                let part = one(dice, &["year", "month", "day", "hour", "minute", "second"]);
                format!("{part}({})", self.instant(place, dice))
            }
            13 | 14 => format!(
                "{}({})",
                one(dice, &["fractionalseconds", "totaloffsetminutes"]),
                self.instant(place, dice)
            ),
            15 => format!("totalseconds(duration'PT{}M')", dice.random_range(1..5)),
            _ => column,
        }
    }

    fn instant(&self, place: Place<'_>, dice: &mut StdRng) -> String {
        let column = self.column(place, dice, |kind| kind == Kind::DateTime);
        let column = column.unwrap_or_else(|| "2025-05-05T05:05:05.5Z".to_owned());
        match dice.random_range(0..12) {
            0 => "now()".to_owned(),
            1 => format!("now() sub duration'P{}D'", dice.random_range(1..900)),
            2 => one(dice, &["mindatetime()", "maxdatetime()"]).to_owned(),
            3 => format!("{column} add duration'PT90M'"),
            4 => "2025-03-01T10:00:00+02:00".to_owned(),
            _ => column,
        }
    }

    /// A value that some row has, or nearly, or null.
    fn literal(&self, set: &str, index: usize, dice: &mut StdRng) -> String {
        let rows: &[Row] = self.truth.set(set);
        match rows {
            [] => "null".to_owned(),
            rows => match &rows[dice.random_range(0..rows.len())][index] {
                Value::String(text) if dice.random_bool(0.2) => {
                    Value::string(text.to_uppercase()).to_string()
                }
                value => value.to_string(),
            },
        }
    }

    /// The value, or an alias for it.
    fn aliased(&self, value: String, dice: &mut StdRng) -> String {
        if dice.random_bool(0.6) { value } else { self.alias(value) }
    }

    fn alias(&self, value: String) -> String {
        let mut aliases = self.aliases.borrow_mut();
        aliases.push(value);
        format!("@p{}", aliases.len() - 1)
    }
}

/// What a query needs to be encoded.
fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23")
}
