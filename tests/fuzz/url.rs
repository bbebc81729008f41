//! A URL is parsed into a request whose canonical text means the same, or refused with a sentence and a place inside it.

use std::sync::OnceLock;

use odata::edm::Model;
use odata::expr::Expr;
use odata::url::{Options, Request, parse};
use odata::{Error, ErrorKind};

/// Words of the language, and of the model.
pub(crate) const WORDS: &[&str] = &[
    " and ",
    " or ",
    "not ",
    " eq ",
    " ne ",
    " gt ",
    " le ",
    " in (1,2)",
    " has ",
    " add ",
    " mul ",
    " divby ",
    " mod ",
    "-",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    "/",
    "&",
    "=",
    "'",
    "''",
    "\"",
    "*",
    "$it",
    "$this",
    "$root/",
    "$count",
    "$ref",
    "$value",
    "/any(x:",
    "/all(x:x/",
    "x/",
    "@p",
    "&@p=",
    "$filter=",
    "&$filter=",
    "$select=",
    "$expand=",
    "&$orderby=",
    "$top=",
    "$skip=",
    "$count=true",
    "$search=",
    "$levels=max",
    "$levels=2",
    "$format=json",
    "$skiptoken=",
    "/$filter(",
    "null",
    "true",
    "NaN",
    "-INF",
    "9223372036854775807",
    "-9223372036854775808",
    "79228162514264337593543950335",
    "1e308",
    "0.0",
    "4.9e-324",
    "9999-12-31T23:59:59Z",
    "0001-01-01",
    "duration'P1DT1S'",
    "12:00",
    "01234567-89ab-cdef-0123-456789abcdef",
    "binary'AQI='",
    "Shop.Kind'Part'",
    "Shop.Channels'Counter,Web'",
    "cast(",
    "isof(",
    "case(",
    "concat(",
    "substring(",
    "length(",
    "year(",
    "round(",
    "now()",
    "matchespattern(",
    "contains(",
    "Name",
    "ID",
    "Price",
    "Weight",
    "Tags",
    "Size/Width",
    "Addresses",
    "Category",
    "Accessories",
    "Children",
    "Parent",
    "Products",
    "Customers",
    "Orders",
    "Lines",
    "Store",
    "Featured",
    "Shop.Product",
    "%",
    "%2",
    "%27",
    "%C3",
];

/// Nesting.
pub(crate) const WRAPS: &[(&str, &str)] = &[
    ("(", ")"),
    ("not (", ")"),
    ("[", "]"),
    ("-", ""),
    ("-(", ")"),
    ("length(", ")"),
    ("Accessories($expand=", ")"),
    ("Accessories/any(a:", ")"),
    ("case(true:", ")"),
    ("{\"a\":", "}"),
    ("$filter(", ")"),
    ("'", "'"),
];

/// Parts of all expressions of a request together, and navigation properties it may expand: the parser's limits.
const MOST_PARTS: usize = 10_000;
const MOST_EXPANDED: usize = 100;

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let text = include_str!("../../odata/examples/shop.xml");
    MODEL.get_or_init(|| odata::csdl::read(text).expect("the shop's model is valid").model)
}

/// Whether the text is a URL that is understood.
///
/// # Panics
/// When the property does not hold.
pub(crate) fn hold(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let text = text.trim_end_matches('\n');
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    match parse(model(), path, query) {
        Err(error) => {
            said(&error, path, query.unwrap_or_default());
            false
        }
        Ok(request) => {
            small(&request, text);
            read_back(request);
            true
        }
    }
}

fn read_back(mut request: Request) {
    let canonical = request.text(model());
    let (path, query) = canonical.split_once('?').unwrap_or((&canonical, ""));
    let again = parse(model(), path, Some(query));
    let mut again =
        again.unwrap_or_else(|error| panic!("the canonical text {canonical} is refused: {error}"));
    assert_eq!(again.text(model()), canonical);
    request.options.raw.clear();
    again.options.raw.clear();
    // NaN is not equal to itself, and the member of an enumeration has no type in a text (nor a meaning by itself).
    let textual = canonical.contains("NaN") || format!("{request:?}").contains("Literal(Enum(");
    assert!(textual || again == request, "{canonical} is read as {again:?}, was {request:?}");
}

/// The work that follows is bounded by the length of the text, and where a text can repeat itself, by fixed limits.
fn small(request: &Request, text: &str) {
    let (parts, expanded) = size(&request.options);
    assert!(expanded <= MOST_EXPANDED, "{expanded} are expanded");
    assert!(parts <= MOST_PARTS * (1 + expanded), "{parts} parts");
    let repeats = ["@", "%40", "levels", "%"].iter().any(|sign| text.contains(sign));
    assert!(
        repeats || parts + expanded <= 10 * (1 + text.len()),
        "{parts} parts, {expanded} expanded of {}",
        text.len()
    );
}

/// Parts of expressions, and expanded navigation properties.
fn size(options: &Options) -> (usize, usize) {
    let own = options.filter.iter().chain(options.orderby.iter().map(|by| &by.expr)).map(parts).sum();
    let selected =
        options.select.iter().flat_map(|select| &select.nested).map(|nested| size(&nested.options));
    let expanded =
        options.expand.iter().map(|expand| size(&expand.options)).map(|(parts, below)| (parts, below + 1));
    selected.chain(expanded).fold((own, 0), |(parts, below), (more, deeper)| (parts + more, below + deeper))
}

fn parts(expr: &Expr) -> usize {
    1 + expr.operands().into_iter().map(parts).sum::<usize>()
}

/// A refusal has a sentence; what the grammar does not take in an option has a place in it.
fn said(error: &Error, path: &str, query: &str) {
    assert!(error.message.ends_with(['.', '?', ')']), "no sentence: {error:?}");
    let length =
        error.target.as_deref().and_then(|target| option(query, target)).unwrap_or_else(|| decoded(path));
    assert!(error.position.is_none_or(|at| at <= length), "{error:?} is outside of its {length} characters");
    let placed = ["$filter", "$orderby", "$expand", "$select"];
    let in_option = error.target.as_deref().is_some_and(|target| placed.contains(&target));
    let whole = error.message.contains("percent-decoding")
        || error.message.contains("hexadecimal")
        || error.message.contains("The option `");
    if error.kind == ErrorKind::Syntax && in_option && !whole {
        assert!(error.position.is_some(), "nowhere: {error:?}");
    }
}

/// The decoded length of an option's value, in characters.
fn option(query: &str, target: &str) -> Option<usize> {
    let bare = |name: &str| name.strip_prefix('$').unwrap_or(name).to_ascii_lowercase();
    let pieces = query.split('&').filter_map(|piece| piece.split_once('='));
    pieces.filter(|(name, _)| bare(&text_of(name)) == bare(target)).map(|(_, value)| decoded(value)).max()
}

fn decoded(raw: &str) -> usize {
    text_of(raw).chars().count()
}

fn text_of(raw: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = raw.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
