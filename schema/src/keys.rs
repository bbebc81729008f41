//! The keys that are not in the store: they seal HubSpot's credentials, tag tokens and protect skiptokens.
//!
//! Written `id:base64-of-32-bytes[,…]`; the first is active, the others still open what they sealed. Each use has its
//! own key, derived with HMAC-SHA-256, so that no key serves two algorithms. A sealed text is bound to its version,
//! purpose, tenant and row: moved elsewhere, it does not open.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::id::TenantId;
use crate::random::{self, Random};
use crate::secret::Secret;
use crate::token::PlainToken;

/// The version at the front of every sealed text.
const VERSION: &str = "v1";

/// 32 bytes, wiped when dropped.
pub type KeyBytes = Zeroizing<[u8; 32]>;

/// The configured keys; never empty.
pub struct Keys(Vec<Key>);

struct Key {
    id: String,
    secret: KeyBytes,
}

/// A token's keyed tag, with the key that made it.
#[derive(Clone, PartialEq, Eq)]
pub struct Tag {
    /// The id of the key.
    pub key_id: String,
    /// HMAC-SHA-256 of the whole token.
    pub tag: [u8; 32],
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag(key {}, ..)", self.key_id)
    }
}

/// Why the keys cannot be used, or a sealed text does not open. Never says anything of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// No key at all.
    #[error("no secret key is configured: make one with `feedgate-admin keys generate`")]
    Missing,
    /// One entry is malformed.
    #[error("secret key number {position} is malformed: {problem}")]
    Malformed {
        /// Counted from 1.
        position: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two keys with one id.
    #[error("two secret keys have the id \"{id}\": give each its own")]
    Repeated {
        /// The id.
        id: String,
    },
    /// Sealed with a key that is not configured.
    #[error(
        "it is sealed with the secret key \"{id}\", which is not configured: add that key behind the active one"
    )]
    UnknownKey {
        /// The id of the missing key.
        id: String,
    },
    /// The text is not sealed, was changed, or was sealed for another place.
    #[error(
        "a sealed secret does not open: it was changed, moved from another row, or its key has other bytes"
    )]
    NotOurs,
}

