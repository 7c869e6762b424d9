//! Recordings in the store: kept while live, found in their current state, deleted.

use confab_store::{Entry, Given, Order, Part, RecordingFilter, Store, open};
use confab_switchboard::conference::{RecordingCallback, Url};
use confab_switchboard::{RecordingOf, RecordingSource, RecordingStatus, RecordingView};
use confab_terms::{AccountSid, CallSid, ConferenceSid, Method, RecordingSid, Track, WallTime};

fn recording(number: u128, of: RecordingOf, status: RecordingStatus) -> RecordingView {
    let to = Url {
        url: "http://a/r".to_owned(),
        method: Method::Post,
    };
    RecordingView {
        sid: RecordingSid::from_random(number),
        account: AccountSid::from_random(1),
        of,
        wished_by: Some(CallSid::from_random(5)),
        channels: 2,
        track: Track::Inbound,
        source: RecordingSource::Dial,
        status,
        trim: true,
        date_created: WallTime(number as i64),
        date_updated: WallTime(9),
        end_time: None,
        duration_ms: 0,
        error: None,
        callback: Some(RecordingCallback::new(to, vec![])),
    }
}

fn part(count: u32) -> Part {
    Part {
        order: Order::NewestFirst,
        after: None,
        count,
    }
}

#[tokio::test]
async fn the_last_word_of_each_counts_before_and_after_a_restart() {
    let dir = std::env::temp_dir().join(format!("confab-store-rec-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    let store = open(&dir, &Given::default()).await.unwrap().0;
    let call = RecordingOf::Call(CallSid::from_random(7));
    let room = RecordingOf::Conference(ConferenceSid::from_random(8));
    for (number, of, status) in [
        (1, call, RecordingStatus::InProgress),
        (2, room, RecordingStatus::InProgress),
        (3, room, RecordingStatus::InProgress),
        (1, call, RecordingStatus::Paused),
        (2, room, RecordingStatus::Completed),
    ] {
        store.keep(Entry::Recording(Box::new(recording(number, of, status))));
    }
    let wanted = [
        recording(3, room, RecordingStatus::InProgress),
        recording(2, room, RecordingStatus::Completed),
        recording(1, call, RecordingStatus::Paused),
    ];
    let all = RecordingFilter::default();
    assert_eq!(
        store.recordings(all.clone(), part(9)).await.unwrap(),
        wanted
    );
    store.flush().await.unwrap();
    drop(store);

    let store = open(&dir, &Given::default()).await.unwrap().0;
    assert_eq!(
        store.recordings(all.clone(), part(9)).await.unwrap(),
        wanted
    );
    let of_call = RecordingFilter {
        call: Some(CallSid::from_random(7)),
        ..all.clone()
    };
    assert_eq!(
        store.recordings(of_call, part(9)).await.unwrap(),
        wanted[2..]
    );
    let of_room = RecordingFilter {
        conference: Some(ConferenceSid::from_random(8)),
        ..all.clone()
    };
    assert_eq!(
        store.recordings(of_room, part(1)).await.unwrap(),
        wanted[..1]
    );
    let cut_off = store.unfinished_recordings().await.unwrap();
    assert_eq!(
        cut_off,
        [wanted[2].clone(), wanted[0].clone()],
        "oldest first"
    );

    store.keep(Entry::Recording(Box::new(wanted[1].clone())));
    assert!(store.forget_recording(wanted[1].sid).await.unwrap());
    assert!(!store.forget_recording(wanted[1].sid).await.unwrap());
    assert_eq!(store.recording(wanted[1].sid).await.unwrap(), None);
    assert_eq!(
        store.recording(wanted[0].sid).await.unwrap(),
        Some(wanted[0].clone())
    );
    drop(store);
    let _ = std::fs::remove_dir_all(&dir);
}
