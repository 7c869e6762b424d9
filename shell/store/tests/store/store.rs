//! The store across restarts, reads before and after writing, large numbers, and errors of opening.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use confab_store::{
    CallFilter, ConferenceFilter, Entry, Given, NoticeFilter, OpenError, Order, Part, Place,
    SqliteStore, Store, TimeRange, TokenHash, open,
};
use confab_switchboard::conference::{EndReason, Status};
use confab_switchboard::{CallDirection, CallStatus, CallView, ConferenceView, Notice, Severity};
use confab_terms::{AccountSid, CallSid, ConferenceSid, Method, WallTime};

use crate::dir::{Dir, opened};

/// Simulates the end of the process, with everything written and the folder unlocked.
async fn closed(store: SqliteStore) {
    store.flush().await.unwrap();
    drop(store);
}

fn conference(n: u64, at: i64) -> ConferenceView {
    ConferenceView {
        sid: ConferenceSid::from_random(u128::from(n)),
        account: AccountSid::from_random(1),
        friendly_name: if n.is_multiple_of(2) {
            "even"
        } else {
            "odd; '\u{1f399}"
        }
        .to_owned(),
        status: Status::Completed,
        date_created: WallTime(at),
        date_updated: WallTime(at + 5),
        end_reason: Some(EndReason::EndOnExitLeft),
        call_ending: Some(CallSid::from_random(7)),
    }
}

fn call(n: u64) -> CallView {
    CallView {
        sid: CallSid::from_random(u128::from(n)),
        account: AccountSid::from_random(1),
        from: "sip:a@b".to_owned(),
        to: "sip:c@d".to_owned(),
        caller_name: Some("A".to_owned()),
        forwarded_from: None,
        audio: None,
        status: CallStatus::Completed,
        direction: CallDirection::Inbound,
        date_created: WallTime(1),
        date_updated: WallTime(2),
        start_time: Some(WallTime(1)),
        end_time: Some(WallTime(2)),
        seconds: None,
        sip_result_code: Some(200),
    }
}

fn notice(at: i64, call: Option<u64>) -> Notice {
    Notice {
        code: 11210,
        severity: Severity::Error,
        message: "no such host".to_owned(),
        at: WallTime(at),
        call: call.map(|n| CallSid::from_random(u128::from(n))),
        conference: None,
        url: Some("http://e/".to_owned()),
        method: Some(Method::Post),
        exchange: None,
    }
}

fn all(order: Order) -> Part {
    Part {
        order,
        after: None,
        count: 1_000,
    }
}

#[tokio::test]
async fn the_account_is_made_once_and_its_token_is_nowhere() {
    let dir = Dir::new("account");
    let (store, fresh) = open(&dir.0, &Given::default()).await.unwrap();
    let fresh = fresh.expect("the first start makes an account");
    let made = store.account().clone();
    assert_eq!(
        (made.sid, &made.signing_key),
        (fresh.sid, &fresh.signing_key)
    );
    assert_eq!(made.token_hash, TokenHash::of(&fresh.token));
    assert_eq!(fresh.token.len(), 2 + 64);
    let twilio = Given {
        hexadecimal_token: true,
        ..Given::default()
    };
    let other = Dir::new("account-hexadecimal");
    let token = open(&other.0, &twilio).await.unwrap().1.unwrap().token;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(token.len() == 32 && token.bytes().all(is_digit), "{token}");
    closed(store).await;
    let (store, again) = open(&dir.0, &Given::default()).await.unwrap();
    assert_eq!(again, None, "a token is shown once");
    assert_eq!(*store.account(), made);
    closed(store).await;
    for file in std::fs::read_dir(&dir.0).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let token = fresh.token.as_bytes();
        assert!(
            !bytes.windows(token.len()).any(|part| part == token),
            "{path:?} has the token"
        );
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path:?} is open to others");
    }
}