impl Keys {
    /// Reads `id:base64[,id:base64…]`; white space around an entry does not matter.
    ///
    /// # Errors
    /// When there is no key, an entry is malformed or an id comes twice. The text itself is never repeated.
    pub fn parse(text: &str) -> Result<Keys, KeysError> {
        let mut keys: Vec<Key> = Vec::new();
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let key =
                parse_key(entry).map_err(|problem| KeysError::Malformed { position: index + 1, problem })?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(KeysError::Repeated { id: key.id });
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeysError::Missing) } else { Ok(Keys(keys)) }
    }

    /// A new key called `id`, as the configuration wants it.
    #[must_use]
    pub fn generate(id: &str, random: &dyn Random) -> Secret {
        let bytes = Zeroizing::new(random::bytes::<32>(random));
        Secret::new(format!("{id}:{}", STANDARD.encode(bytes.as_slice())))
    }

    /// The id of the key that seals and tags.
    #[must_use]
    pub fn active_id(&self) -> &str {
        &self.active().id
    }

    /// Whether `key_id` is configured.
    #[must_use]
    pub fn knows(&self, key_id: &str) -> bool {
        self.find(key_id).is_some()
    }

    /// The active key's own key for `purpose`.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> KeyBytes {
        self.active().derive(purpose)
    }

    /// Every key's id with its own key for `purpose`, the active one first.
    #[must_use]
    pub fn derive_all(&self, purpose: &str) -> Vec<(String, KeyBytes)> {
        self.0.iter().map(|key| (key.id.clone(), key.derive(purpose))).collect()
    }

    /// Seals `plain` for one place. The outcome is `v1.<key id>.<nonce>.<ciphertext>`, base64url.
    ///
    /// # Errors
    /// [`KeysError::NotOurs`] when the text is too long for the cipher.
    pub fn seal(
        &self,
        purpose: &str,
        tenant: TenantId,
        row: &str,
        plain: &Secret,
        random: &dyn Random,
    ) -> Result<String, KeysError> {
        let key = self.active();
        let nonce = random::bytes::<24>(random);
        let bound = place(purpose, tenant, row);
        let payload = Payload { msg: plain.expose().as_bytes(), aad: &bound };
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| KeysError::NotOurs)?;
        let (nonce, sealed) = (URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed));
        Ok(format!("{VERSION}.{}.{nonce}.{sealed}", key.id))
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// When the key is not configured, or the text was not sealed by it for this place.
    pub fn open(
        &self,
        purpose: &str,
        tenant: TenantId,
        row: &str,
        sealed: &str,
    ) -> Result<Secret, KeysError> {
        let parts: Vec<&str> = sealed.split('.').collect();
        let [VERSION, key_id, nonce, text] = parts[..] else { return Err(KeysError::NotOurs) };
        let key = self.find(key_id).ok_or_else(|| KeysError::UnknownKey { id: key_id.to_owned() })?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| KeysError::NotOurs);
        let nonce: [u8; 24] = decode(nonce)?.try_into().map_err(|_| KeysError::NotOurs)?;
        let (text, bound) = (decode(text)?, place(purpose, tenant, row));
        let payload = Payload { msg: &text, aad: &bound };
        let plain = key.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| KeysError::NotOurs)?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| KeysError::NotOurs)
    }

    /// A number that is the same for the same text and tells nothing of it: 63 bits of a keyed hash, so that a million
    /// texts meet with a chance of one in ten million.
    #[must_use]
    pub fn fingerprint(&self, purpose: &str, text: &str) -> i64 {
        let hash = mac(&self.derive(purpose), &[text.as_bytes()]);
        let bytes: [u8; 8] = std::array::from_fn(|index| hash[index]);
        i64::from_be_bytes(bytes) & i64::MAX
    }

    /// The tag of a token under the active key.
    #[must_use]
    pub fn tag(&self, token: &PlainToken) -> Tag {
        self.active().tag(token)
    }

    /// The tag of a token under the key `key_id`; `None` when that key is not configured.
    #[must_use]
    pub fn tag_with(&self, key_id: &str, token: &PlainToken) -> Option<Tag> {
        self.find(key_id).map(|key| key.tag(token))
    }

    fn active(&self) -> &Key {
        &self.0[0]
    }

    fn find(&self, key_id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == key_id)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&self.0.iter().map(|key| &key.id).collect::<Vec<_>>()).finish()
    }
}

impl Key {
    fn derive(&self, purpose: &str) -> KeyBytes {
        Zeroizing::new(mac(&self.secret, &["feedgate/1/".as_bytes(), purpose.as_bytes()]))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.derive("seal")).into())
    }

    fn tag(&self, token: &PlainToken) -> Tag {
        let tag = mac(&self.derive("token-tag"), &[token.expose().as_bytes()]);
        Tag { key_id: self.id.clone(), tag }
    }
}

/// The id of the key that a text is sealed with.
pub(crate) fn sealed_with(sealed: &str) -> Option<&str> {
    let mut parts = sealed.split('.');
    (parts.next() == Some(VERSION)).then(|| parts.next()).flatten()
}

/// HMAC-SHA-256 over the parts, one after the other.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads its key with zeros to a block of 64 bytes: doing it here leaves no length to check.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The place a sealed text is bound to. Each part has its length in front, so that no two places read alike.
fn place(purpose: &str, tenant: TenantId, row: &str) -> Vec<u8> {
    let tenant = tenant.to_string();
    [VERSION, purpose, &tenant, row]
        .iter()
        .flat_map(|part| format!("{}|{part}|", part.len()).into_bytes())
        .collect()
}

