//! Statements of lists. Each statement reads one index: filters by equality, then a range of the
//! time by which the list is ordered.

use sqlx::sqlite::Sqlite;
use sqlx::{Encode, QueryBuilder, Type};

use crate::{Order, Part, Place, TimeRange};

/// Time by which a list is ordered, and the id that orders entries of one millisecond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderedBy {
    /// Column of the time.
    pub(crate) time: &'static str,
    /// Expression of the id, as in the index.
    pub(crate) id: &'static str,
    /// Expression of the id, applied to a bound value.
    pub(crate) id_of: &'static str,
    /// True if the index omits entries without the time.
    pub(crate) is_partial: bool,
}

/// Index that a statement reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    /// Name of the index; `None` if the schema does not have it yet.
    pub(crate) name: Option<&'static str>,
    /// True if the index contains only the first characters of the account.
    pub(crate) has_short_account: bool,
}

/// Returns the order by a time column, with sids as stored in the rows.
pub(crate) const fn by(time: &'static str) -> OrderedBy {
    OrderedBy {
        time,
        id: "sid",
        id_of: "?",
        is_partial: false,
    }
}

/// Statement that reads a part of a list.
pub(crate) struct ListStatement {
    sql: QueryBuilder<Sqlite>,
    /// True once a filter uses the index.
    has_index: bool,
}

impl ListStatement {
    /// Begins a statement with columns and table, the index to read, and the account.
    pub(crate) fn new(select: &str, index: Index, account: &str) -> Self {
        let mut sql = QueryBuilder::new(select);
        // SQLite has no statistics, and would prefer a range of time to a filter by equality.
        if let Some(name) = index.name {
            sql.push(format_args!(" INDEXED BY {name}"));
        }
        sql.push(" WHERE ");
        if index.has_short_account {
            sql.push("substr(account, 1, 4) = substr(");
            sql.push_bind(account.to_owned());
            sql.push(", 1, 4) AND +");
        }
        sql.push("account = ");
        sql.push_bind(account.to_owned());
        Self {
            sql,
            has_index: false,
        }
    }

    /// Adds a filter by equality. The first of these filters uses the index.
    pub(crate) fn equal<'t, T>(mut self, column: &'static str, value: Option<T>) -> Self
    where
        T: 't + Encode<'t, Sqlite> + Type<Sqlite>,
    {
        let Some(value) = value else {
            return self;
        };
        // A plus sign prevents SQLite from using an index of that column.
        let plus = if self.has_index { "+" } else { "" };
        self.sql.push(format_args!(" AND {plus}{column} = "));
        self.sql.push_bind(value);
        self.has_index = true;
        self
    }

    /// Adds a filter by a time that does not order the list.
    pub(crate) fn within(mut self, column: &'static str, range: TimeRange) -> Self {
        for (bound, is) in [(range.from, ">="), (range.before, "<")] {
            if let Some(at) = bound {
                self.sql.push(format_args!(" AND +{column} {is} "));
                self.sql.push_bind(at.0);
            }
        }
        self
    }

    /// Ends the statement with the order, the range of the ordering time, and the part.
    pub(crate) fn ordered(
        mut self,
        by: OrderedBy,
        range: TimeRange,
        part: &Part,
    ) -> QueryBuilder<Sqlite> {
        let OrderedBy { time, id, .. } = by;
        let sql = &mut self.sql;
        if by.is_partial {
            sql.push(format_args!(" AND {time} IS NOT NULL"));
        }
        let (range, after) = bounds(range, part);
        for (bound, is) in [(range.from, ">="), (range.before, "<")] {
            if let Some(at) = bound {
                sql.push(format_args!(" AND {time} {is} "));
                sql.push_bind(at.0);
            }
        }
        let (is, direction) = match part.order {
            Order::NewestFirst => ("<", " DESC"),
            Order::OldestFirst => (">", ""),
        };
        if let Some(place) = after {
            sql.push(format_args!(" AND ({time}, {id}) {is} ("));
            sql.push_bind(place.at.0);
            let (before, behind) = by.id_of.split_once('?').unwrap_or_default();
            sql.push(", ").push(before);
            sql.push_bind(place.sid.clone());
            sql.push(behind).push(")");
        }
        sql.push(format_args!(
            " ORDER BY {time}{direction}, {id}{direction} LIMIT "
        ));
        sql.push_bind(part.count);
        self.sql
    }
}

/// Keeps one bound on the side where reading begins: with two, SQLite may begin at the wider one.
fn bounds(mut range: TimeRange, part: &Part) -> (TimeRange, Option<&Place>) {
    let Some(after) = &part.after else {
        return (range, None);
    };
    let is_outside = match part.order {
        Order::NewestFirst => range.before.is_some_and(|before| after.at >= before),
        Order::OldestFirst => range.from.is_some_and(|from| after.at < from),
    };
    if is_outside {
        return (range, None);
    }
    match part.order {
        Order::NewestFirst => range.before = None,
        Order::OldestFirst => range.from = None,
    }
    (range, Some(after))
}
