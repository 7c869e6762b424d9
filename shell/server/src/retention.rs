//! Retention: deletes history and recordings older than the configured age.

use std::sync::Arc;
use std::time::Duration;

use confab_sounds::AudioFiles;
use confab_store::{Order, Part, Place, RecordingFilter, SqliteStore, Store, TimeRange};
use confab_switchboard::RecordingView;
use confab_terms::WallTime;
use tokio::time::sleep;

use crate::config::Config;
use crate::recordings::now;

/// Number of recordings read in a batch.
const BATCH: u32 = 100;
/// Pause after each deletion.
const PAUSE: Duration = Duration::from_millis(20);
/// Time between two rounds.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// Deletes expired history and recordings, now and every hour.
pub(crate) fn start(config: &Config, disk: &Arc<SqliteStore>, audio: &AudioFiles) {
    if let Some(age) = config.history_age {
        disk.keep_history_for(age);
    }
    if let Some(age) = config.recording_age {
        let (store, audio) = (Arc::clone(disk) as Arc<dyn Store>, audio.clone());
        tokio::spawn(async move {
            loop {
                prune(&*store, &audio, age).await;
                sleep(INTERVAL).await;
            }
        });
    }
}

/// Deletes all recordings of this age: the audio first, as audio without a row would never be
/// deleted. A recording that cannot be deleted is tried again in the next round, and delays no
/// other.
async fn prune(store: &dyn Store, audio: &AudioFiles, age: Duration) {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let filter = RecordingFilter {
        created: TimeRange {
            from: None,
            before: Some(WallTime(now().0.saturating_sub(age))),
        },
        ..RecordingFilter::default()
    };
    let mut part = Part {
        order: Order::OldestFirst,
        after: None,
        count: BATCH,
    };
    let (mut deleted, mut failed) = (0_u64, 0_u64);
    loop {
        let found = match store.recordings(filter.clone(), part.clone()).await {
            Ok(found) => found,
            Err(error) => return tracing::warn!(%error, "old recordings are not deleted"),
        };
        let Some(last) = found.last() else {
            break;
        };
        part.after = Some(Place {
            at: last.date_created,
            sid: last.sid.to_string(),
        });
        for view in found.iter().filter(|view| !view.status.is_live()) {
            match delete(store, audio, view).await {
                Ok(()) => deleted += 1,
                Err(error) => {
                    if failed == 0 {
                        let recording = view.sid;
                        tracing::warn!(%recording, %error, "an old recording is not deleted");
                    }
                    failed += 1;
                }
            }
            sleep(PAUSE).await;
        }
    }
    if deleted + failed > 0 {
        tracing::info!(deleted, failed, "old recordings are deleted");
    }
}

async fn delete(
    store: &dyn Store,
    audio: &AudioFiles,
    view: &RecordingView,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (audio, sid) = (audio.clone(), view.sid);
    tokio::task::spawn_blocking(move || audio.remove(sid)).await??;
    store.forget_recording(sid).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
