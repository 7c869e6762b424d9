//! The threads that make sounds, in three pools that do not take from each other: speech, files,
//! and slow sources. A thread for files whose source turns out slow goes over to the slow ones.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use confab_switchboard::DecodeError;
use confab_terms::SoundId;

use crate::decoder::Decoded;
use crate::limits::{QUICK_WAIT_MAX, QUICK_WORKERS_MAX, SPEAKING_AT_ONCE};
use crate::pipe::AudioReader;
use crate::shelf::{Shelf, no_place};
use crate::sounds::Inner;
use crate::speech::Text;

/// A sound to be made.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) sound: SoundId,
    pub(crate) source: Source,
}

/// The source of a sound.
#[derive(Debug)]
pub(crate) enum Source {
    Audio {
        reader: AudioReader,
        content_type: String,
    },
    Speech(Text),
}

impl Source {
    /// Characters of a text that are spoken.
    fn spoken(&self) -> usize {
        match self {
            Self::Speech(text) => text.spoken,
            Self::Audio { .. } => 0,
        }
    }
}

/// Jobs and the threads that take them.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    pub(crate) jobs: VecDeque<Job>,
    pub(crate) workers: usize,
}

impl Pool {
    /// Takes out the job that was served least; of equal ones the first. A text that begins thus
    /// overtakes those that have been spoken in part.
    fn next(&mut self) -> Option<Job> {
        let jobs = self.jobs.iter().enumerate();
        let (at, _) = jobs.min_by_key(|(_, job)| job.source.spoken())?;
        self.jobs.remove(at)
    }
}

/// Kinds of pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Speech,
    Files,
}

impl Kind {
    fn workers_max(self) -> usize {
        match self {
            Self::Speech => SPEAKING_AT_ONCE,
            Self::Files => QUICK_WORKERS_MAX,
        }
    }

    fn pool(self, shelf: &mut Shelf) -> &mut Pool {
        match self {
            Self::Speech => &mut shelf.speech,
            Self::Files => &mut shelf.files,
        }
    }
}

/// Outcome for a source that a thread for files reads.
#[derive(Debug, Default)]
struct Fate {
    went_slow: AtomicBool,
    was_refused: AtomicBool,
}

/// Reads a source for a thread for files, and turns the thread into a slow one if it waits long.
struct Patient {
    reader: AudioReader,
    inner: Arc<Inner>,
    sound: SoundId,
    /// Time left to wait; `None`: the source is slow.
    left: Option<Duration>,
    fate: Arc<Fate>,
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.left else {
            return self.reader.read(into);
        };
        let began = Instant::now();
        if let Some(read) = self.reader.read_within(into, left) {
            self.left = Some(left.saturating_sub(began.elapsed()));
            return read;
        }
        self.left = None;
        if self.inner.turn_slow(self.sound) {
            self.fate.went_slow.store(true, Ordering::Relaxed);
        } else {
            self.fate.was_refused.store(true, Ordering::Relaxed);
            return Err(io::Error::other(no_place().message));
        }
        self.reader.read(into)
    }
}

impl Inner {
    /// Sees to it that threads take the jobs.
    pub(crate) fn hire(self: &Arc<Self>) {
        for kind in [Kind::Speech, Kind::Files] {
            {
                let mut shelf = self.lock();
                let pool = kind.pool(&mut shelf);
                if pool.jobs.is_empty() || pool.workers >= kind.workers_max() {
                    continue;
                }
                pool.workers += 1;
            }
            let inner = self.clone();
            if !started(move || inner.work(kind)) {
                kind.pool(&mut self.lock()).workers -= 1;
                self.give_up_without_thread(kind);
            }
        }
        loop {
            // Not in the loop's head: the lock would be held for its body.
            let slow = self.lock().slow_jobs.pop_front();
            let Some(job) = slow else {
                return;
            };
            let (inner, sound) = (self.clone(), job.sound);
            if !started(move || {
                inner.run(job, true);
            }) {
                self.ended(sound, Some(not_audio("no thread to decode on")));
            }
        }
    }

    /// With other workers the jobs wait for those; without any, nobody would ever answer.
    fn give_up_without_thread(&self, kind: Kind) {
        let mut shelf = self.lock();
        let pool = kind.pool(&mut shelf);
        if pool.workers > 0 {
            return;
        }
        let jobs: Vec<_> = pool.jobs.drain(..).collect();
        drop(shelf);
        for job in jobs {
            self.ended(job.sound, Some(not_audio("no thread to decode on")));
        }
    }

