//! Page links: a [`Position`], encrypted and authenticated, in characters that need no escaping in a URL.
//!
//! It is encrypted because it holds keys of rows, and authenticated for one data source because whoever could forge it
//! could make the service skip rows. The key is named in the link, so that keys can be exchanged while links are out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};

use super::{ExecuteError, Position};

/// The form of the envelope, its first byte.
const FORM: u8 = 1;

/// Bytes of XChaCha20's nonce, long enough to be random.
pub const NONCE: usize = 24;

/// A key and the name by which links refer to it.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    /// Its name, at most 255 bytes.
    pub id: &'a str,
    /// The key itself.
    pub secret: &'a [u8; 32],
}

/// Makes the token of a position. `nonce` must be random.
///
/// # Errors
/// `SkipTokenInvalid` when the key's name is too long to be written.
pub fn seal(
    key: Key<'_>,
    data_source: &str,
    position: &Position,
    nonce: [u8; NONCE],
) -> Result<String, ExecuteError> {
    let mut token = vec![FORM, u8::try_from(key.id.len()).map_err(invalid)?];
    token.extend_from_slice(key.id.as_bytes());
    let plain = serde_json::to_vec(position).map_err(invalid)?;
    let payload = Payload { msg: &plain, aad: &bound_to(&token, data_source) };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload).map_err(invalid)?;
    token.extend_from_slice(&nonce);
    token.extend_from_slice(&sealed);
    Ok(URL_SAFE_NO_PAD.encode(token))
}

/// The position in a token of this data source, made with one of these keys.
///
/// # Errors
/// `SkipTokenInvalid` for everything else.
pub fn open(keys: &[Key<'_>], data_source: &str, token: &str) -> Result<Position, ExecuteError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(invalid)?;
    let (head, id, rest) = envelope(&bytes).ok_or(ExecuteError::SkipTokenInvalid)?;
    let key = keys.iter().find(|key| key.id.as_bytes() == id).ok_or(ExecuteError::SkipTokenInvalid)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(ExecuteError::SkipTokenInvalid)?;
    let payload = Payload { msg: sealed, aad: &bound_to(head, data_source) };
    let plain = cipher(*key).decrypt(&XNonce::from(*nonce), payload).map_err(invalid)?;
    serde_json::from_slice(&plain).map_err(invalid)
}

/// The authenticated head, the key's name, and what follows.
fn envelope(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let [FORM, length, ..] = bytes else { return None };
    let (head, rest) = bytes.split_at_checked(2 + usize::from(*length))?;
    Some((head, &head[2..], rest))
}

/// Head and data source; the head says its own length, so the two cannot run into each other.
fn bound_to(head: &[u8], data_source: &str) -> Vec<u8> {
    [head, data_source.as_bytes()].concat()
}

fn cipher(key: Key<'_>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.secret.into())
}

fn invalid<E>(_: E) -> ExecuteError {
    ExecuteError::SkipTokenInvalid
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Key<'static> = Key { id: "k1", secret: &[1; 32] };
    const NEW: Key<'static> = Key { id: "k2", secret: &[2; 32] };

    fn position() -> Position {
        serde_json::from_str(
            r#"{"form":1,"m":3,"q":"abc","o":"","n":"2026-11-20T10:00:00Z","t":7,"p":2,"r":600,"w":{"k":[9007199254740993],"a":"12"}}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_token_opens_where_its_key_is_known() {
        let token = seal(OLD, "src", &position(), [5; NONCE]).unwrap();
        assert_eq!(open(&[NEW, OLD], "src", &token), Ok(position()));
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    }

    #[test]
    fn a_token_of_another_key_or_data_source_is_invalid() {
        let token = seal(OLD, "src", &position(), [5; NONCE]).unwrap();
        let other = Key { id: "k1", secret: &[3; 32] };
        for (keys, source) in [(&[NEW][..], "src"), (&[other], "src"), (&[OLD], "other"), (&[], "src")] {
            assert_eq!(open(keys, source, &token), Err(ExecuteError::SkipTokenInvalid));
        }
    }

    #[test]
    fn a_token_changed_in_any_bit_or_cut_anywhere_is_invalid() {
        let token = seal(OLD, "src", &position(), [5; NONCE]).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(open(&[OLD], "src", &changed), Err(ExecuteError::SkipTokenInvalid), "byte {index}");
            let cut = URL_SAFE_NO_PAD.encode(&bytes[..index]);
            assert_eq!(open(&[OLD], "src", &cut), Err(ExecuteError::SkipTokenInvalid), "cut at {index}");
        }
        for text in ["", "not a token", "äöü", "AAAA", "AQ=="] {
            assert_eq!(open(&[OLD], "src", text), Err(ExecuteError::SkipTokenInvalid));
        }
    }
}
