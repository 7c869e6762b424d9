//! Lists of the disk compared with reference lists: every combination of filters, in parts of any
//! size, in both orders, with equal times. Lists that are read while calls end.

use confab_store::{CallFilter, Entry, Order, Part, SqliteStore, Store, TimeRange};
use confab_switchboard::{CallDirection, CallStatus, CallView};
use confab_terms::{AccountSid, CallSid, WallTime};

use crate::dir::{Dir, opened};

pub(crate) fn call(n: u64) -> CallView {
    // Sids are in no order of time, and several calls share a millisecond.
    let sid = u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(n);
    let at = WallTime(1_000 + (n / 3).cast_signed());
    let is_answered = !n.is_multiple_of(4);
    CallView {
        sid: CallSid::from_random(sid),
        account: AccountSid::from_random(1),
        from: format!("sip:{}@b", n % 3),
        to: format!("sip:{}@d", n % 5),
        caller_name: None,
        forwarded_from: None,
        audio: None,
        status: match is_answered {
            true => CallStatus::Completed,
            false => CallStatus::Busy,
        },
        direction: CallDirection::Inbound,
        date_created: at,
        date_updated: at,
        start_time: is_answered.then_some(WallTime(at.0 + (n * 7 % 11).cast_signed())),
        end_time: Some(WallTime(at.0 + (n * 5 % 23).cast_signed())),
        seconds: None,
        sip_result_code: None,
    }
}

fn filters() -> Vec<CallFilter> {
    let range = |from, before| TimeRange {
        from: Option::map(from, WallTime),
        before: Option::map(before, WallTime),
    };
    let ranges = [
        range(None, None),
        range(Some(1_010), None),
        range(None, Some(1_050)),
        range(Some(1_010), Some(1_050)),
        range(Some(1_100), None),
        range(None, Some(1_000)),
    ];
    let mut filters = Vec::new();
    for from in [None, Some("sip:1@b"), Some("sip:9@b")] {
        for to in [None, Some("sip:2@d")] {
            for status in [None, Some(CallStatus::Busy), Some(CallStatus::Completed)] {
                for (start, end) in [(true, false), (false, true), (true, true)] {
                    for range in ranges {
                        let only = |is: bool| if is { range } else { TimeRange::default() };
                        filters.push(CallFilter {
                            from: from.map(str::to_owned),
                            to: to.map(str::to_owned),
                            status,
                            start_time: only(start),
                            end_time: only(end),
                        });
                    }
                }
            }
        }
    }
    filters
}

/// Reads a whole list in parts.
async fn read(store: &SqliteStore, filter: &CallFilter, order: Order, count: u32) -> Vec<CallSid> {
    let mut part = Part {
        order,
        after: None,
        count,
    };
    let mut sids = Vec::new();
    loop {
        let found = store.calls(filter.clone(), part.clone()).await.unwrap();
        sids.extend(found.iter().map(|view| view.sid));
        match found.last() {
            Some(last) => part.after = Some(filter.place(last)),
            None => return sids,
        }
    }
}

#[tokio::test]
async fn every_combination_of_filters_lists_what_matches_in_order() {
    let dir = Dir::new("lists");
    let store = opened(&dir.0).await;
    let calls: Vec<CallView> = (0..200).map(call).collect();
    for call in &calls {
        store.keep(Entry::Call(call.clone()));
    }
    store.flush().await.unwrap();
    for filter in filters() {
        let mut wanted: Vec<_> = calls.iter().filter(|call| filter.wants(call)).collect();
        wanted.sort_by_key(|call| filter.place(call));
        let mut wanted: Vec<_> = wanted.iter().map(|call| call.sid).collect();
        for order in [Order::OldestFirst, Order::NewestFirst] {
            for count in [7, 1_000] {
                let found = read(&store, &filter, order, count).await;
                assert_eq!(found, wanted, "{filter:?}");
            }
            wanted.reverse();
        }
    }
}

#[tokio::test]
async fn calls_of_another_account_are_in_no_list() {
    let dir = Dir::new("lists-accounts");
    let first = opened(&dir.0).await;
    let account = first.account().sid;
    first.keep(Entry::Call(call(1)));
    first.flush().await.unwrap();
    drop(first);
    // Both accounts have the same first characters: only the rest distinguishes them.
    let twin = format!(
        "{}{}",
        &account.to_string()[..9],
        "0000-4000-8000-000000000000"
    );
    let given = confab_store::Given {
        sid: Some(twin.parse().unwrap()),
        ..confab_store::Given::default()
    };
    let second = confab_store::open(&dir.0, &given).await.unwrap().0;
    second.keep(Entry::Call(call(2)));
    second.flush().await.unwrap();
    let every = CallFilter::default();
    assert_eq!(
        read(&second, &every, Order::NewestFirst, 9).await,
        [call(2).sid]
    );
}

#[tokio::test]
async fn pages_hold_each_call_once_while_calls_end() {
    let dir = Dir::new("lists-growing");
    let store = opened(&dir.0).await;
    for n in 0..100 {
        store.keep(Entry::Call(call(n)));
    }
    let every = CallFilter::default();
    let mut part = Part {
        order: Order::NewestFirst,
        after: None,
        count: 9,
    };
    let mut sids = Vec::new();
    for page in 0.. {
        let found = store.calls(every.clone(), part.clone()).await.unwrap();
        let Some(last) = found.last() else {
            break;
        };
        part.after = Some(every.place(last));
        sids.extend(found.iter().map(|view| view.sid));
        // Newer calls end, in memory and on the disk.
        store.keep(Entry::Call(call(1_000 + page)));
        if page % 2 == 0 {
            store.flush().await.unwrap();
        }
    }
    let mut wanted: Vec<_> = (0..100).map(call).collect();
    wanted.sort_by_key(|call| std::cmp::Reverse(every.place(call)));
    let wanted: Vec<_> = wanted.iter().map(|call| call.sid).collect();
    assert_eq!(sids, wanted);
}

#[tokio::test]
async fn states_of_a_call_in_one_transaction_are_one_insertion_of_the_last() {
    let dir = Dir::new("lists-states");
    let store = opened(&dir.0).await;
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.0.join("confab.db"));
    let mut file = sqlx::ConnectOptions::connect(&file).await.unwrap();
    for statement in [
        "CREATE TABLE inserted (sid TEXT)",
        "CREATE TRIGGER counts AFTER INSERT ON calls \
         BEGIN INSERT INTO inserted VALUES (new.sid); END",
    ] {
        sqlx::query(statement).execute(&mut file).await.unwrap();
    }
    let measured = |n| CallView {
        caller_name: Some(format!("phone {n}")),
        ..call(n)
    };
    store.together(|| {
        for n in 0..300 {
            store.keep(Entry::Call(call(n)));
        }
        for n in 0..300 {
            store.keep(Entry::Call(measured(n)));
        }
    });
    store.flush().await.unwrap();
    let count = sqlx::query_scalar("SELECT count(*) FROM inserted");
    let inserted: i64 = count.fetch_one(&mut file).await.unwrap();
    assert_eq!(inserted, 300);
    for n in 0..300 {
        let found = store.call(call(n).sid).await.unwrap();
        assert_eq!(found, Some(measured(n)));
    }
}
