//! Recordings joined in: what media threads hand on goes to the thread that writes, what became of
//! it goes to the switchboard, and what the last end of the process cut off is mended at the start.

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

/// Where their audio is.
pub(crate) fn dir(config: &Config) -> PathBuf {
    config.data_dir.join("recordings")
}

/// Starts the thread that writes.
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
        // This thread may wait: what is written meanwhile waits in its queue.
        runtime.block_on(letterbox.answer(input));
    });
    Recorder::start(dir(config), told).map_err(Failure::refused("a thread"))
}

/// A media thread's way to the disk: never waits, and tells what it could not bring.
pub(crate) struct ToDisk {
    recorder: Recorder,
    /// Ticks of each that found no room.
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

    /// What it has lost so far, for another thread to bring.
    pub(crate) fn take_lost(&mut self, recording: RecordingSid) -> Option<(RecordingSid, u32)> {
        self.missing.remove_entry(&recording)
    }

    /// So many ticks more.
    pub(crate) fn has_lost(&mut self, recording: RecordingSid, ticks: u32) {
        let missing = self.missing.entry(recording).or_default();
        *missing = missing.saturating_add(ticks);
    }

    pub(crate) fn over(&mut self, recording: RecordingSid) {
        self.over.push_back(recording);
    }

    /// Each tick: an end is told once there is room for it.
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

/// What was being recorded when the process ended is as long as its file is. As they are now.
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