    fn work(self: &Arc<Self>, kind: Kind) {
        loop {
            let job = {
                let mut shelf = self.lock();
                let pool = kind.pool(&mut shelf);
                let job = pool.next();
                if job.is_none() {
                    pool.workers -= 1;
                }
                job
            };
            let Some(job) = job else {
                return;
            };
            if self.run(job, false) {
                // Its place in the pool is another's by now.
                return;
            }
        }
    }

    /// Makes one sound, or of speech one piece; tells whether the thread went over to the slow
    /// ones.
    fn run(self: &Arc<Self>, Job { sound, source }: Job, is_slow: bool) -> bool {
        let fate = Arc::new(Fate::default());
        if !self.lock().sounds.contains_key(&sound) {
            return false;
        }
        // The decoders are others' and their input is anybody's: a second belt.
        let make = || self.make(sound, source, is_slow, &fate);
        let made = catch_unwind(AssertUnwindSafe(make));
        let made = made.unwrap_or_else(|_| Err(not_audio("its decoder failed on it")));
        let made = match fate.was_refused.load(Ordering::Relaxed) {
            true => Err(no_place()),
            false => made,
        };
        match made {
            Ok(Some(source)) => self.lock().speech.jobs.push_back(Job { sound, source }),
            made => self.ended(sound, made.err()),
        }
        fate.went_slow.load(Ordering::Relaxed)
    }

    /// Returns what is left to be spoken.
    fn make(
        self: &Arc<Self>,
        sound: SoundId,
        source: Source,
        is_slow: bool,
        fate: &Arc<Fate>,
    ) -> Result<Option<Source>, DecodeError> {
        match source {
            Source::Audio {
                reader,
                content_type,
            } => {
                let witness = reader.witness();
                let patient = Patient {
                    reader,
                    inner: self.clone(),
                    sound,
                    left: (!is_slow).then_some(QUICK_WAIT_MAX),
                    fate: fate.clone(),
                };
                self.decode_into(sound, patient, &content_type)?;
                witness
                    .failure()
                    .map_or(Ok(None), |reason| Err(not_audio(&reason)))
            }
            Source::Speech(mut text) => {
                let Some(piece) = text.next() else {
                    return Ok(None);
                };
                let wav = self.tts.speak(&piece)?;
                let made = self.decode_into(sound, Cursor::new(wav), "audio/wav");
                made.map_err(|error| DecodeError {
                    code: 13520,
                    ..error
                })?;
                Ok((!text.has_ended()).then_some(Source::Speech(text)))
            }
        }
    }

    /// Takes a source out of the pool for files. False: it has no place among the slow ones.
    fn turn_slow(self: &Arc<Self>, sound: SoundId) -> bool {
        let mut told = Vec::new();
        let mut shelf = self.lock();
        let is_slow = shelf.turn_slow(sound, &mut told);
        if is_slow {
            shelf.files.workers -= 1;
        }
        drop(shelf);
        self.tell(told);
        if is_slow {
            self.hire();
        }
        is_slow
    }

    fn decode_into(
        &self,
        sound: SoundId,
        source: impl Read + Send + 'static,
        content_type: &str,
    ) -> Result<(), DecodeError> {
        let mut any = false;
        let mut out = |samples: Decoded<'_>| {
            any |= !samples.narrow.is_empty();
            if self.grown(sound, samples) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let decoded = self.decoders.decode(source, content_type, &mut out);
        decoded.map_err(|reason| not_audio(&reason))?;
        if any {
            return Ok(());
        }
        Err(not_audio("there is no audio in it"))
    }
}

/// Starts a thread; false: there is none to be had.
fn started(work: impl FnOnce() + Send + 'static) -> bool {
    let thread = thread::Builder::new().name("confab-sounds".to_owned());
    let started = thread.spawn(work);
    if let Err(error) = &started {
        tracing::error!(%error, "no thread to decode on");
    }
    started.is_ok()
}

/// 13420: not audio.
pub(crate) fn not_audio(reason: &str) -> DecodeError {
    DecodeError {
        code: 13420,
        message: reason.to_owned(),
    }
}
