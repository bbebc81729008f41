//! Ids as typed. One that has not the form of an id names nothing: that is "not found", as for one nobody gave out.

use schema::{DataSourceId, TokenId};

use crate::failure::Failure;

/// A data source, by the last part of its URL.
pub(super) fn data_source(text: &str) -> Result<DataSourceId, Failure> {
    DataSourceId::parse(text).ok_or_else(|| {
        let message =
            format!("there is no data source \"{text}\": `feedgate-admin source list` shows their ids");
        Failure::not_found("DataSourceNotFound", message)
    })
}

/// A token, by its public part. The text is not repeated: it may be a whole token.
pub(super) fn token(text: &str) -> Result<TokenId, Failure> {
    TokenId::parse(text).ok_or_else(|| {
        let message =
            "there is no such token: give the 16 characters that `feedgate-admin token list` shows as id";
        Failure::not_found("TokenNotFound", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_token_typed_as_id_is_not_repeated() {
        let whole = format!("fg_{}", "s3cret".repeat(9));
        let failure = token(&whole).unwrap_err();
        assert!(!failure.message.contains("s3cret"), "{}", failure.message);
        assert_eq!(failure.exit as u8, 3);
    }
}
