//! See `tests/fuzz/batch.rs`, whose property this is.
#![no_main]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/fuzz/batch.rs"]
mod batch;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    batch::hold(data);
});
