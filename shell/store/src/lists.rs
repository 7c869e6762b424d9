//! Lists of the history: calls, conferences, recordings, notices and dead letters. Each filter
//! alone, or with a range of one time, has an index (migration 7). Further filters are checked row
//! by row.

use confab_switchboard::{CallView, ConferenceView, RecordingView};
use confab_terms::WallTime;
use sqlx::QueryBuilder;
use sqlx::sqlite::{Sqlite, SqliteRow};

use crate::history::CallTime;
use crate::list::{Index, ListStatement, OrderedBy, by};
use crate::readers::Cost;
use crate::sqlite::{decoded, kept_notice};
use crate::{
    CallFilter, ConferenceFilter, KeptNotice, NoticeFilter, Part, RecordingFilter, SqliteStore,
    StoreError, TimeRange,
};

/// Severity of a notice. Notices of earlier versions have no severity: all of them were errors.
const SEVERITY: &str = "coalesce(json_extract(notice, '$.severity'), 'Error')";

/// Returns the statement of a list of calls.
fn calls(sql: Sql<'_>, filter: &CallFilter, part: &Part) -> QueryBuilder<Sqlite> {
    let none = TimeRange::default();
    let (time, range, other) = match filter.ordered_by() {
        CallTime::Created => ("date_created", none, none),
        CallTime::Started => ("start_time", filter.start_time, filter.end_time),
        CallTime::Ended => ("end_time", filter.end_time, none),
    };
    let order = OrderedBy {
        time,
        id: "unhex(replace(sid, '-', ''))",
        id_of: "unhex(replace(?, '-', ''))",
        is_partial: time != "date_created",
    };
    let index = Index {
        name: sql.has_indexes.then(|| calls_index(filter)),
        has_short_account: true,
    };
    ListStatement::new("SELECT view FROM calls", index, sql.account)
        .equal("caller", filter.from.clone())
        .equal("called", filter.to.clone())
        // `CallStatus` as it is written in `view`.
        .equal("status", filter.status.map(|status| format!("{status:?}")))
        .within("end_time", other)
        .ordered(order, range, part)
}

/// Returns the index of the first filter and of the ordering time.
fn calls_index(filter: &CallFilter) -> &'static str {
    use CallTime::{Created, Ended, Started};
    let by_caller = filter.from.is_some();
    let by_called = filter.to.is_some();
    let by_status = filter.status.is_some();
    match (filter.ordered_by(), by_caller, by_called, by_status) {
        (Created, true, ..) => "calls_of_caller_created",
        (Started, true, ..) => "calls_of_caller_started",
        (Ended, true, ..) => "calls_of_caller_ended",
        (Created, _, true, _) => "calls_of_called_created",
        (Started, _, true, _) => "calls_of_called_started",
        (Ended, _, true, _) => "calls_of_called_ended",
        (Created, .., true) => "calls_of_status_created",
        (Started, .., true) => "calls_of_status_started",
        (Ended, .., true) => "calls_of_status_ended",
        (Created, ..) => "calls_created",
        (Started, ..) => "calls_started",
        (Ended, ..) => "calls_ended",
    }
}

/// Returns the statement of a list of conferences.
fn conferences(sql: Sql<'_>, filter: &ConferenceFilter, part: &Part) -> QueryBuilder<Sqlite> {
    let by_update = filter.is_by_update();
    let (order, range, other) = match by_update {
        true => (by("date_updated"), filter.updated, TimeRange::default()),
        false => (by("date_created"), filter.created, filter.updated),
    };
    let index = match (filter.friendly_name.is_some(), by_update) {
        (false, false) => "conferences_newest",
        (false, true) => "conferences_updated",
        (true, false) => "conferences_by_name",
        (true, true) => "conferences_of_name_updated",
    };
    sql.list("SELECT view FROM conferences", index)
        .equal("friendly_name", filter.friendly_name.clone())
        .within("date_updated", other)
        .ordered(order, range, part)
}

