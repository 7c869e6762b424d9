//! Retention: old entries are deleted in small transactions between other writes; newer entries
//! stay. Without the setting, everything stays, over restarts too.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use confab_store::{
    CallFilter, ConferenceFilter, Entry, NoticeFilter, Order, Part, RecordingFilter, SqliteStore,
    Store,
};
use confab_switchboard::conference::Status;
use confab_switchboard::{
    CallView, ConferenceView, Notice, RecordingOf, RecordingSource, RecordingStatus, RecordingView,
    Severity,
};
use confab_terms::{CallSid, ConferenceSid, RecordingSid, Track, WallTime};
use tokio::time::sleep;

use crate::dir::{Dir, opened};
use crate::lists::call;

const DAY: Duration = Duration::from_secs(86_400);
/// Number of old calls: several transactions.
const OLD: u64 = 700;

fn days_ago(days: i64) -> WallTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    WallTime(now.as_millis() as i64 - days * 86_400_000)
}

fn keep(store: &SqliteStore, n: u64, at: WallTime) {
    let sid = u128::from(n);
    let of = call(n);
    let account = of.account;
    store.keep(Entry::Call(CallView {
        sid: CallSid::from_random(sid),
        date_created: at,
        ..of
    }));
    store.keep(Entry::Conference(ConferenceView {
        sid: ConferenceSid::from_random(sid),
        account,
        friendly_name: "room".to_owned(),
        status: Status::Completed,
        date_created: at,
        date_updated: at,
        end_reason: None,
        call_ending: None,
    }));
    store.keep(Entry::Notice(Notice {
        code: 11_210,
        severity: Severity::Error,
        message: "no such host".to_owned(),
        at,
        call: None,
        conference: None,
        url: None,
        method: None,
        exchange: None,
    }));
    store.keep(Entry::Recording(Box::new(RecordingView {
        sid: RecordingSid::from_random(sid),
        account,
        of: RecordingOf::Call(CallSid::from_random(sid)),
        wished_by: None,
        channels: 1,
        track: Track::Both,
        source: RecordingSource::Dial,
        status: RecordingStatus::Completed,
        trim: true,
        date_created: at,
        date_updated: at,
        end_time: None,
        duration_ms: 0,
        error: None,
        callback: None,
    })));
}

/// Returns the numbers of calls, conferences, notices and recordings.
async fn count(store: &SqliteStore) -> [usize; 4] {
    let part = || Part {
        order: Order::NewestFirst,
        after: None,
        count: 10_000,
    };
    let calls = store.calls(CallFilter::default(), part()).await.unwrap();
    let conferences = store.conferences(ConferenceFilter::default(), part());
    let conferences = conferences.await.unwrap();
    let notices = store.notices(NoticeFilter::default(), part());
    let notices = notices.await.unwrap();
    let recordings = store.recordings(RecordingFilter::default(), part());
    let recordings = recordings.await.unwrap();
    [
        calls.len(),
        conferences.len(),
        notices.len(),
        recordings.len(),
    ]
}

#[tokio::test]
async fn old_entries_are_deleted_and_young_ones_and_recordings_stay() {
    let dir = Dir::new("retention");
    let store = opened(&dir.0).await;
    for n in 0..OLD {
        keep(&store, n, days_ago(31));
    }
    for n in OLD..OLD + 5 {
        keep(&store, n, days_ago(29));
    }
    store.flush().await.unwrap();
    drop(store);
    let old = OLD as usize;
    let store = opened(&dir.0).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(count(&store).await, [old + 5; 4], "without the setting");
    store.keep_history_for(30 * DAY);
    let began = Instant::now();
    let mut n = OLD + 5;
    while count(&store).await[2] > 5 + (n - OLD - 5) as usize {
        // Calls end meanwhile, and are soon on the disk.
        let kept = Instant::now();
        keep(&store, n, days_ago(0));
        store.flush().await.unwrap();
        let took = kept.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
        n += 1;
        assert!(began.elapsed() < Duration::from_secs(30));
    }
    let (young, all) = ((n - OLD) as usize, n as usize);
    assert!(young > 6, "it is deleted in one transaction");
    assert_eq!(count(&store).await, [young, young, young, all]);
    drop(store);
    let store = opened(&dir.0).await;
    assert_eq!(count(&store).await, [young, young, young, all]);
}
