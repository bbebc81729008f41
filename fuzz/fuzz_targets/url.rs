//! See `tests/fuzz/url.rs`, whose property this is.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/fuzz/url.rs"]
mod url;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    url::hold(data);
});
