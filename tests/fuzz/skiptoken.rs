//! A page link: opens as it was sealed, for its data source and key only, and with no bit of it changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use feedgate::execute::Position;
use feedgate::execute::skiptoken::{Key, NONCE, open, seal};

/// Words of a position's JSON.
pub(crate) const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "1",
    "-1",
    "9007199254740993",
    "18446744073709551615",
    "1e400",
    "null",
    "true",
    "\"w\":{",
    "\"k\":[",
    "\"z\":{\"v\":[{\"s\":\"x\"}],\"k\":[1],\"f\":{\"s\":0,\"r\":{}}}",
    "{\"f\":9221120237041090560}",
    "{\"m\":\"-0.10\"}",
    "{\"d\":\"2024-02-29\"}",
    "\"2026-11-20T10:00:00Z\"",
    "\"t\":7,",
    "\"c\":0,",
    "\"l\":true,",
    "AQJrMQ",
    "\\u0000",
];

const KEY: Key<'static> = Key { id: "k1", secret: &[7; 32] };
const OTHERS: [Key<'static>; 2] = [Key { id: "k2", secret: &[7; 32] }, Key { id: "k1", secret: &[8; 32] }];

/// Whether the text is a position, which then is sealed and opened.
///
/// # Panics
/// When the property does not hold.
pub(crate) fn hold(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    assert!(open(&[KEY], "source", &text).is_err(), "a link that nobody sealed: {text}");
    assert!(
        open(&[KEY], "source", &URL_SAFE_NO_PAD.encode(data)).is_err(),
        "a link that nobody sealed: {text}"
    );
    let Ok(position) = serde_json::from_slice::<Position>(data) else { return false };
    let nonce = std::array::from_fn::<u8, NONCE, _>(|index| data.get(index).copied().unwrap_or(9));
    let token = seal(KEY, "source", &position, nonce).expect("every position can be sealed");
    assert_eq!(open(&[OTHERS[0], KEY], "source", &token).as_ref(), Ok(&position), "{token}");
    for (keys, source) in
        [(&OTHERS[..], "source"), (&[], "source"), (&[KEY], "sourc"), (&[KEY], "source2"), (&[KEY], "")]
    {
        assert!(open(keys, source, &token).is_err(), "{token} opens where it should not");
    }
    changed(&token);
    true
}

/// Every bit of the sealed bytes, and every character that carries them.
fn changed(token: &str) {
    let bytes = URL_SAFE_NO_PAD.decode(token).expect("a token is base64url");
    for bit in 0..bytes.len() * 8 {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        let other = URL_SAFE_NO_PAD.encode(other);
        assert!(open(&[KEY], "source", &other).is_err(), "bit {bit} of {token} does not matter");
    }
    for at in 0..token.len() {
        let mut other = token.as_bytes().to_vec();
        other[at] ^= 1;
        let other = String::from_utf8_lossy(&other);
        assert!(open(&[KEY], "source", &other).is_err(), "character {at} of {token} does not matter");
        assert!(open(&[KEY], "source", &token[..at]).is_err(), "{token} opens when cut at {at}");
    }
}
