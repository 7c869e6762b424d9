//! The thread that writes recordings. It alone waits for the disk: what finds no room in its queue
//! is given back, and whoever brought it goes on.

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

/// So much memory of written pieces is kept for later ones.
const SPARES_MAX: usize = 256;

/// A piece of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which.
    pub recording: RecordingSid,
    /// The same for all of it.
    pub rate: Rate,
    /// One, or two whose samples alternate.
    pub channels: u8,
    /// So many ticks were left out before it.
    pub missing: u32,
    /// 16 bits each.
    pub samples: Vec<i16>,
}

/// Is told how the writing of each ended; must not block for long.
pub type RecorderEnd = Box<dyn FnMut(RecordingSid, RecordingEnd) + Send>;

enum Job {
    Open(RecordingSid, bool),
    Piece(Piece),
    Over(RecordingSid, u32),
}

/// The way to the thread that writes. Cheap to clone; it ends when all of them are gone.
#[derive(Clone)]
pub struct Recorder {
    jobs: SyncSender<Job>,
    spares: Spares,
    backlog: Backlog,
}

/// How much waits to be written. Does not keep the thread.
#[derive(Clone, Default)]
pub struct Backlog(Arc<AtomicUsize>);

impl Backlog {
    /// Pieces, beginnings and ends.
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

/// What written pieces were in, for media threads to fill again.
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

    /// Never waits.
    fn take(&self) -> Option<Vec<i16>> {
        self.0.try_lock().ok()?.pop()
    }
}

/// Where a recording's audio is.
#[must_use]
pub fn file_of(dir: &Path, recording: RecordingSid) -> PathBuf {
    dir.join(format!("{recording}.wav"))
}

/// A recording that the end of the process cut off: how it ended then.
/// `trim`: without the silence at its end (that at its beginning was never written).
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
    /// Starts the thread. `dir` is made when it is needed.
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

    /// How much waits to be written.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        self.backlog.clone()
    }

    fn send(&self, job: Job) -> Result<(), TrySendError<Job>> {
        // Counted before it is there: it may be gone again at once.
        self.backlog.more();
        self.jobs.try_send(job).inspect_err(|_| self.backlog.less())
    }

    /// A recording begins. False: there is no room, and it will never be.
    #[must_use]
    pub fn open(&self, recording: RecordingSid, trim: bool) -> bool {
        self.send(Job::Open(recording, trim)).is_ok()
    }

    /// A copy for a piece, in the memory of an earlier one where there is any: then none is taken.
    #[must_use]
    pub fn copy(&self, samples: &[i16]) -> Vec<i16> {
        let mut copy = self.spares.take().unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(samples);
        copy
    }

    /// Gives it back if there is no room.
    pub fn write(&self, piece: Piece) -> Result<(), Piece> {
        match self.send(Job::Piece(piece)) {
            Err(TrySendError::Full(Job::Piece(piece))) => Err(piece),
            _ => Ok(()),
        }
    }

    /// Nothing more will come, and so many ticks before that never did. False: there is no room.
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
