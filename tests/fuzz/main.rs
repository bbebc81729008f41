//! What comes from outside as bytes, held to more than "it does not panic": each module is one property, driven here by
//! bounded, seeded mutations of the texts in `fuzz/seeds`, and by libFuzzer in `fuzz/` for as long as one likes.
//!
//! `FEEDGATE_SEED` repeats or moves a run, `FEEDGATE_FUZZ_CASES` makes it longer; a failure prints both and the input.

#![expect(clippy::expect_used, reason = "a property fails by panicking with the reason")]

mod basic;
mod batch;
mod mutate;
mod skiptoken;
mod url;

use mutate::{Target, run};

#[test]
fn a_url_is_refused_at_its_place_or_read_back_from_its_canonical_text() {
    run(&Target {
        name: "url",
        words: url::WORDS,
        wraps: url::WRAPS,
        hold: url::hold,
        cases: 6_000,
        accepted: 10,
    });
}

#[test]
fn a_batch_is_refused_or_read_back_as_it_was_written() {
    run(&Target {
        name: "batch",
        words: batch::WORDS,
        wraps: batch::WRAPS,
        hold: batch::hold,
        cases: 6_000,
        accepted: 10,
    });
}

#[test]
fn an_authorization_field_is_taken_apart_as_it_was_put_together() {
    run(&Target {
        name: "basic",
        words: basic::WORDS,
        wraps: &[],
        hold: basic::hold,
        cases: 6_000,
        accepted: 3,
    });
}

#[test]
fn a_page_link_opens_as_it_was_sealed_and_with_no_bit_changed() {
    run(&Target {
        name: "skiptoken",
        words: skiptoken::WORDS,
        wraps: &[],
        hold: skiptoken::hold,
        cases: 600,
        accepted: 1,
    });
}
