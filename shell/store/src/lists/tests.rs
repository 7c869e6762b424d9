//! Query plans of the lists. Each filter, alone and with a range of one time, walks one index from
//! the beginning of the part, without sorting.

#![allow(clippy::unwrap_used)]

use confab_switchboard::{CallStatus, Severity};
use confab_terms::{CallSid, ConferenceSid};
use sqlx::Row as _;

use super::*;
use crate::{Given, Order, Place, open};

const SQL: Sql<'static> = Sql {
    account: "account",
    has_indexes: true,
};
const RANGES: [TimeRange; 4] = [
    TimeRange {
        from: Some(WallTime(10)),
        before: None,
    },
    TimeRange {
        from: None,
        before: Some(WallTime(90)),
    },
    TimeRange {
        from: Some(WallTime(10)),
        before: Some(WallTime(90)),
    },
    TimeRange {
        from: None,
        before: None,
    },
];

/// Returns first and further parts in both orders, also from places outside of every range.
fn parts() -> Vec<Part> {
    let mut parts = Vec::new();
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for at in [None, Some(5), Some(50), Some(95)] {
            let after = at.map(|at| Place {
                at: WallTime(at),
                sid: CallSid::from_random(1).to_string(),
            });
            parts.push(Part {
                order,
                after,
                count: 51,
            });
        }
    }
    parts
}

struct Plans {
    dir: std::path::PathBuf,
    store: SqliteStore,
}

impl Drop for Plans {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.dir);
    }
}

impl Plans {
    async fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("confab-plans-{name}-{}", std::process::id()));
        let _left_over = std::fs::remove_dir_all(&dir);
        let store = open(&dir, &Given::default()).await.unwrap().0;
        Self { dir, store }
    }

    /// Checks that a statement searches this index with `equal` equalities and, if `seeks`, a
    /// range.
    async fn check(&self, sql: &QueryBuilder<Sqlite>, index: &str, equal: usize, seeks: bool) {
        let sql = sql.sql();
        let explain = format!("EXPLAIN QUERY PLAN {}", sql.as_str());
        let explain = sqlx::query(sqlx::AssertSqlSafe(explain));
        let rows = self.store.database.all(explain).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(3)).collect();
        let shown = format!("{plan:?}: {}", sql.as_str());
        assert_eq!(plan.len(), 1, "{shown}");
        let uses = format!("USING INDEX {index} (");
        assert!(
            plan[0].starts_with("SEARCH ") && plan[0].contains(&uses),
            "{shown}"
        );
        assert_eq!(plan[0].matches("=?").count(), equal, "{shown}");
        let ranges = ["<?", ">?", "<(?", ">(?"];
        let has_range = ranges.iter().any(|range| plan[0].contains(range));
        assert_eq!(has_range, seeks, "{shown}");
    }
}

#[tokio::test]
async fn each_filter_of_calls_walks_an_index_of_its_own() {
    let plans = Plans::new("calls").await;
    let every = CallFilter::default();
    let filters = [
        (every.clone(), "calls_", 1),
        (
            CallFilter {
                from: Some("a".to_owned()),
                ..every.clone()
            },
            "calls_of_caller_",
            2,
        ),
        (
            CallFilter {
                to: Some("a".to_owned()),
                ..every.clone()
            },
            "calls_of_called_",
            2,
        ),
        (
            CallFilter {
                status: Some(CallStatus::Busy),
                ..every
            },
            "calls_of_status_",
            2,
        ),
    ];
    for (filter, index, equal) in filters {
        for (range, part) in RANGES
            .iter()
            .flat_map(|range| parts().into_iter().map(move |part| (range, part)))
        {
            let none = *range == TimeRange::default();
            let seeks = !none || part.after.is_some();
            let started = CallFilter {
                start_time: *range,
                ..filter.clone()
            };
            let ended = CallFilter {
                end_time: *range,
                ..filter.clone()
            };
            for (filter, time) in [(started, "started"), (ended, "ended")] {
                let index = format!("{index}{}", if none { "created" } else { time });
                let sql = calls(SQL, &filter, &part);
                plans.check(&sql, &index, equal, seeks).await;
            }
        }
    }
}

#[tokio::test]
async fn combined_filters_of_calls_walk_the_index_of_the_first() {
    let plans = Plans::new("combined").await;
    let filter = CallFilter {
        from: Some("a".to_owned()),
        to: Some("b".to_owned()),
        status: Some(CallStatus::Busy),
        start_time: RANGES[2],
        end_time: RANGES[2],
    };
    for part in parts() {
        let sql = calls(SQL, &filter, &part);
        plans.check(&sql, "calls_of_caller_started", 2, true).await;
    }
}

#[tokio::test]
async fn other_lists_walk_an_index() {
    let plans = Plans::new("others").await;
    for (range, part) in RANGES
        .iter()
        .flat_map(|range| parts().into_iter().map(move |part| (*range, part)))
    {
        let none = range == TimeRange::default();
        let seeks = !none || part.after.is_some();
        for (name, created, updated) in [
            (None, "conferences_newest", "conferences_updated"),
            (
                Some("a".to_owned()),
                "conferences_by_name",
                "conferences_of_name_updated",
            ),
        ] {
            let equal = if name.is_some() { 2 } else { 1 };
            let mut filter = ConferenceFilter {
                friendly_name: name,
                created: range,
                updated: TimeRange::default(),
            };
            let sql = conferences(SQL, &filter, &part);
            plans.check(&sql, created, equal, seeks).await;
            (filter.created, filter.updated) = (filter.updated, filter.created);
            let sql = conferences(SQL, &filter, &part);
            let index = if none { created } else { updated };
            plans.check(&sql, index, equal, seeks).await;
        }
        for (call, conference, index, equal) in [
            (None, None, "recordings_newest", 1),
            (Some(CallSid::from_random(1)), None, "recordings_of_call", 2),
            (
                None,
                Some(ConferenceSid::from_random(1)),
                "recordings_of_conference",
                2,
            ),
        ] {
            let filter = RecordingFilter {
                call,
                conference,
                created: range,
            };
            let sql = recordings(SQL, &filter, &part);
            plans.check(&sql, index, equal, seeks).await;
        }
        for (call, severity, index, equal) in [
            (None, None, "notices_newest", 1),
            (None, Some(Severity::Warning), "notices_of_severity", 2),
            (Some(CallSid::from_random(1)), None, "notices_of_call", 2),
            (
                Some(CallSid::from_random(1)),
                Some(Severity::Error),
                "notices_of_call",
                2,
            ),
        ] {
            let filter = NoticeFilter {
                call,
                severity,
                at: range,
            };
            let sql = notices(SQL, &filter, &part);
            plans.check(&sql, index, equal, seeks).await;
        }
        let sql = dead_letters(SQL, WallTime(10), &part);
        plans.check(&sql, "dead_letters_newest", 1, true).await;
    }
}