#[tokio::test]
async fn what_the_configuration_gives_goes_first_and_stays() {
    let dir = Dir::new("given");
    let sid = AccountSid::from_random(99);
    let given = Given {
        sid: Some(sid),
        token: Some("mine".to_owned()),
        signing_key: Some("key".to_owned()),
        token_signs: false,
        hexadecimal_token: false,
    };
    let (store, fresh) = open(&dir.0, &given).await.unwrap();
    assert_eq!(fresh, None, "nothing was made that would have to be shown");
    closed(store).await;
    let store = opened(&dir.0).await;
    assert_eq!(store.account().sid, sid);
    assert_eq!(store.account().token_hash, TokenHash::of("mine"));
    assert_eq!(store.account().signing_key, "key");
    closed(store).await;
    let other = Given {
        token: Some("another".to_owned()),
        ..Given::default()
    };
    let (store, _) = open(&dir.0, &other).await.unwrap();
    assert_eq!(store.account().sid, sid);
    assert_eq!(store.account().token_hash, TokenHash::of("another"));
    assert_eq!(store.account().signing_key, "key");
}

#[tokio::test]
async fn a_token_that_signs_is_kept_and_one_that_is_not_known_ends_the_start() {
    let dir = Dir::new("token-signs");
    let signs = |token: Option<&str>| Given {
        token: token.map(str::to_owned),
        signing_key: Some("counts for nothing".to_owned()),
        token_signs: true,
        ..Given::default()
    };
    let (store, fresh) = open(&dir.0, &signs(None)).await.unwrap();
    assert_eq!(store.account().signing_key, fresh.unwrap().token);
    closed(store).await;
    let (store, _) = open(&dir.0, &signs(Some("mine"))).await.unwrap();
    assert_eq!(store.account().signing_key, "mine");
    closed(store).await;
    let (store, fresh) = open(&dir.0, &signs(None)).await.unwrap();
    assert_eq!(
        (store.account().signing_key.as_str(), fresh),
        ("mine", None)
    );
    closed(store).await;

    let dir = Dir::new("token-unknown");
    closed(opened(&dir.0).await).await;
    let refused = open(&dir.0, &signs(None)).await.err().unwrap().to_string();
    assert!(refused.contains("CONFAB_AUTH_TOKEN"), "{refused}");
    assert!(!refused.contains('\n'), "one line: {refused}");
}

#[tokio::test]
async fn what_is_kept_is_seen_at_once_and_after_a_restart() {
    let dir = Dir::new("restart");
    let store = opened(&dir.0).await;
    let (ended, over) = (conference(4, 100), call(5));
    store.keep(Entry::Conference(ended.clone()));
    store.keep(Entry::Call(over.clone()));
    store.keep(Entry::Notice(notice(3, Some(5))));
    let unknown = ConferenceSid::from_random(1_000);
    for round in 0..2 {
        // In the first round, all entries are probably still in the queue.
        let found = store.conference(ended.sid).await.unwrap();
        assert_eq!(found, Some(ended.clone()), "{round}");
        assert_eq!(store.call(over.sid).await.unwrap(), Some(over.clone()));
        assert_eq!(store.conference(unknown).await.unwrap(), None);
        store.flush().await.unwrap();
    }
    closed(store).await;
    let store = opened(&dir.0).await;
    assert_eq!(
        store.conference(ended.sid).await.unwrap(),
        Some(ended.clone())
    );
    assert_eq!(store.call(over.sid).await.unwrap(), Some(over));
    let filter = NoticeFilter::default();
    let notices = store
        .notices(filter, all(Order::NewestFirst))
        .await
        .unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].notice, notice(3, Some(5)));
    assert_eq!(store.lost(), 0);
}

#[tokio::test]
async fn an_account_sees_only_its_own() {
    let dir = Dir::new("others");
    let store = opened(&dir.0).await;
    let ended = conference(4, 100);
    store.keep(Entry::Conference(ended.clone()));
    closed(store).await;
    let given = Given {
        sid: Some(AccountSid::from_random(2)),
        ..Given::default()
    };
    let (store, fresh) = open(&dir.0, &given).await.unwrap();
    assert!(fresh.is_some());
    assert_eq!(store.conference(ended.sid).await.unwrap(), None);
    let list = store.conferences(ConferenceFilter::default(), all(Order::NewestFirst));
    assert_eq!(list.await.unwrap(), []);
}