/// Returns the statement of a list of recordings.
fn recordings(sql: Sql<'_>, filter: &RecordingFilter, part: &Part) -> QueryBuilder<Sqlite> {
    let index = match (filter.call, filter.conference) {
        (Some(_), _) => "recordings_of_call",
        (None, Some(_)) => "recordings_of_conference",
        (None, None) => "recordings_newest",
    };
    sql.list("SELECT view FROM recordings", index)
        .equal("call", filter.call.map(|sid| sid.to_string()))
        .equal("conference", filter.conference.map(|sid| sid.to_string()))
        .ordered(by("date_created"), filter.created, part)
}

/// Returns the statement of a list of notices.
fn notices(sql: Sql<'_>, filter: &NoticeFilter, part: &Part) -> QueryBuilder<Sqlite> {
    let severity = filter.severity.map(|severity| format!("{severity:?}"));
    let index = match (filter.call, filter.severity) {
        (Some(_), _) => "notices_of_call",
        (None, Some(_)) => "notices_of_severity",
        (None, None) => "notices_newest",
    };
    sql.list("SELECT sid, notice FROM notices", index)
        .equal("call", filter.call.map(|sid| sid.to_string()))
        .equal(SEVERITY, severity)
        .ordered(by("at"), filter.at, part)
}

/// Returns the statement of a list of dead letters that are newer than `oldest`.
fn dead_letters(sql: Sql<'_>, oldest: WallTime, part: &Part) -> QueryBuilder<Sqlite> {
    let range = TimeRange {
        from: Some(WallTime(oldest.0.saturating_add(1))),
        before: None,
    };
    let select = "SELECT date_updated, event, reason FROM dead_letters";
    sql.list(select, "dead_letters_newest")
        .ordered(by("date_updated"), range, part)
}

/// Values that all statements of lists share.
#[derive(Clone, Copy, Debug)]
struct Sql<'a> {
    account: &'a str,
    has_indexes: bool,
}

impl Sql<'_> {
    fn list(self, select: &str, index: &'static str) -> ListStatement {
        let index = Index {
            name: self.has_indexes.then_some(index),
            has_short_account: false,
        };
        ListStatement::new(select, index, self.account)
    }
}

impl SqliteStore {
    async fn list(
        &self,
        has_index: bool,
        statement: impl Fn(Sql<'_>) -> QueryBuilder<Sqlite>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let sql = statement(Sql {
            account: &self.account.sid.to_string(),
            has_indexes: self.database.has_indexes(),
        });
        let cost = match has_index {
            true => Cost::Page,
            false => Cost::Search,
        };
        self.database.list(sql, cost).await
    }

    pub(crate) async fn kept_calls(
        &self,
        filter: &CallFilter,
        part: &Part,
    ) -> Result<Vec<CallView>, StoreError> {
        let rows = self
            .list(filter.has_index(), |sql| calls(sql, filter, part))
            .await?;
        rows.iter().map(|row| decoded(row, 0)).collect()
    }

    pub(crate) async fn kept_conferences(
        &self,
        filter: &ConferenceFilter,
        part: &Part,
    ) -> Result<Vec<ConferenceView>, StoreError> {
        let rows = self
            .list(filter.has_index(), |sql| conferences(sql, filter, part))
            .await?;
        rows.iter().map(|row| decoded(row, 0)).collect()
    }

    pub(crate) async fn kept_recordings(
        &self,
        filter: &RecordingFilter,
        part: &Part,
    ) -> Result<Vec<RecordingView>, StoreError> {
        let rows = self.list(true, |sql| recordings(sql, filter, part)).await?;
        rows.iter().map(|row| decoded(row, 0)).collect()
    }

    pub(crate) async fn kept_notices(
        &self,
        filter: &NoticeFilter,
        part: &Part,
    ) -> Result<Vec<KeptNotice>, StoreError> {
        let rows = self.list(true, |sql| notices(sql, filter, part)).await?;
        rows.iter().map(kept_notice).collect()
    }

    /// Returns rows of dead letters that are newer than `oldest`.
    pub(crate) async fn kept_dead_letters(
        &self,
        oldest: WallTime,
        part: &Part,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.list(true, |sql| dead_letters(sql, oldest, part)).await
    }
}

#[cfg(test)]
mod tests;
