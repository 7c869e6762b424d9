//! Expired recordings are deleted with their audio; recent and live recordings remain.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use confab_store::{Entry, Given, open};
use confab_switchboard::{RecordingOf, RecordingSource, RecordingStatus};
use confab_terms::{AccountSid, CallSid, RecordingSid, Track};

use super::*;

fn recording(number: u128, days: i64, status: RecordingStatus) -> RecordingView {
    let at = WallTime(now().0 - days * 86_400_000);
    RecordingView {
        sid: RecordingSid::from_random(number),
        account: AccountSid::from_random(1),
        of: RecordingOf::Call(CallSid::from_random(number)),
        wished_by: None,
        channels: 1,
        track: Track::Both,
        source: RecordingSource::Dial,
        status,
        trim: true,
        date_created: at,
        date_updated: at,
        end_time: None,
        duration_ms: 0,
        error: None,
        callback: None,
    }
}

/// Creates an empty store, and a folder for audio.
async fn opened(name: &str) -> (PathBuf, SqliteStore, AudioFiles) {
    let name = format!("confab-retention-{name}-{}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    let _left_over = std::fs::remove_dir_all(&dir);
    let audio_dir = dir.join("recordings");
    std::fs::create_dir_all(&audio_dir).unwrap();
    let store = open(&dir, &Given::default()).await.unwrap().0;
    (dir, store, AudioFiles::new(audio_dir))
}

#[tokio::test]
async fn recording_that_cannot_be_deleted_delays_no_other() {
    let (dir, store, audio) = opened("kept").await;
    let all = [
        recording(1, 41, RecordingStatus::Completed),
        recording(2, 40, RecordingStatus::Completed),
    ];
    for view in &all {
        store.keep(Entry::Recording(Box::new(view.clone())));
    }
    // A folder in place of the file.
    std::fs::create_dir_all(audio.wav(all[0].sid)).unwrap();
    std::fs::write(audio.wav(all[1].sid), "RIFF").unwrap();
    store.flush().await.unwrap();
    prune(&store, &audio, Duration::from_secs(30 * 86_400)).await;
    for (view, stays) in all.iter().zip([true, false]) {
        let found = store.recording(view.sid).await.unwrap();
        assert_eq!(found.is_some(), stays, "{view:?}");
    }
    drop(store);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test]
async fn old_recordings_go_with_their_audio_and_young_and_live_ones_stay() {
    let (dir, store, audio) = opened("ages").await;
    let all = [
        recording(1, 40, RecordingStatus::Completed),
        recording(2, 31, RecordingStatus::InProgress),
        recording(3, 31, RecordingStatus::Absent),
        recording(4, 29, RecordingStatus::Completed),
    ];
    for view in &all {
        std::fs::write(audio.wav(view.sid), "RIFF").unwrap();
        store.keep(Entry::Recording(Box::new(view.clone())));
    }
    store.flush().await.unwrap();
    prune(&store, &audio, Duration::from_secs(30 * 86_400)).await;
    for (view, stays) in all.iter().zip([false, true, false, true]) {
        let found = store.recording(view.sid).await.unwrap();
        assert_eq!(found.is_some(), stays, "{view:?}");
        assert_eq!(audio.wav(view.sid).exists(), stays, "{view:?}");
    }
    drop(store);
    std::fs::remove_dir_all(&dir).unwrap();
}
