//! Insertions of several rows by one statement. A statement costs a task switch to SQLite's thread
//! and back.

use sqlx::AssertSqlSafe;

use crate::database::Statement;
use crate::limits::INSERT_ROWS;

/// Table and columns of an insertion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insert {
    /// Statement up to its rows.
    pub(crate) into: &'static str,
    /// Placeholders of a row.
    pub(crate) row: &'static str,
}

impl Insert {
    /// Returns the statements that insert all items in order. `bind` binds the values of a row.
    /// Numbers of rows are from `INSERT_ROWS` only, so each statement is prepared once.
    pub(crate) fn all<'q, T: Send>(
        self,
        items: Vec<T>,
        bind: impl Fn(Statement<'q>, T) -> Result<Statement<'q>, sqlx::Error> + Send,
    ) -> impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send {
        let mut items = items.into_iter();
        core::iter::from_fn(move || {
            let rows = INSERT_ROWS.into_iter().find(|rows| *rows <= items.len())?;
            let mut query = sqlx::query(AssertSqlSafe(self.sql(rows)));
            for item in items.by_ref().take(rows) {
                query = match bind(query, item) {
                    Ok(bound) => bound,
                    Err(error) => return Some(Err(error)),
                };
            }
            Some(Ok(query))
        })
    }

    fn sql(self, rows: usize) -> String {
        let Self { into, row } = self;
        let mut sql = format!("INSERT OR REPLACE INTO {into} VALUES {row}");
        for _ in 1..rows {
            sql.push_str(", ");
            sql.push_str(row);
        }
        sql
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ROWS: Insert = Insert {
        into: "t (a, b)",
        row: "(?, ?)",
    };

    #[test]
    fn rows_are_split_into_few_statements_in_order() {
        let bound = std::sync::Mutex::new(Vec::new());
        let statements = ROWS.all((0..150).collect(), |query, item: i64| {
            bound.lock().unwrap().push(item);
            Ok(query.bind(item).bind(item))
        });
        let rows: Vec<_> = statements
            .map(|query| {
                let sql = sqlx::Execute::sql(query.unwrap());
                sql.as_str().matches("(?, ?)").count()
            })
            .collect();
        assert_eq!(rows, [64, 64, 16, 4, 1, 1]);
        let bound = bound.into_inner().unwrap();
        assert_eq!(bound, (0..150).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_to_insert_is_no_statement() {
        let none: Vec<i64> = Vec::new();
        assert_eq!(
            ROWS.all(none, |query, item| Ok(query.bind(item))).count(),
            0
        );
    }

    #[test]
    fn error_of_a_row_is_returned() {
        let failed = || Err(sqlx::Error::WorkerCrashed);
        let mut statements = ROWS.all(vec![1, 2], |_, _| failed());
        assert!(statements.next().unwrap().is_err());
    }
}
