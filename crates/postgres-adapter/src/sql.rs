//! Runs statements written as text. Both dialects count parameters as `$1`, `$2` and so on.

use kernel::StoreError;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};

use crate::error::Stored;

/// Runs a statement; returns how many rows it changed.
pub(crate) async fn execute<C: ConnectionTrait>(
    connection: &C,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, StoreError> {
    let statement = statement(connection, text, values);
    let done = connection.execute_raw(statement).await.stored()?;
    Ok(done.rows_affected())
}

/// Every row of a statement.
pub(crate) async fn rows<T: FromQueryResult, C: ConnectionTrait>(
    connection: &C,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, StoreError> {
    let statement = statement(connection, text, values);
    let rows = connection.query_all_raw(statement).await.stored()?;
    rows.iter()
        .map(|row| T::from_query_result(row, "").stored())
        .collect()
}

/// The one row of a statement, if there is one.
pub(crate) async fn row<T: FromQueryResult, C: ConnectionTrait>(
    connection: &C,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, StoreError> {
    let statement = statement(connection, text, values);
    let row = connection.query_one_raw(statement).await.stored()?;
    row.map(|row| T::from_query_result(&row, "").stored())
        .transpose()
}

/// The places of an insert of `rows` rows of `columns` columns, on a statement that has no other parameters:
/// `($1, $2), ($3, $4)`, or `(?, ?), (?, ?)` for SQLite.
///
/// To SQLite a `$1` is a name, looked up among all the names before it: with thousands of them, preparing and binding
/// take time by the square.
pub(crate) fn placeholders<C: ConnectionTrait>(
    connection: &C,
    rows: usize,
    columns: usize,
) -> String {
    match connection.get_database_backend() {
        DbBackend::Sqlite => unnamed(rows, columns),
        _ => numbered(rows, columns),
    }
}

fn unnamed(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row; rows].join(", ")
}

fn numbered(rows: usize, columns: usize) -> String {
    let row = |first: usize| {
        let numbers: Vec<String> = (first..first + columns).map(|n| format!("${n}")).collect();
        format!("({})", numbers.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(|it| row(it * columns + 1)).collect();
    rows.join(", ")
}

/// The `FROM` of the rows of a table that belong to each row of `wanted`; `condition` names both, the table as `found`.
///
/// PostgreSQL goes by an index, one wanted row after the other. A plain join it may have planned while the table was as
/// good as empty, and scan all of it for ever after. `order` is that of the index that is meant: of a tenant who is new
/// since the last statistics it expects one row by any index that begins with the tenant, and takes the one that needs
/// no sorting.
pub(crate) fn found_for_wanted<C: ConnectionTrait>(
    connection: &C,
    table: &str,
    condition: &str,
    order: &str,
) -> String {
    match connection.get_database_backend() {
        DbBackend::Sqlite => format!("FROM wanted CROSS JOIN {table} AS found ON {condition}"),
        _ => format!(
            "FROM wanted CROSS JOIN LATERAL \
             (SELECT * FROM {table} AS found WHERE {condition} ORDER BY {order} OFFSET 0) AS found"
        ),
    }
}

/// The `$4, $5` of a list of `count` parameters, the first of them `first`.
pub(crate) fn list_from(count: usize, first: usize) -> String {
    let numbers: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
    numbers.join(", ")
}

/// The `($4, $5), ($6, $7)` of `rows` rows of `columns` parameters, the first of them `first`.
pub(crate) fn rows_from(rows: usize, columns: usize, first: usize) -> String {
    let row = |at: usize| format!("({})", list_from(columns, first + columns * at));
    let rows: Vec<String> = (0..rows).map(row).collect();
    rows.join(", ")
}

fn statement<C: ConnectionTrait>(
    connection: &C,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), text, values)
}

#[cfg(test)]
mod tests {
    //! Parameters are numbered row by row.

    #[test]
    fn placeholders_count_on() {
        assert_eq!(super::numbered(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(super::unnamed(2, 3), "(?, ?, ?), (?, ?, ?)");
        assert_eq!(super::list_from(3, 4), "$4, $5, $6");
        assert_eq!(super::rows_from(2, 2, 3), "($3, $4), ($5, $6)");
    }
}
