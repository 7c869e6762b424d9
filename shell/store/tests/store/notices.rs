//! Notices: limits of their number, their content, and filters.

use confab_store::{Entry, Given, NoticeFilter, Order, Part, Place, SqliteStore, Store, open};
use confab_switchboard::{Exchange, Notice, Severity};
use confab_terms::limits::{NOTICES_MAX, NOTICES_PENDING_MAX};
use confab_terms::{Method, WallTime};

use crate::dir::Dir;

fn notice(at: i64, severity: Severity) -> Notice {
    Notice {
        code: 11217,
        severity,
        message: "status 404\u{1b}[31m".to_owned(),
        at: WallTime(at),
        call: None,
        conference: None,
        url: Some("http://u:secret@e/x".to_owned()),
        method: Some(Method::Get),
        exchange: Some(Box::new(Exchange {
            body: "not here".to_owned(),
            ..Exchange::default()
        })),
    }
}

async fn found(store: &SqliteStore, filter: NoticeFilter, order: Order) -> Vec<i64> {
    let part = Part {
        order,
        after: None,
        count: NOTICES_MAX * 2,
    };
    let kept = store.notices(filter, part).await.unwrap();
    kept.iter().map(|kept| kept.notice.at.0).collect()
}

#[tokio::test]
async fn one_is_found_by_its_sid_on_the_way_and_on_the_disk() {
    let dir = Dir::new("one");
    let (store, _) = open(&dir.0, &Given::default()).await.unwrap();
    store.keep(Entry::Notice(notice(1, Severity::Error)));
    let part = Part {
        order: Order::NewestFirst,
        after: None,
        count: 1,
    };
    let listed = store.notices(NoticeFilter::default(), part).await.unwrap();
    let sid = &listed[0].sid;
    for _ in 0..2 {
        let kept = store.notice(sid).await.unwrap().unwrap();
        assert_eq!(kept, listed[0]);
        assert_eq!(kept.notice.message, "status 404\u{fffd}[31m");
        assert_eq!(kept.notice.url.as_deref(), Some("http://u:***@e/x"));
        assert_eq!(store.notice("another").await.unwrap(), None);
        store.flush().await.unwrap();
    }
}

#[tokio::test]
async fn warnings_are_told_from_errors() {
    let dir = Dir::new("severity");
    let (store, _) = open(&dir.0, &Given::default()).await.unwrap();
    for at in 0..6 {
        let severity = [Severity::Error, Severity::Warning][usize::from(at % 3 == 0)];
        store.keep(Entry::Notice(notice(at, severity)));
    }
    let filter = |severity| NoticeFilter {
        severity,
        ..NoticeFilter::default()
    };
    for _ in 0..2 {
        let warnings = filter(Some(Severity::Warning));
        assert_eq!(found(&store, warnings, Order::NewestFirst).await, [3, 0]);
        let errors = filter(Some(Severity::Error));
        assert_eq!(
            found(&store, errors, Order::OldestFirst).await,
            [1, 2, 4, 5]
        );
        assert_eq!(
            found(&store, filter(None), Order::OldestFirst).await.len(),
            6
        );
        store.flush().await.unwrap();
    }
}

#[tokio::test]
async fn notices_of_one_moment_are_listed_in_the_order_of_their_keeping() {
    let dir = Dir::new("order");
    let (store, _) = open(&dir.0, &Given::default()).await.unwrap();
    for (at, codes) in [(7, 100..300), (8, 300..305)] {
        for code in codes {
            let notice = notice(at, Severity::Warning);
            store.keep(Entry::Notice(Notice { code, ..notice }));
        }
    }
    let expected: Vec<u32> = (300..305).chain(100..300).collect();
    for _ in 0..2 {
        // Reads page by page, to the end and back.
        let mut codes = Vec::new();
        let mut after = None;
        loop {
            let part = Part {
                order: Order::NewestFirst,
                after,
                count: 30,
            };
            let page = store.notices(NoticeFilter::default(), part).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(Place {
                at: last.notice.at,
                sid: last.sid.clone(),
            });
            codes.extend(page.iter().map(|kept| kept.notice.code));
        }
        assert_eq!(codes, expected);
        let part = Part {
            order: Order::OldestFirst,
            after: None,
            count: 1_000,
        };
        let back = store.notices(NoticeFilter::default(), part).await.unwrap();
        let back: Vec<u32> = back.iter().rev().map(|kept| kept.notice.code).collect();
        assert_eq!(back, expected);
        store.flush().await.unwrap();
    }
}

#[tokio::test]
async fn the_newest_are_kept_and_no_more_than_may_be() {
    let dir = Dir::new("retention");
    let (store, _) = open(&dir.0, &Given::default()).await.unwrap();
    let more = i64::from(NOTICES_MAX) + 1_500;
    for at in 0..more {
        if at % 5_000 == 0 {
            // The queue is bounded, too.
            store.flush().await.unwrap();
        }
        store.keep(Entry::Notice(notice(at, Severity::Error)));
    }
    store.flush().await.unwrap();
    assert_eq!(store.lost(), 0);
    let kept = found(&store, NoticeFilter::default(), Order::OldestFirst).await;
    let expected: Vec<i64> = (1_500..more).collect();
    assert!(
        kept == expected,
        "{} from {:?} on",
        kept.len(),
        kept.first()
    );
}

#[tokio::test]
async fn a_flood_of_them_leaves_room_for_the_rest_of_the_history() {
    let dir = Dir::new("flood");
    let (store, _) = open(&dir.0, &Given::default()).await.unwrap();
    // The writer's task shares this thread: nothing is written before the next await.
    for at in 0..=i64::try_from(NOTICES_PENDING_MAX).unwrap() {
        store.keep(Entry::Notice(notice(at, Severity::Error)));
    }
    assert_eq!(store.lost(), 1);
}

#[tokio::test]
async fn what_an_earlier_version_kept_is_read_as_an_error() {
    let kept = r#"{"code":11200,"message":"m","at":5,"call":null,"conference":null,
        "url":"http://a/","method":"Get"}"#;
    let notice: Notice = serde_json::from_str(kept).unwrap();
    assert_eq!((notice.severity, notice.exchange), (Severity::Error, None));
}
