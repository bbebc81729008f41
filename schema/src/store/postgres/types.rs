//! Values and statements between the two dialects. Every parameter has a declared type, so that PostgreSQL need not guess
//! one from where it stands (`?2 IS NULL OR kind = ?2` tells it nothing).

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::error::StoreError;
use crate::store::value::{Cell, Row, SqlValue};

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// The statement with `$1` for `?1`. None of ours has a question mark in a text.
pub(super) fn rendered(sql: &str) -> String {
    sql.replace('?', "$")
}

/// The type of a parameter.
pub(super) fn of(value: &SqlValue) -> Type {
    match value {
        SqlValue::Boolean(_) => Type::BOOL,
        SqlValue::Integer(_) => Type::INT8,
        SqlValue::Text(_) => Type::TEXT,
        SqlValue::Blob(_) => Type::BYTEA,
    }
}

impl ToSql for SqlValue {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            SqlValue::Boolean(value) => value.to_sql(ty, out),
            SqlValue::Integer(value) => value.to_sql(ty, out),
            // PostgreSQL has no text with this character, which clients may put into a URL.
            SqlValue::Text(Some(value)) if value.contains('\0') => {
                value.replace('\0', "\u{fffd}").to_sql(ty, out)
            }
            SqlValue::Text(value) => value.to_sql(ty, out),
            SqlValue::Blob(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BOOL | Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}

/// A row, column by column.
pub(super) fn row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let cells: Result<Vec<Cell>, StoreError> = (0..row.len()).map(|index| cell(row, index)).collect();
    cells.map(Row::new)
}

fn cell(row: &tokio_postgres::Row, index: usize) -> Result<Cell, StoreError> {
    let ty = row.columns()[index].type_();
    let read = match *ty {
        Type::BOOL => row.try_get::<_, Option<bool>>(index).map(|value| value.map(Cell::Boolean)),
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map(|value| value.map(Cell::Integer)),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(index).map(|value| value.map(|value| Cell::Integer(value.into())))
        }
        Type::TEXT => row.try_get::<_, Option<String>>(index).map(|value| value.map(Cell::Text)),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(|value| value.map(Cell::Blob)),
        _ => {
            let message = format!("a column of the unexpected type {ty}");
            return Err(StoreError::Statement { message });
        }
    };
    let value = read.map_err(|_| StoreError::corrupt("a column cannot be read"))?;
    Ok(value.unwrap_or(Cell::Null))
}
