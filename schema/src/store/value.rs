//! Values on their way to and from the store.

use jiff::Timestamp;

use crate::clock::from_milliseconds;
use crate::error::StoreError;

/// A value on its way into the store. A null has a type too: PostgreSQL asks for the type of every parameter. Times are
/// milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SqlValue {
    Boolean(Option<bool>),
    Integer(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

/// A value on its way out of the store.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
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
pub(crate) struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(crate) fn new(values: Vec<Cell>) -> Row {
        Row(values.into_iter())
    }

    /// The columns that were not taken yet.
    pub(crate) fn cells(&self) -> &[Cell] {
        self.0.as_slice()
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
    fn from_sql(value: Cell) -> Result<Self, StoreError>;
}

fn unexpected<T>(wanted: &str) -> Result<T, StoreError> {
    // The value itself may be a secret: it is not repeated.
    Err(StoreError::corrupt(format_args!("a column holds something else than {wanted}")))
}

impl FromSql for i64 {
    fn from_sql(value: Cell) -> Result<i64, StoreError> {
        match value {
            Cell::Integer(value) => Ok(value),
            _ => unexpected("a number"),
        }
    }
}

impl FromSql for u64 {
    fn from_sql(value: Cell) -> Result<u64, StoreError> {
        i64::from_sql(value)?.try_into().or_else(|_| unexpected("a number from 0"))
    }
}

impl FromSql for u32 {
    fn from_sql(value: Cell) -> Result<u32, StoreError> {
        i64::from_sql(value)?.try_into().or_else(|_| unexpected("a number from 0 to 4294967295"))
    }
}

impl FromSql for bool {
    fn from_sql(value: Cell) -> Result<bool, StoreError> {
        match value {
            Cell::Boolean(value) => Ok(value),
            Cell::Integer(value) => Ok(value != 0),
            _ => unexpected("true or false"),
        }
    }
}

impl FromSql for String {
    fn from_sql(value: Cell) -> Result<String, StoreError> {
        match value {
            Cell::Text(value) => Ok(value),
            _ => unexpected("text"),
        }
    }
}

impl FromSql for Vec<u8> {
    fn from_sql(value: Cell) -> Result<Vec<u8>, StoreError> {
        match value {
            Cell::Blob(value) => Ok(value),
            _ => unexpected("bytes"),
        }
    }
}

impl FromSql for Timestamp {
    fn from_sql(value: Cell) -> Result<Timestamp, StoreError> {
        i64::from_sql(value).map(from_milliseconds)
    }
}

impl<T: FromSql> FromSql for Option<T> {
    fn from_sql(value: Cell) -> Result<Option<T>, StoreError> {
        match value {
            Cell::Null => Ok(None),
            value => T::from_sql(value).map(Some),
        }
    }
}

macro_rules! into_sql {
    ($($from:ty => $kind:ident |$value:ident| $into:expr),+ $(,)?) => {$(
        impl From<$from> for SqlValue {
            fn from($value: $from) -> SqlValue { SqlValue::$kind(Some($into)) }
        }
        impl SqlType for $from {
            const NULL: SqlValue = SqlValue::$kind(None);
        }
    )+};
}

into_sql! {
    bool => Boolean |value| value,
    i64 => Integer |value| value,
    u32 => Integer |value| value.into(),
    // A number beyond 63 bits is stored as the largest there is: only counters of rows and bytes come here.
    u64 => Integer |value| value.try_into().unwrap_or(i64::MAX),
    &str => Text |value| value.to_owned(),
    String => Text |value| value,
    &String => Text |value| value.clone(),
    Vec<u8> => Blob |value| value,
    &[u8] => Blob |value| value.to_vec(),
    Timestamp => Integer |value| value.as_millisecond(),
    crate::id::TenantId => Integer |value| value.0,
    crate::id::UserId => Integer |value| value.0,
    crate::id::GroupId => Integer |value| value.0,
    &crate::id::DataSourceId => Text |value| value.as_str().to_owned(),
    &crate::id::ConnectionId => Text |value| value.as_str().to_owned(),
    &crate::token::TokenId => Text |value| value.as_str().to_owned(),
}

/// What becomes of a null of this type.
pub(crate) trait SqlType: Into<SqlValue> {
    const NULL: SqlValue;
}

impl<T: SqlType> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> SqlValue {
        value.map_or(T::NULL, Into::into)
    }
}
