//! See `tests/fuzz/basic.rs`, whose property this is.
#![no_main]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/fuzz/basic.rs"]
mod basic;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    basic::hold(data);
});
