//! See `tests/fuzz/skiptoken.rs`, whose property this is.
#![no_main]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/fuzz/skiptoken.rs"]
mod skiptoken;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    skiptoken::hold(data);
});
