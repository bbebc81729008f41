//! Personal access tokens: how they look, what is stored of them, and when they authenticate.
//!
//! `fg_` + 16 characters of id + 32 of secret + 6 of CRC-32, base 62. The id is the row's key; the check characters
//! let noise be refused before anything is read. The states follow from what is written in the row and the time.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::clock::later;
use crate::id::{DataSourceId, TenantId, UserId};
use crate::keys::Tag;
use crate::random::{BASE62, Random, push_base62};
use crate::secret::Secret;

/// What every token begins with, so that scanners for leaked secrets recognise it.
const PREFIX: &str = "fg_";
/// 95 bits: no two tokens meet, and nobody guesses one that exists.
const ID_LENGTH: usize = 16;
/// 190 bits.
const SECRET_LENGTH: usize = 32;
/// Six characters of base 62 hold any CRC-32.
const CHECK_LENGTH: usize = 6;
const TOKEN_LENGTH: usize = PREFIX.len() + ID_LENGTH + SECRET_LENGTH + CHECK_LENGTH;

/// A whole token, as its owner holds it. Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub struct PlainToken(Zeroizing<String>);

/// The text is no token: wrong form or wrong check characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no Feedgate token: it must be fg_ and 54 letters and digits, exactly as it was shown")]
pub struct TokenFormatError;

impl PlainToken {
    /// Reads a token and verifies its check characters. Costs no store access and says nothing about the secret.
    ///
    /// # Errors
    /// [`TokenFormatError`] for everything that was never a token.
    pub fn parse(text: &str) -> Result<PlainToken, TokenFormatError> {
        let body = text.strip_prefix(PREFIX).ok_or(TokenFormatError)?;
        if text.len() != TOKEN_LENGTH || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(TokenFormatError);
        }
        let (front, check) = text.split_at(TOKEN_LENGTH - CHECK_LENGTH);
        if check.as_bytes() != check_characters(front) {
            return Err(TokenFormatError);
        }
        Ok(PlainToken(Zeroizing::new(text.to_owned())))
    }

    /// A fresh token.
    #[must_use]
    pub fn generate(random: &dyn Random) -> PlainToken {
        // All room at once: a growing text would leave copies of the secret behind.
        let mut text = Zeroizing::new(String::with_capacity(TOKEN_LENGTH));
        text.push_str(PREFIX);
        push_base62(random, ID_LENGTH + SECRET_LENGTH, &mut text);
        let check = check_characters(&text);
        text.extend(check.iter().map(|byte| char::from(*byte)));
        PlainToken(text)
    }

    /// The public part: the key of the token's row.
    #[must_use]
    pub fn id(&self) -> TokenId {
        TokenId(self.0[PREFIX.len()..PREFIX.len() + ID_LENGTH].to_owned())
    }

    /// The token of this id with the secret of another, well-formed.
    #[cfg(test)]
    pub(crate) fn with_the_secret_of(&self, other: &PlainToken) -> PlainToken {
        let front = format!(
            "{PREFIX}{}{}",
            self.id(),
            &other.0[PREFIX.len() + ID_LENGTH..TOKEN_LENGTH - CHECK_LENGTH]
        );
        let check = check_characters(&front).map(char::from);
        PlainToken(Zeroizing::new(front + &String::from_iter(check)))
    }

    /// The whole token: to show it once, to hash it, to compare it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlainToken({}, ..)", self.id())
    }
}

