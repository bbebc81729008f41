//! See `tests/fuzz/url.rs`, whose property this is.
#![no_main]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/fuzz/url.rs"]
mod url;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    url::hold(data);
});
