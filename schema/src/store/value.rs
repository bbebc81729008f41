//! Values on their way to and from the store.

use jiff::Timestamp;

use crate::clock::from_milliseconds;
use crate::error::StoreError;

/// A value the store understands. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SqlValue {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// The parameters of a statement, in the order of `?1`, `?2`, …
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::SqlValue::from($value)),*] };
}
pub(crate) use params;

/// A row, taken apart column by column from the left.
pub(crate) struct Row(std::vec::IntoIter<SqlValue>);

impl Row {
    pub(crate) fn new(values: Vec<SqlValue>) -> Row {
        Row(values.into_iter())
    }

    /// The next column.
    pub(crate) fn take<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let value = self.0.next().ok_or_else(|| StoreError::corrupt("a row has too few columns"))?;
        T::from_sql(value)
    }

    /// The next column as text, read by `read`.
    pub(crate) fn take_as<T>(&mut self, read: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text: String = self.take()?;
        read(&text).ok_or_else(|| StoreError::corrupt("a column holds a word this version does not know"))
    }
}

/// What can be read from a column.
pub(crate) trait FromSql: Sized {
    fn from_sql(value: SqlValue) -> Result<Self, StoreError>;
}

fn unexpected<T>(wanted: &str) -> Result<T, StoreError> {
    // The value itself may be a secret: it is not repeated.
    Err(StoreError::corrupt(format_args!("a column holds something else than {wanted}")))
}

impl FromSql for i64 {
    fn from_sql(value: SqlValue) -> Result<i64, StoreError> {
        match value {
            SqlValue::Integer(value) => Ok(value),
            _ => unexpected("a number"),
        }
    }
}

impl FromSql for u64 {
    fn from_sql(value: SqlValue) -> Result<u64, StoreError> {
        i64::from_sql(value)?.try_into().or_else(|_| unexpected("a number from 0"))
    }
}

impl FromSql for u32 {
    fn from_sql(value: SqlValue) -> Result<u32, StoreError> {
        i64::from_sql(value)?.try_into().or_else(|_| unexpected("a number from 0 to 4294967295"))
    }
}

impl FromSql for bool {
    fn from_sql(value: SqlValue) -> Result<bool, StoreError> {
        match value {
            SqlValue::Boolean(value) => Ok(value),
            SqlValue::Integer(value) => Ok(value != 0),
            _ => unexpected("true or false"),
        }
    }
}

impl FromSql for String {
    fn from_sql(value: SqlValue) -> Result<String, StoreError> {
        match value {
            SqlValue::Text(value) => Ok(value),
            _ => unexpected("text"),
        }
    }
}

impl FromSql for Vec<u8> {
    fn from_sql(value: SqlValue) -> Result<Vec<u8>, StoreError> {
        match value {
            SqlValue::Blob(value) => Ok(value),
            _ => unexpected("bytes"),
        }
    }
}

impl FromSql for Timestamp {
    fn from_sql(value: SqlValue) -> Result<Timestamp, StoreError> {
        i64::from_sql(value).map(from_milliseconds)
    }
}

impl<T: FromSql> FromSql for Option<T> {
    fn from_sql(value: SqlValue) -> Result<Option<T>, StoreError> {
        match value {
            SqlValue::Null => Ok(None),
            value => T::from_sql(value).map(Some),
        }
    }
}

macro_rules! into_sql {
    ($($from:ty => |$value:ident| $into:expr),+ $(,)?) => {$(
        impl From<$from> for SqlValue {
            fn from($value: $from) -> SqlValue { $into }
        }
    )+};
}

into_sql! {
    bool => |value| SqlValue::Boolean(value),
    i64 => |value| SqlValue::Integer(value),
    u32 => |value| SqlValue::Integer(value.into()),
    // A number beyond 63 bits is stored as the largest there is: only counters of rows and bytes come here.
    u64 => |value| SqlValue::Integer(value.try_into().unwrap_or(i64::MAX)),
    &str => |value| SqlValue::Text(value.to_owned()),
    String => |value| SqlValue::Text(value),
    &String => |value| SqlValue::Text(value.clone()),
    Vec<u8> => |value| SqlValue::Blob(value),
    &[u8] => |value| SqlValue::Blob(value.to_vec()),
    Timestamp => |value| SqlValue::Integer(value.as_millisecond()),
    crate::id::TenantId => |value| SqlValue::Integer(value.0),
    crate::id::UserId => |value| SqlValue::Integer(value.0),
    crate::id::GroupId => |value| SqlValue::Integer(value.0),
    &crate::id::DataSourceId => |value| SqlValue::Text(value.as_str().to_owned()),
    &crate::id::ConnectionId => |value| SqlValue::Text(value.as_str().to_owned()),
    &crate::token::TokenId => |value| SqlValue::Text(value.as_str().to_owned()),
}

impl<T: Into<SqlValue>> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> SqlValue {
        value.map_or(SqlValue::Null, Into::into)
    }
}