fn parse_key(entry: &str) -> Result<Key, &'static str> {
    let (id, secret) = entry.split_once(':').ok_or("write it as id:base64-of-32-bytes")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.is_empty() || id.len() > 32 || !id.bytes().all(plain) {
        return Err("its id must be 1 to 32 letters, digits, - or _");
    }
    let secret = secret.trim_end_matches('=');
    let bytes =
        Zeroizing::new(STANDARD_NO_PAD.decode(secret).map_err(|_| "what follows the colon is not base64")?);
    let secret = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| "the key must have exactly 32 bytes")?;
    Ok(Key { id: id.to_owned(), secret: Zeroizing::new(secret) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn keys(text: &str) -> Keys {
        Keys::parse(text).unwrap()
    }

    fn key(id: &str, seed: u64) -> String {
        Keys::generate(id, &SeededRandom::new(seed)).expose().to_owned()
    }

    const TENANT: TenantId = TenantId(7);

    fn sealed(keys: &Keys) -> String {
        let plain = Secret::new("pat-na1-demo".into());
        keys.seal("connection", TENANT, "k7m2q9x4tb", &plain, &SeededRandom::new(9)).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_in_its_own_place_only() {
        let keys = keys(&key("a", 1));
        let sealed = sealed(&keys);
        assert!(sealed.starts_with("v1.a."));
        assert!(!sealed.contains("pat-na1"));
        let open =
            |purpose, tenant, row| keys.open(purpose, tenant, row, &sealed).map(|s| s.expose().to_owned());
        assert_eq!(open("connection", TENANT, "k7m2q9x4tb").as_deref(), Ok("pat-na1-demo"));
        assert_eq!(open("oauth", TENANT, "k7m2q9x4tb"), Err(KeysError::NotOurs));
        assert_eq!(open("connection", TenantId(8), "k7m2q9x4tb"), Err(KeysError::NotOurs));
        assert_eq!(open("connection", TENANT, "another000"), Err(KeysError::NotOurs));
    }

    #[test]
    fn a_changed_text_does_not_open() {
        let keys = keys(&key("a", 1));
        let sealed = sealed(&keys);
        for position in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(keys.open("connection", TENANT, "k7m2q9x4tb", &changed).is_err(), "position {position}");
        }
        for text in ["", "v1", "v1.a", "v1.a.b", "v1.a.b.c.d", "v2.a.AAAA.AAAA"] {
            assert!(keys.open("connection", TENANT, "k7m2q9x4tb", text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_older_key_still_opens_and_a_missing_one_is_named() {
        let (old, new) = (key("old", 1), key("new", 2));
        let sealed = sealed(&keys(&old));
        let both = keys(&format!("{new}, {old}"));
        assert_eq!(both.active_id(), "new");
        assert!(both.open("connection", TENANT, "k7m2q9x4tb", &sealed).is_ok());
        let error = keys(&new).open("connection", TENANT, "k7m2q9x4tb", &sealed).unwrap_err();
        assert_eq!(error, KeysError::UnknownKey { id: "old".into() });
    }

    #[test]
    fn malformed_keys_are_refused_without_being_repeated() {
        let good = key("a", 1);
        let check = |text: &str| Keys::parse(text).unwrap_err().to_string();
        assert_eq!(check(" , "), KeysError::Missing.to_string());
        assert_eq!(check(&format!("{good},{good}")), KeysError::Repeated { id: "a".into() }.to_string());
        assert!(check(&format!("{good},c2VjcmV0")).starts_with("secret key number 2"));
        for text in ["c2VjcmV0", "a:c2VjcmV0", "a:???secret???", ":c2VjcmV0", "a.b:c2VjcmV0"] {
            let error = check(text);
            assert!(!error.contains("secret???") && !error.contains("c2VjcmV0"), "{error}");
        }
    }

    #[test]
    fn each_purpose_and_each_key_has_its_own_bytes() {
        let keys = keys(&format!("{},{}", key("a", 1), key("b", 2)));
        assert_ne!(keys.derive("skiptoken"), keys.derive("seal"));
        let all = keys.derive_all("skiptoken");
        assert_eq!(all[0].1, keys.derive("skiptoken"));
        assert_ne!(all[0].1, all[1].1);
    }

    #[test]
    fn keys_show_their_ids_only() {
        let text = key("a", 1);
        assert_eq!(format!("{:?}", keys(&text)), "Keys([\"a\"])");
    }
}
