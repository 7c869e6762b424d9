//! Files of recordings: the WAV of the recorder, and an MP3 that is encoded at the first request
//! and kept. One MP3 is encoded at a time, so that calls keep the processor.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use confab_terms::RecordingSid;

use crate::limits::{MP3_ASKED_MAX, MP3_TIME_MAX, MP3_WAV_BYTES_MAX};
use crate::mp3;
use crate::private_dir;
use crate::recorder::file_of;

/// Reason for the absence of an MP3.
#[derive(Debug, thiserror::Error)]
pub enum NoMp3 {
    /// Audio that does not exist, or was deleted meanwhile.
    #[error("there is no audio of it")]
    NoAudio,
    /// Recording that would take too long.
    #[error("it is too long to be made an MP3 of: ask for the same with .wav")]
    TooLong,
    /// Too many concurrent requests.
    #[error("too many MP3s are asked for at once; try again, or ask for the same with .wav")]
    Busy,
    /// Encoding that did not begin or end in time.
    #[error("no MP3 was made in time; try again, or ask for the same with .wav")]
    TooSlow,
    /// Error of the disk or of the encoder.
    #[error("no MP3 could be made of it ({0}): ask for the same with .wav")]
    Failed(String),
}

/// Folder of the audio of recordings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AudioFiles(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    asked: usize,
    making: Option<Making>,
}

/// MP3 that is being encoded.
#[derive(Debug)]
struct Making {
    recording: RecordingSid,
    /// False once the recording was deleted.
    wanted: bool,
}

impl AudioFiles {
    /// Creates a handle of this folder.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self(Arc::new(Inner {
            dir,
            state: Mutex::default(),
            changed: Condvar::new(),
        }))
    }

    /// Returns the folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Returns the path of the WAV, which may be absent.
    #[must_use]
    pub fn wav(&self, recording: RecordingSid) -> PathBuf {
        file_of(&self.0.dir, recording)
    }

    /// Returns the path of the MP3, which is encoded on this thread if necessary.
    ///
    /// # Errors
    /// The reason for the absence of the MP3.
    pub fn mp3(&self, recording: RecordingSid) -> Result<PathBuf, NoMp3> {
        let until = Instant::now() + MP3_TIME_MAX;
        let path = self.0.dir.join(format!("{recording}.mp3"));
        // An existing MP3 is returned to any number of requests.
        if path.exists() {
            return Ok(path);
        }
        let _asked = Asked::of(&self.0)?;
        if self.0.takes_turn(recording, &path, until)? {
            self.0.make(recording, &path, until)?;
        }
        Ok(path)
    }

    /// Deletes WAV and MP3, and cancels the encoding of the MP3.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn remove(&self, recording: RecordingSid) -> io::Result<()> {
        let mut state = self.0.lock();
        if let Some(making) = &mut state.making
            && making.recording == recording
        {
            making.wanted = false;
        }
        let mp3 = self.0.dir.join(format!("{recording}.mp3"));
        for path in [self.wav(recording), mp3] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes incomplete MP3s of an earlier process, and the access of other users to the folder.
    /// No MP3 may be in progress.
    pub fn clean(&self) {
        private_dir::tighten(&self.0.dir);
        let entries = fs::read_dir(&self.0.dir).into_iter().flatten().flatten();
        for entry in entries {
            if entry.path().extension().is_some_and(|end| end == HALF) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

const HALF: &str = "half";

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn to encode; returns false if the MP3 exists by then.
    fn takes_turn(
        &self,
        recording: RecordingSid,
        path: &Path,
        until: Instant,
    ) -> Result<bool, NoMp3> {
        let mut state = self.lock();
        loop {
            if path.exists() {
                return Ok(false);
            }
            if state.making.is_none() {
                let wanted = true;
                state.making = Some(Making { recording, wanted });
                return Ok(true);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NoMp3::TooSlow);
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn make(&self, recording: RecordingSid, path: &Path, until: Instant) -> Result<(), NoMp3> {
        let half = self.dir.join(format!("{recording}.{HALF}"));
        let encode = || self.encode(recording, &half, until);
        // The encoder is third-party code: a panic must not block the next turn.
        let made = catch_unwind(AssertUnwindSafe(encode))
            .unwrap_or_else(|_| Err(NoMp3::Failed("a fault of the encoder".to_owned())));
        let mut state = self.lock();
        let is_wanted = state.making.take().is_some_and(|making| making.wanted);
        self.changed.notify_all();
        let kept = made.and_then(|()| match is_wanted {
            true => fs::rename(&half, path).map_err(|error| failed(&error)),
            false => Err(NoMp3::NoAudio),
        });
        if kept.is_err() {
            let _ = fs::remove_file(&half);
        }
        kept
    }

    fn encode(&self, recording: RecordingSid, half: &Path, until: Instant) -> Result<(), NoMp3> {
        let wav = file_of(&self.dir, recording);
        if fs::metadata(&wav).map_err(|error| failed(&error))?.len() > MP3_WAV_BYTES_MAX {
            return Err(NoMp3::TooLong);
        }
        let is_wanted = || {
            let state = self.lock();
            state.making.as_ref().is_some_and(|making| making.wanted)
        };
        let mut goes_on = || Instant::now() < until && is_wanted();
        match mp3::encode(&wav, half, &mut goes_on) {
            Ok(true) => Ok(()),
            Ok(false) if is_wanted() => Err(NoMp3::TooSlow),
            Ok(false) => Err(NoMp3::NoAudio),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn failed(error: &io::Error) -> NoMp3 {
    match error.kind() {
        io::ErrorKind::NotFound => NoMp3::NoAudio,
        _ => NoMp3::Failed(error.to_string()),
    }
}

/// Request that is served or waits; no longer counted once dropped.
struct Asked<'a>(&'a Inner);

impl<'a> Asked<'a> {
    fn of(inner: &'a Inner) -> Result<Self, NoMp3> {
        let mut state = inner.lock();
        if state.asked >= MP3_ASKED_MAX {
            return Err(NoMp3::Busy);
        }
        state.asked += 1;
        Ok(Self(inner))
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.lock().asked -= 1;
    }
}
