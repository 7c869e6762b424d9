//! Thread that writes recordings. Only this thread waits for the disk: a full queue returns the
//! piece to the caller, which continues.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use confab_switchboard::RecordingEnd;
use confab_terms::limits::RECORDING_CHUNKS_MAX;
use confab_terms::{Rate, RecordingSid};

use crate::private_dir;
use crate::reel::{Reel, end_late, is_sound};

/// Maximum number of buffers of written pieces that are kept for reuse.
const SPARES_MAX: usize = 256;

/// Piece of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Recording of the piece.
    pub recording: RecordingSid,
    /// Sampling rate, the same for all pieces of a recording.
    pub rate: Rate,
    /// Number of channels, 1 or 2; the samples of two channels alternate.
    pub channels: u8,
    /// Number of ticks that were lost before the piece.
    pub missing: u32,
    /// Samples of 16 bits.
    pub samples: Vec<i16>,
}

/// Callback that receives the end of each recording; must not block for long.
pub type RecorderEnd = Box<dyn FnMut(RecordingSid, RecordingEnd) + Send>;

enum Job {
    Open(RecordingSid, bool),
    Piece(Piece),
    Over(RecordingSid, u32),
}

/// Handle of the thread that writes. Cheap to clone; the thread ends when all handles are dropped.
#[derive(Clone)]
pub struct Recorder {
    jobs: SyncSender<Job>,
    spares: Spares,
    backlog: Backlog,
}

/// Number of jobs that wait to be written. Does not keep the thread alive.
#[derive(Clone, Default)]
pub struct Backlog(Arc<AtomicUsize>);

impl Backlog {
    /// Returns the number of waiting jobs: pieces, beginnings and ends.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn less(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Buffers of written pieces, for reuse by media threads.
#[derive(Clone, Default)]
struct Spares(Arc<Mutex<Vec<Vec<i16>>>>);

impl Spares {
    fn keep(&self, samples: Vec<i16>) {
        if let Ok(mut kept) = self.0.lock()
            && kept.len() < SPARES_MAX
        {
            kept.push(samples);
        }
    }

    /// Takes a buffer; never blocks.
    fn take(&self) -> Option<Vec<i16>> {
        self.0.try_lock().ok()?.pop()
    }
}

/// Returns the path of the audio of a recording.
#[must_use]
pub fn file_of(dir: &Path, recording: RecordingSid) -> PathBuf {
    dir.join(format!("{recording}.wav"))
}

/// Completes a recording that the end of the process interrupted, and returns its end. `trim`
/// removes the silence at the end; silence at the beginning was never written.
pub fn repair(dir: &Path, recording: RecordingSid, trim: bool) -> RecordingEnd {
    match end_late(&file_of(dir, recording), trim) {
        Ok((0, _)) => RecordingEnd::Absent,
        Ok((duration_ms, bytes)) => RecordingEnd::Written {
            duration_ms,
            lost_ms: 0,
            bytes,
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => RecordingEnd::Absent,
        Err(error) => RecordingEnd::Failed {
            duration_ms: 0,
            message: error.to_string(),
        },
    }
}

impl Recorder {
    /// Starts the thread, which creates `dir` when necessary.
    pub fn start(dir: PathBuf, told: RecorderEnd) -> io::Result<(Self, JoinHandle<()>)> {
        let (jobs, queue) = sync_channel(RECORDING_CHUNKS_MAX);
        let spares = Spares::default();
        let backlog = Backlog::default();
        let (kept, waits) = (spares.clone(), backlog.clone());
        let thread = Builder::new()
            .name("recordings".to_owned())
            .spawn(move || run(&dir, &queue, (&kept, &waits), told))?;
        let recorder = Self {
            jobs,
            spares,
            backlog,
        };
        Ok((recorder, thread))
    }

    /// Returns the number of jobs that wait to be written.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        self.backlog.clone()
    }

    fn send(&self, job: Job) -> Result<(), TrySendError<Job>> {
        // A job is counted before it is sent: the thread may take it at once.
        self.backlog.more();
        self.jobs.try_send(job).inspect_err(|_| self.backlog.less())
    }

    /// Begins a recording. Returns false if the queue is full; the recording is then never written.
    #[must_use]
    pub fn open(&self, recording: RecordingSid, trim: bool) -> bool {
        self.send(Job::Open(recording, trim)).is_ok()
    }

    /// Copies samples for a piece, into the buffer of an earlier piece if available: without
    /// allocation.
    #[must_use]
    pub fn copy(&self, samples: &[i16]) -> Vec<i16> {
        let mut copy = self.spares.take().unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(samples);
        copy
    }

    /// Queues a piece; returns the piece if the queue is full.
    pub fn write(&self, piece: Piece) -> Result<(), Piece> {
        match self.send(Job::Piece(piece)) {
            Err(TrySendError::Full(Job::Piece(piece))) => Err(piece),
            _ => Ok(()),
        }
    }

    /// Ends a recording after `missing` lost ticks. Returns false if the queue is full.
    #[must_use]
    pub fn over(&self, recording: RecordingSid, missing: u32) -> bool {
        let sent = self.send(Job::Over(recording, missing));
        !matches!(sent, Err(TrySendError::Full(_)))
    }
}

fn run(
    dir: &Path,
    jobs: &Receiver<Job>,
    (spares, backlog): (&Spares, &Backlog),
    mut told: RecorderEnd,
) {
    let mut reels: HashMap<RecordingSid, Reel> = HashMap::new();
    while let Ok(job) = jobs.recv() {
        backlog.less();
        match job {
            Job::Open(recording, trim) => {
                let reel = Reel::new(file_of(dir, recording), trim);
                match private_dir::create(dir) {
                    Ok(()) => {
                        reels.insert(recording, reel);
                    }
                    Err(error) => told(recording, reel.fail(&error)),
                }
            }
            Job::Piece(piece) => {
                let written = match reels.get_mut(&piece.recording) {
                    None => Ok(()),
                    Some(reel) if is_sound(&piece) => reel.take(&piece),
                    Some(_) => Err(io::Error::other("its audio is none of ours")),
                };
                if let Err(error) = written
                    && let Some(reel) = reels.remove(&piece.recording)
                {
                    tracing::error!(recording = %piece.recording, %error, "cannot be written");
                    told(piece.recording, reel.fail(&error));
                }
                spares.keep(piece.samples);
            }
            Job::Over(recording, missing) => {
                if let Some(mut reel) = reels.remove(&recording) {
                    reel.lose(missing);
                    told(recording, reel.end());
                }
            }
        }
    }
}