/// Returns a store with half of the conferences on the disk and half in the queue, mixed in time. A
/// list must be the same as from a single source.
async fn hundred(dir: &Path) -> (SqliteStore, Vec<ConferenceView>) {
    let store = opened(dir).await;
    // Two for each time, so that the order within a millisecond counts too.
    let mut views: Vec<_> = (0..100)
        .map(|n| conference(n * 37 % 101, (n / 2 * 10) as i64))
        .collect();
    for view in views.iter().step_by(2) {
        store.keep(Entry::Conference(view.clone()));
    }
    store.flush().await.unwrap();
    for view in views.iter().skip(1).step_by(2) {
        store.keep(Entry::Conference(view.clone()));
    }
    views.sort_by_key(|view| std::cmp::Reverse((view.date_created, view.sid.to_string())));
    (store, views)
}

#[tokio::test]
async fn lists_are_newest_first_and_paged_by_place() {
    let dir = Dir::new("lists");
    let (store, views) = hundred(&dir.0).await;
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for flushed in [false, true] {
            if flushed {
                store.flush().await.unwrap();
            }
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let part = Part {
                    order,
                    after: after.clone(),
                    count: 7,
                };
                let page = store
                    .conferences(ConferenceFilter::default(), part)
                    .await
                    .unwrap();
                let Some(last) = page.last() else { break };
                after = Some(Place {
                    at: last.date_created,
                    sid: last.sid.to_string(),
                });
                found.extend(page);
            }
            if order == Order::OldestFirst {
                found.reverse();
            }
            assert_eq!(found, views, "{order:?}");
        }
    }
}

#[tokio::test]
async fn filters_hold_on_the_disk_and_on_the_way() {
    let dir = Dir::new("filters");
    let (store, views) = hundred(&dir.0).await;
    let range = |from, before| TimeRange {
        from: Some(WallTime(from)),
        before: Some(WallTime(before)),
    };
    let filters = [
        ConferenceFilter {
            friendly_name: Some("odd; '\u{1f399}".to_owned()),
            ..Default::default()
        },
        ConferenceFilter {
            created: range(100, 200),
            ..Default::default()
        },
        ConferenceFilter {
            updated: range(105, 106),
            ..Default::default()
        },
        ConferenceFilter {
            friendly_name: Some("none".to_owned()),
            ..Default::default()
        },
    ];
    for filter in filters {
        let wanted: Vec<_> = views
            .iter()
            .filter(|view| filter.wants(view))
            .cloned()
            .collect();
        let found = store
            .conferences(filter.clone(), all(Order::NewestFirst))
            .await
            .unwrap();
        assert_eq!(found, wanted, "{filter:?}");
        store.flush().await.unwrap();
        let found = store
            .conferences(filter.clone(), all(Order::NewestFirst))
            .await
            .unwrap();
        assert_eq!(found, wanted, "{filter:?}");
    }
    for n in 0..10 {
        store.keep(Entry::Notice(notice(n, Some(n.cast_unsigned() % 2))));
    }
    let filter = NoticeFilter {
        call: Some(CallSid::from_random(1)),
        severity: None,
        at: TimeRange {
            from: Some(WallTime(2)),
            before: None,
        },
    };
    for _ in 0..2 {
        let found = store
            .notices(filter.clone(), all(Order::NewestFirst))
            .await
            .unwrap();
        let times: Vec<i64> = found.iter().map(|kept| kept.notice.at.0).collect();
        assert_eq!(times, [9, 7, 5, 3]);
        store.flush().await.unwrap();
    }
}

