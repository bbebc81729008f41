//! See `tests/fuzz/skiptoken.rs`, whose property this is.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/fuzz/skiptoken.rs"]
mod skiptoken;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    skiptoken::hold(data);
});
