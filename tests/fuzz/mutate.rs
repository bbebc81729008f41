//! Seeded mutations that know what a token is: words are exchanged, doubled, dropped, spliced and wrapped a thousandfold.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Something that reads bytes from outside.
pub(crate) struct Target {
    /// The folder of its seeds.
    pub(crate) name: &'static str,
    /// Words of its language.
    pub(crate) words: &'static [&'static str],
    /// What can be put around something, any number of times.
    pub(crate) wraps: &'static [(&'static str, &'static str)],
    /// The property: panics where it does not hold, else says whether the bytes meant something.
    pub(crate) hold: fn(&[u8]) -> bool,
    /// Cases of a run.
    pub(crate) cases: u64,
    /// At least so many of a hundred cases must mean something, or the run shows nothing.
    pub(crate) accepted: u64,
}

/// The longest input: what a URL may have, and twice as much.
const LONGEST: usize = 64 * 1024;

/// Tries at making a failing input shorter.
const SHORTENINGS: usize = 400;

#[expect(clippy::disallowed_methods, reason = "a person repeats or lengthens one run")]
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tries the seeds, then mutations of them.
pub(crate) fn run(target: &Target) {
    let seed = number("FEEDGATE_SEED", 1);
    let cases = number("FEEDGATE_FUZZ_CASES", target.cases);
    let seeds = seeds(target.name);
    for (name, data) in &seeds {
        check(target, data, &format!("seed {name}"));
    }
    let mut accepted = 0;
    for case in 0..cases {
        let mut dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(case));
        let data = mutated(target, &seeds, &mut dice);
        accepted += u64::from(check(target, &data, &format!("FEEDGATE_SEED={seed}, case {case}")));
    }
    let least = cases * target.accepted / 100;
    assert!(accepted >= least, "FEEDGATE_SEED={seed}: only {accepted} of {cases} inputs meant something");
}

fn check(target: &Target, data: &[u8], case: &str) -> bool {
    holds(target, data).unwrap_or_else(|reason| {
        let (short, reason) = shortened(target, data, reason);
        let text = short.escape_ascii();
        panic!(
            "{}, {case}: {reason}\n  at {} bytes, of {}: \"{text:.2000}\"",
            target.name,
            short.len(),
            data.len()
        )
    })
}

fn holds(target: &Target, data: &[u8]) -> Result<bool, String> {
    catch_unwind(AssertUnwindSafe(|| (target.hold)(data))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}

/// The shortest input found that fails too.
fn shortened(target: &Target, data: &[u8], reason: String) -> (Vec<u8>, String) {
    let (mut best, mut reason) = (data.to_vec(), reason);
    let mut size = best.len().div_ceil(2);
    let mut tries = 0;
    while size > 0 && tries < SHORTENINGS {
        let mut at = 0;
        let mut shorter = false;
        while at < best.len() && tries < SHORTENINGS {
            let end = (at + size).min(best.len());
            let without = [&best[..at], &best[end..]].concat();
            tries += 1;
            match holds(target, &without) {
                Err(other) => (best, reason, shorter) = (without, other, true),
                Ok(_) => at = end,
            }
        }
        if !shorter {
            size /= 2;
        }
    }
    (best, reason)
}

/// The checked-in texts, by name.
fn seeds(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(name);
    let entries = std::fs::read_dir(&folder).expect("the seeds are checked in");
    let mut seeds: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("a readable seed")))
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "no seeds in {}", folder.display());
    seeds
}

fn mutated(target: &Target, seeds: &[(String, Vec<u8>)], dice: &mut StdRng) -> Vec<u8> {
    let any = |dice: &mut StdRng| &seeds[dice.random_range(0..seeds.len())].1;
    let mut data = any(dice).clone();
    for _ in 0..[1, 1, 2, 3][dice.random_range(0..4)] {
        let other = any(dice);
        data = mutation(target, &data, other, dice);
        data.truncate(LONGEST);
    }
    data
}

fn mutation(target: &Target, data: &[u8], other: &[u8], dice: &mut StdRng) -> Vec<u8> {
    let cuts = boundaries(data);
    let cut = |dice: &mut StdRng| cuts[dice.random_range(0..cuts.len())];
    let start = cut(dice);
    let end = cuts.iter().copied().find(|end| *end > start).unwrap_or(start);
    let (head, token, tail) = (&data[..start], &data[start..end], &data[end..]);
    let word = |dice: &mut StdRng| target.words[dice.random_range(0..target.words.len())].as_bytes();
    match dice.random_range(0..13) {
        0 => [head, tail].concat(),
        1 => [head, token, token, tail].concat(),
        2 | 3 => [head, word(dice), token, tail].concat(),
        4 | 5 => [head, word(dice), tail].concat(),
        6 => {
            let theirs = boundaries(other);
            [head, &other[theirs[dice.random_range(0..theirs.len())]..]].concat()
        }
        7 => {
            let theirs = boundaries(other);
            let from = dice.random_range(0..theirs.len());
            let to = theirs[(from + dice.random_range(1..6)).min(theirs.len() - 1)];
            [head, &other[theirs[from]..to], tail].concat()
        }
        8 if !target.wraps.is_empty() => {
            let last = cut(dice).max(end);
            let (open, close) = target.wraps[dice.random_range(0..target.wraps.len())];
            let times = [1, 2, 90, 3_000][dice.random_range(0..4)];
            let inside = &data[start..last];
            [head, open.repeat(times).as_bytes(), inside, close.repeat(times).as_bytes(), &data[last..]]
                .concat()
        }
        9 => flipped(data, dice),
        10 => [head, encoded(token).as_bytes(), tail].concat(),
        11 => [
            head,
            token,
            ["é", "\u{1f600}", "%00", "\u{feff}", " "][dice.random_range(0..5)].as_bytes(),
            tail,
        ]
        .concat(),
        _ => {
            let last = cut(dice).max(end);
            [head, &data[last..]].concat()
        }
    }
}

/// Where tokens begin and end: runs of letters and digits, and everything else by itself.
fn boundaries(data: &[u8]) -> Vec<usize> {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let joint = |at: &usize| *at == 0 || *at == data.len() || !(inside(data[at - 1]) && inside(data[*at]));
    (0..=data.len()).filter(joint).collect()
}

fn flipped(data: &[u8], dice: &mut StdRng) -> Vec<u8> {
    let mut data = data.to_vec();
    if !data.is_empty() {
        let at = dice.random_range(0..data.len());
        data[at] ^= 1 << dice.random_range(0..8);
    }
    data
}

fn encoded(token: &[u8]) -> String {
    token.iter().map(|byte| format!("%{byte:02X}")).collect()
}