#[tokio::test]
async fn calls_are_found_by_what_is_asked_on_the_disk_and_on_the_way() {
    let dir = Dir::new("calls");
    let store = opened(&dir.0).await;
    for n in 0..6_u64 {
        let at = i64::try_from(n).unwrap() * 1_000;
        store.keep(Entry::Call(CallView {
            from: if n.is_multiple_of(2) {
                "sip:even@b"
            } else {
                "sip:odd@b"
            }
            .to_owned(),
            to: format!("sip:{n}@d"),
            status: if n == 5 {
                CallStatus::NoAnswer
            } else {
                CallStatus::Completed
            },
            date_created: WallTime(at),
            start_time: (n != 5).then_some(WallTime(at + 100)),
            end_time: Some(WallTime(at + 500)),
            ..call(n)
        }));
        // Half are read from the disk, half possibly from the queue.
        if n == 2 {
            store.flush().await.unwrap();
        }
    }
    let range = |from, before| TimeRange {
        from: Some(WallTime(from)),
        before: Some(WallTime(before)),
    };
    let every = CallFilter::default();
    let cases: [(CallFilter, &[u64]); 7] = [
        (every.clone(), &[5, 4, 3, 2, 1, 0]),
        (
            CallFilter {
                from: Some("sip:odd@b".to_owned()),
                ..every.clone()
            },
            &[5, 3, 1],
        ),
        (
            CallFilter {
                to: Some("sip:4@d".to_owned()),
                ..every.clone()
            },
            &[4],
        ),
        (
            CallFilter {
                status: Some(CallStatus::NoAnswer),
                ..every.clone()
            },
            &[5],
        ),
        (
            CallFilter {
                start_time: range(1_100, 3_101),
                ..every.clone()
            },
            &[3, 2, 1],
        ),
        (
            CallFilter {
                start_time: range(0, 99_999),
                ..every.clone()
            },
            &[4, 3, 2, 1, 0],
        ),
        (
            CallFilter {
                end_time: range(4_500, 9_000),
                ..every.clone()
            },
            &[5, 4],
        ),
    ];
    for flushed in [false, true] {
        if flushed {
            store.flush().await.unwrap();
        }
        for (filter, wanted) in &cases {
            for order in [Order::NewestFirst, Order::OldestFirst] {
                let found = store.calls(filter.clone(), all(order)).await.unwrap();
                let found: Vec<_> = found.iter().map(|view| view.sid).collect();
                let mut wanted: Vec<_> = wanted.iter().map(|n| call(*n).sid).collect();
                if order == Order::OldestFirst {
                    wanted.reverse();
                }
                assert_eq!(found, wanted, "{filter:?}");
            }
        }
    }
    let second = Part {
        after: Some(Place {
            at: WallTime(4_000),
            sid: call(4).sid.to_string(),
        }),
        count: 2,
        ..all(Order::NewestFirst)
    };
    let page = store.calls(every, second).await.unwrap();
    let page: Vec<_> = page.iter().map(|view| view.sid).collect();
    assert_eq!(page, [call(3).sid, call(2).sid]);
}

#[tokio::test]
async fn who_keeps_more_than_the_queue_holds_never_waits() {
    let dir = Dir::new("full");
    let store = opened(&dir.0).await;
    // With a single thread, the writer does not run meanwhile.
    for n in 0..confab_terms::limits::HISTORY_PENDING_MAX as u64 + 10 {
        store.keep(Entry::Call(call(n)));
    }
    assert_eq!(store.lost(), 10);
    store.flush().await.unwrap();
    let last = confab_terms::limits::HISTORY_PENDING_MAX as u64 - 1;
    assert!(store.call(call(last).sid).await.unwrap().is_some());
    assert!(store.call(call(last + 1).sid).await.unwrap().is_none());
}

#[tokio::test]
async fn one_folder_one_confab() {
    let dir = Dir::new("twice");
    let store = opened(&dir.0).await;
    let error = open(&dir.0, &Given::default()).await.err().unwrap();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("confab-store-twice") && error.contains("CONFAB_DATA_DIR"),
        "{error}"
    );
    assert!(!error.contains('\n'));
    closed(store).await;
    opened(&dir.0).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let dir = Dir::new("file");
    std::fs::write(&dir.0, "a file").unwrap();
    let error = open(&dir.0.join("data"), &Given::default())
        .await
        .err()
        .unwrap();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("confab-store-file") && error.contains("CONFAB_DATA_DIR"),
        "{error}"
    );
    std::fs::remove_file(&dir.0).unwrap();
}

#[tokio::test]
async fn a_database_that_is_none_is_named() {
    let dir = Dir::new("damaged");
    std::fs::create_dir_all(&dir.0).unwrap();
    std::fs::write(
        dir.0.join("confab.db"),
        "this is no database, whatever it is".repeat(50),
    )
    .unwrap();
    let error = open(&dir.0, &Given::default()).await.err().unwrap();
    assert!(matches!(error, OpenError::Database { .. }), "{error}");
    assert!(error.to_string().contains("confab.db"), "{error}");
}