/// CRC-32 (IEEE) in base 62, most significant first, padded with zeros.
fn check_characters(front: &str) -> [u8; CHECK_LENGTH] {
    let mut rest = crc32fast::hash(front.as_bytes());
    let mut check = [b'0'; CHECK_LENGTH];
    for place in check.iter_mut().rev() {
        *place = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    check
}

/// The public part of a token: 16 characters of base 62.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(String);

impl TokenId {
    /// Reads an id. `None` when the text has not the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<TokenId> {
        let fits = text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| TokenId(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn stored(text: String) -> TokenId {
        TokenId(text)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for TokenId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStatus {
    /// Authenticates and takes a slot of its user.
    Active,
    /// Has a successor; authenticates until its overlap ends.
    Retiring,
    /// Its time is over; for ever.
    Expired,
    /// Ended by somebody.
    Revoked,
}

impl TokenStatus {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TokenStatus::Active => "active",
            TokenStatus::Retiring => "retiring",
            TokenStatus::Expired => "expired",
            TokenStatus::Revoked => "revoked",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<TokenStatus> {
        let all = [TokenStatus::Active, TokenStatus::Retiring, TokenStatus::Expired, TokenStatus::Revoked];
        all.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether a token in this state may be used.
    #[must_use]
    pub fn authenticates(self) -> bool {
        matches!(self, TokenStatus::Active | TokenStatus::Retiring)
    }
}

impl fmt::Display for TokenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A token's row.
#[derive(Debug, Clone)]
pub struct TokenRecord {
    /// Its public part.
    pub id: TokenId,
    /// The tenant it belongs to.
    pub tenant: TenantId,
    /// The user it acts for.
    pub user: UserId,
    /// What its owner calls it.
    pub label: String,
    /// argon2id of the whole token, as a PHC string.
    pub hash: Secret,
    /// The keyed tag beside it; none: argon2 decides until one is written.
    pub tag: Option<Tag>,
    /// The data sources it may read; none: all of its user's.
    pub scope: Option<Vec<DataSourceId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this instant on it is expired; none: never.
    pub expires_at: Option<Timestamp>,
    /// So long unused, it is expired; none: never by this rule.
    pub max_idle: Option<Duration>,
    /// Not expired by `max_idle` before this: the grace of a clamp.
    pub idle_grace: Option<Timestamp>,
    /// When it was first seen expired: it stays so, whatever the clock does.
    pub expired_at: Option<Timestamp>,
    /// When its successor was made.
    pub retiring_at: Option<Timestamp>,
    /// Its successor.
    pub rotated_to: Option<TokenId>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revoke_reason: Option<String>,
    /// When it was last used, a little late: it is written in batches.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used.
    pub last_used_address: Option<String>,
}

impl TokenRecord {
    /// Where the token stands at `now`. Revoked before expired; expired at exactly its expiry.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TokenStatus {
        if self.revoked_at.is_some() {
            TokenStatus::Revoked
        } else if self.expired_at.is_some() || self.ends_at().is_some_and(|end| now >= end) {
            TokenStatus::Expired
        } else if self.retiring_at.is_some() {
            TokenStatus::Retiring
        } else {
            TokenStatus::Active
        }
    }

    /// When it stops by itself if it is not used again: the earlier of its expiry and its idle limit.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        match (self.expires_at, self.idle_end()) {
            (Some(expiry), Some(idle)) => Some(expiry.min(idle)),
            (expiry, idle) => expiry.or(idle),
        }
    }

    /// Whether the row is expired at `now` and nobody has written that down.
    #[must_use]
    pub fn newly_expired(&self, now: Timestamp) -> bool {
        self.expired_at.is_none() && self.status(now) == TokenStatus::Expired
    }

    /// Whether the scope admits `data_source`.
    #[must_use]
    pub fn admits(&self, data_source: &DataSourceId) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.contains(data_source))
    }

    fn idle_end(&self) -> Option<Timestamp> {
        let used = self.last_used_at.unwrap_or(self.created_at).max(self.created_at);
        let end = later(used, self.max_idle?);
        Some(self.idle_grace.map_or(end, |grace| end.max(grace)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::random::SeededRandom;

    pub(crate) fn record() -> TokenRecord {
        TokenRecord {
            id: PlainToken::generate(&SeededRandom::new(1)).id(),
            tenant: TenantId(1),
            user: UserId(1),
            label: "refresh".into(),
            hash: Secret::new(String::new()),
            tag: None,
            scope: None,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            max_idle: None,
            idle_grace: None,
            expired_at: None,
            retiring_at: None,
            rotated_to: None,
            revoked_at: None,
            revoke_reason: None,
            last_used_at: None,
            last_used_address: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_check_characters_are_the_known_ones() {
        // CRC-32 of "123456789" is 0xCBF43926 in every catalogue; in base 62 that is 3jZRME.
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
        assert_eq!(&check_characters("123456789"), b"3jZRME");
    }

    #[test]
    fn a_known_token_is_read() {
        let token = PlainToken::generate(&SeededRandom::new(1));
        let read = PlainToken::parse(token.expose()).unwrap();
        assert_eq!(read.expose().len(), 57);
        assert_eq!(read.id().as_str(), &token.expose()[3..19]);
        assert_eq!(TokenId::parse(read.id().as_str()), Some(read.id()));
    }

    #[test]
    fn one_changed_character_is_noticed() {
        let token = PlainToken::generate(&SeededRandom::new(2));
        for position in 0..TOKEN_LENGTH {
            let mut bytes = token.expose().as_bytes().to_vec();
            bytes[position] = if bytes[position] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(PlainToken::parse(&changed).is_err(), "position {position}");
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let token = PlainToken::generate(&SeededRandom::new(2));
        let text = token.expose();
        for text in ["", "fg_", "\u{e9}", &text[1..], &text[..56], &format!("{text} "), &format!(" {text}")] {
            assert!(PlainToken::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_token_shows_its_id_only() {
        let token = PlainToken::generate(&SeededRandom::new(3));
        assert_eq!(format!("{token:?}"), format!("PlainToken({}, ..)", token.id()));
    }

    #[test]
    fn a_token_expires_at_its_very_instant() {
        let token = TokenRecord { expires_at: Some(at(100)), ..record() };
        let just_before = at(100).checked_sub(jiff::SignedDuration::from_millis(1)).unwrap();
        assert_eq!(token.status(just_before), TokenStatus::Active);
        assert_eq!(token.status(at(100)), TokenStatus::Expired);
    }

    #[test]
    fn once_seen_expired_it_stays_so() {
        let token = TokenRecord { expires_at: Some(at(100)), expired_at: Some(at(101)), ..record() };
        assert_eq!(token.status(at(50)), TokenStatus::Expired);
    }

    #[test]
    fn revoked_goes_before_expired_and_expired_before_retiring() {
        let retiring = TokenRecord { retiring_at: Some(at(1)), expires_at: Some(at(100)), ..record() };
        assert_eq!(retiring.status(at(50)), TokenStatus::Retiring);
        assert_eq!(retiring.status(at(100)), TokenStatus::Expired);
        let revoked = TokenRecord { revoked_at: Some(at(2)), ..retiring };
        assert_eq!(revoked.status(at(100)), TokenStatus::Revoked);
    }

    #[test]
    fn an_idle_token_expires_and_use_postpones_it() {
        let idle = TokenRecord { max_idle: Some(Duration::from_secs(10)), ..record() };
        assert_eq!(idle.ends_at(), Some(at(10)));
        let used = TokenRecord { last_used_at: Some(at(5)), ..idle };
        assert_eq!(used.status(at(14)), TokenStatus::Active);
        assert_eq!(used.status(at(15)), TokenStatus::Expired);
        let graced = TokenRecord { idle_grace: Some(at(30)), ..used };
        assert_eq!(graced.ends_at(), Some(at(30)));
    }

    #[test]
    fn a_scope_admits_what_it_names() {
        let named = DataSourceId::parse("k7m2q9x4tb").unwrap();
        let other = DataSourceId::parse("aaaaaaaaaa").unwrap();
        let token = TokenRecord { scope: Some(vec![named.clone()]), ..record() };
        assert!(token.admits(&named) && !token.admits(&other));
        assert!(record().admits(&other));
    }
}
