//! Recordings: passes audio from media threads to the writer thread, and results to the
//! switchboard. At the start, recordings interrupted by the end of the process are completed.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::SystemTime;

use confab_media::Chunk;
use confab_sounds::{Piece, Recorder, file_of, repair};
use confab_store::{Entry, Store, StoreError};
use confab_switchboard::{Input, MendedRecording, RecordingEnd, RecordingStatus};
use confab_terms::{RecordingSid, WallTime};
use tokio::runtime::Handle;

use crate::config::Config;
use crate::failure::Failure;
use crate::queues::Letterbox;
use crate::watchdog::Pulse;

/// Returns the folder of the recordings' audio.
pub(crate) fn dir(config: &Config) -> PathBuf {
    config.data_dir.join("recordings")
}

/// Starts the writer thread.
pub(crate) fn start(
    config: &Config,
    letterbox: Letterbox,
    pulse: &Pulse,
) -> Result<(Recorder, JoinHandle<()>), Failure> {
    let runtime = Handle::current();
    // Dropped with the recorder's thread.
    let until_end = pulse.until_end();
    let told = Box::new(move |recording, end| {
        let _alive = &until_end;
        let input = Input::Recorded { recording, end };
        // This thread may block: pending audio remains in its queue.
        runtime.block_on(letterbox.answer(input));
    });
    Recorder::start(dir(config), told).map_err(Failure::refused("a thread"))
}

/// Sender of a media thread to the writer: never blocks, and reports lost audio.
pub(crate) struct ToDisk {
    recorder: Recorder,
    /// Number of lost ticks of each recording.
    missing: BTreeMap<RecordingSid, u32>,
    over: VecDeque<RecordingSid>,
}

impl ToDisk {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self {
            recorder,
            missing: BTreeMap::new(),
            over: VecDeque::new(),
        }
    }

    pub(crate) fn take(&mut self, chunk: Chunk<'_>) {
        let Chunk {
            recording,
            rate,
            channels,
            missing,
            samples,
        } = chunk;
        let before = self.missing.remove(&recording).unwrap_or(0);
        let missing = missing.saturating_add(before);
        let ticks = samples.len() / (rate.frame_samples() * usize::from(channels.max(1)));
        let piece = Piece {
            recording,
            rate,
            channels,
            missing,
            samples: self.recorder.copy(samples),
        };
        if self.recorder.write(piece).is_err() {
            let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
            self.missing
                .insert(recording, missing.saturating_add(ticks));
        }
    }

    /// Removes and returns the number of lost ticks, for another thread to report.
    pub(crate) fn take_lost(&mut self, recording: RecordingSid) -> Option<(RecordingSid, u32)> {
        self.missing.remove_entry(&recording)
    }

    /// Adds lost ticks of a recording.
    pub(crate) fn has_lost(&mut self, recording: RecordingSid, ticks: u32) {
        let missing = self.missing.entry(recording).or_default();
        *missing = missing.saturating_add(ticks);
    }

    pub(crate) fn over(&mut self, recording: RecordingSid) {
        self.over.push_back(recording);
    }

    /// Reports ends of recordings as far as the queue has room; called on each tick.
    pub(crate) fn flush(&mut self) {
        while let Some(&recording) = self.over.front() {
            let missing = self.missing.get(&recording).copied().unwrap_or(0);
            if !self.recorder.over(recording, missing) {
                return;
            }
            self.missing.remove(&recording);
            self.over.pop_front();
        }
    }
}

/// Completes recordings that were in progress when the process ended: the length of the file is
/// their length. Returns the completed recordings.
pub(crate) async fn mend(store: &Arc<dyn Store>, dir: &Path) -> Vec<MendedRecording> {
    mend_all(store, dir).await.unwrap_or_else(|error| {
        tracing::error!(%error, "recordings that were cut off are left as they are");
        Vec::new()
    })
}

async fn mend_all(store: &Arc<dyn Store>, dir: &Path) -> Result<Vec<MendedRecording>, StoreError> {
    let mut mended = Vec::new();
    for mut view in store.unfinished_recordings().await? {
        let written = std::fs::metadata(file_of(dir, view.sid)).and_then(|data| data.modified());
        let mut file = None;
        let (status, duration_ms) = match repair(dir, view.sid, view.trim) {
            RecordingEnd::Written {
                duration_ms, bytes, ..
            } => {
                file = Some(bytes);
                (RecordingStatus::Completed, duration_ms)
            }
            RecordingEnd::Absent => (RecordingStatus::Absent, 0),
            RecordingEnd::Failed {
                duration_ms,
                message,
            } => {
                tracing::error!(recording = %view.sid, message, "a recording cannot be mended");
                (RecordingStatus::Failed, duration_ms)
            }
        };
        (view.status, view.duration_ms) = (status, duration_ms);
        view.end_time = Some(written.map_or(view.date_updated, wall));
        view.date_updated = wall(SystemTime::now());
        store.keep(Entry::Recording(Box::new(view.clone())));
        mended.push(MendedRecording { view, bytes: file });
    }
    Ok(mended)
}

/// Returns the time of day.
pub(crate) fn now() -> WallTime {
    wall(SystemTime::now())
}

fn wall(at: SystemTime) -> WallTime {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    WallTime(i64::try_from(ms).unwrap_or(i64::MAX))
}
