//! argon2id on reused memory, and its PHC string: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
//!
//! A fresh allocation for each hash peaks at gigabytes under load with glibc; a kept one does not. The parameters are
//! read from the stored string, so that a later change of them leaves old tokens usable.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;

use crate::hashing::HashError;

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
pub(crate) const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Four times today's cost: a stored string that asks for more was not written by us.
const MOST_MEMORY_KIB: u32 = 4 * MEMORY_KIB;
const MOST_PASSES: u32 = 8;

/// The memory of one computation, kept between computations.
#[derive(Default)]
pub(crate) struct Workspace(Vec<Block>);

impl Workspace {
    fn compute(&mut self, params: Params, text: &str, salt: &[u8]) -> Result<[u8; 32], HashError> {
        let blocks = params.block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::new());
        }
        let mut out = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(text.as_bytes(), salt, &mut out, &mut self.0[..blocks])
            .map_err(|error| HashError::Failed(error.to_string()))?;
        Ok(out)
    }
}

/// Hashes `text` with today's parameters, and so much memory.
pub(crate) fn hash(
    workspace: &mut Workspace,
    text: &str,
    salt: &[u8; 16],
    memory_kib: u32,
) -> Result<String, HashError> {
    let hash = workspace.compute(params(memory_kib, PASSES, LANES)?, text, salt)?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Ok(format!("$argon2id$v=19$m={memory_kib},t={PASSES},p={LANES}${salt}${hash}"))
}

/// Whether `text` has the stored hash, compared in constant time.
pub(crate) fn verify(workspace: &mut Workspace, text: &str, stored: &str) -> Result<bool, HashError> {
    let (params, salt, expected) = parse(stored)?;
    let computed = workspace.compute(params, text, &salt)?;
    Ok(computed.ct_eq(&expected).into())
}

fn parse(stored: &str) -> Result<(Params, Vec<u8>, [u8; 32]), HashError> {
    let wrong = || HashError::Failed("the stored hash is no argon2id string of ours".to_owned());
    let parts: Vec<&str> = stored.split('$').collect();
    let ["", "argon2id", "v=19", costs, salt, hash] = parts[..] else { return Err(wrong()) };
    let cost = |text: &str, name: &str| text.strip_prefix(name).and_then(|number| number.parse::<u32>().ok());
    let costs: Vec<&str> = costs.split(',').collect();
    let [memory, passes, lanes] = costs[..] else { return Err(wrong()) };
    let memory = cost(memory, "m=").filter(|memory| *memory <= MOST_MEMORY_KIB).ok_or_else(wrong)?;
    let passes = cost(passes, "t=").filter(|passes| *passes <= MOST_PASSES).ok_or_else(wrong)?;
    let lanes = cost(lanes, "p=").filter(|lanes| *lanes == LANES).ok_or_else(wrong)?;
    let decode = |text: &str| STANDARD_NO_PAD.decode(text).map_err(|_| wrong());
    let hash = <[u8; 32]>::try_from(decode(hash)?).map_err(|_| wrong())?;
    Ok((params(memory, passes, lanes)?, decode(salt)?, hash))
}

fn params(memory: u32, passes: u32, lanes: u32) -> Result<Params, HashError> {
    Params::new(memory, passes, lanes, Some(32)).map_err(|error| HashError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// argon2id, v=19, m=19456, t=2, p=1 of "password" with the salt "0123456789abcdef", computed by another
    /// implementation (the reference one, through Python's argon2-cffi).
    const KNOWN: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$0qsHs573+LgGInzYb7sRqlOTBmqY4X6srNEm6ybpJ20";

    #[test]
    fn the_known_answer_is_given() {
        let hash = hash(&mut Workspace::default(), "password", b"0123456789abcdef", MEMORY_KIB).unwrap();
        assert_eq!(hash, KNOWN);
    }

    #[test]
    fn a_reused_workspace_gives_the_same_answer() {
        let mut workspace = Workspace::default();
        let stored = hash(&mut workspace, "one", b"0123456789abcdef", MEMORY_KIB).unwrap();
        assert_eq!(verify(&mut workspace, "two", &stored), Ok(false));
        assert_eq!(verify(&mut workspace, "one", &stored), Ok(true));
    }

    #[test]
    fn strings_that_are_not_ours_are_an_error_and_not_a_mismatch() {
        let stored = hash(&mut Workspace::default(), "one", b"0123456789abcdef", MEMORY_KIB).unwrap();
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("v=19", "v=16"),
            ("m=19456", "m=4000000000"),
            ("t=2", "t=900"),
            ("p=1", "p=64"),
            ("$m", ""),
        ] {
            assert!(verify(&mut Workspace::default(), "one", &stored.replace(from, to)).is_err(), "{from}");
        }
        assert!(verify(&mut Workspace::default(), "one", "").is_err());
    }
}
