//! Randomness, injected. Secrets, ids, salts and nonces come from a [`Random`]; tests seed it.

use std::sync::{Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};

/// The 62 characters of tokens, in the order of their values.
pub(crate) const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Lower-case base32 without `i`, `l`, `o` and `u`: what is read out on the telephone arrives.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Fills bytes that nobody can foresee.
pub trait Random: Send + Sync {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// When the operating system gives no randomness: no secret may be made then.
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = SysRng.try_fill_bytes(bytes) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// A repeatable sequence, for tests and simulations only.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    /// The sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> SeededRandom {
        SeededRandom(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// Appends `count` characters of base 62, each equally likely.
pub(crate) fn push_base62(random: &dyn Random, count: usize, out: &mut String) {
    // 248 is the largest multiple of 62 below 256: bytes above it are drawn again, or the first eight characters
    // would come more often.
    let mut missing = count;
    while missing > 0 {
        let [byte] = bytes::<1>(random);
        if byte < 248 {
            out.push(char::from(BASE62[usize::from(byte % 62)]));
            missing -= 1;
        }
    }
}

/// Ten characters of lower-case base 32: 50 bits, the id of a data source or a connection.
pub(crate) fn short_id(random: &dyn Random) -> String {
    bytes::<10>(random).iter().map(|byte| char::from(BASE32[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        assert_eq!(short_id(&SeededRandom::new(7)), short_id(&SeededRandom::new(7)));
        assert_ne!(short_id(&SeededRandom::new(7)), short_id(&SeededRandom::new(8)));
    }

    #[test]
    fn every_character_of_base_62_comes_about_equally_often() {
        let mut text = String::new();
        push_base62(&SeededRandom::new(1), 62_000, &mut text);
        for character in BASE62 {
            let count = text.bytes().filter(|byte| byte == character).count();
            assert!((800..1200).contains(&count), "{} came {count} times in 62,000", char::from(*character));
        }
    }

    #[test]
    fn the_system_gives_different_bytes_each_time() {
        assert_ne!(bytes::<16>(&SystemRandom), bytes::<16>(&SystemRandom));
    }
}
