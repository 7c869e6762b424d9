//! Threads that make sounds, in three independent pools: speech, files, and slow sources. A thread
//! for files whose source turns out slow moves to the slow ones.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use confab_switchboard::DecodeError;
use confab_terms::SoundId;

use crate::decoder::{Bytes, Decoded, Decoding, Step};
use crate::limits::{QUICK_WAIT_MAX, QUICK_WORKERS_MAX, SPEAKING_AT_ONCE};
use crate::pipe::AudioReader;
use crate::shelf::{Proceed, ReaderEnd, ReaderId, Shelf, Sound, no_place};
use crate::sounds::Inner;
use crate::speech::Text;

/// Work of a thread for a reader.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) sound: SoundId,
    pub(crate) reader: ReaderId,
    pub(crate) source: Source,
}

impl Job {
    /// Returns the job of the first reader of a sound.
    pub(crate) fn first(sound: SoundId, source: Source) -> Self {
        Self {
            sound,
            reader: ReaderId::default(),
            source,
        }
    }
}

/// The source of a sound.
#[derive(Debug)]
pub(crate) enum Source {
    Audio {
        reader: AudioReader,
        content_type: String,
    },
    /// Decoder that was parked.
    Resumed(Decoder),
    Speech(Text),
}

/// A decoder between two steps.
pub(crate) struct Decoder {
    decoding: Box<dyn Decoding>,
    fate: Arc<Fate>,
    /// True once samples were decoded.
    any: bool,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Decoder").field("any", &self.any).finish()
    }
}

/// Result of a job.
enum Made {
    /// End of the sound.
    All,
    /// Rest of a text.
    Rest(Source),
    /// Decoder that was parked.
    Parked,
}

impl Source {
    /// Returns the number of characters of a text that are spoken.
    fn spoken(&self) -> usize {
        match self {
            Self::Speech(text) => text.spoken,
            Self::Audio { .. } | Self::Resumed(_) => 0,
        }
    }
}

/// Queue of jobs, and number of threads.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    pub(crate) jobs: VecDeque<Job>,
    pub(crate) workers: usize,
}

impl Pool {
    /// Takes the job that was served least; of equal ones, the first. A new text therefore precedes
    /// texts that were spoken in part.
    fn next(&mut self) -> Option<Job> {
        let jobs = self.jobs.iter().enumerate();
        let (at, _) = jobs.min_by_key(|(_, job)| job.source.spoken())?;
        self.jobs.remove(at)
    }
}

/// Kind of a pool.
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

/// Outcome of a source that a thread for files reads.
#[derive(Debug, Default)]
struct Fate {
    went_slow: AtomicBool,
    was_refused: AtomicBool,
    was_late: AtomicBool,
}

/// Source of a thread for files, which becomes a slow thread after a long wait.
struct Patient {
    reader: AudioReader,
    inner: Arc<Inner>,
    sound: SoundId,
    id: ReaderId,
    /// Remaining time to wait; `None` for a slow source.
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
        if self.id != ReaderId::default() {
            // Only the first reader of a sound may wait, which limits the number of waiting
            // threads.
            self.fate.was_late.store(true, Ordering::Relaxed);
            return Err(io::Error::other("its bytes have not arrived"));
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

impl Bytes for Patient {
    fn again(&self) -> Option<AudioReader> {
        self.reader.again()
    }
}

impl Inner {
    /// Starts threads for queued jobs.
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
            // Not in the head of the loop: the lock would be held for its body.
            let slow = self.lock().slow_jobs.pop_front();
            let Some(job) = slow else {
                return;
            };
            let (inner, sound, reader) = (self.clone(), job.sound, job.reader);
            if !started(move || {
                inner.run(job, true);
            }) {
                self.ended(sound, reader, no_thread());
            }
        }
    }

    /// Ends the jobs of a pool without a thread. With a thread in the pool, the jobs stay queued.
    fn give_up_without_thread(&self, kind: Kind) {
        let mut shelf = self.lock();
        let pool = kind.pool(&mut shelf);
        if pool.workers > 0 {
            return;
        }
        let jobs: Vec<_> = pool.jobs.drain(..).collect();
        drop(shelf);
        for job in jobs {
            self.ended(job.sound, job.reader, no_thread());
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
                // The thread has given its place in the pool up.
                return;
            }
        }
    }

    /// Works for one reader, or speaks one piece; returns whether the thread moved to the slow
    /// ones.
    fn run(self: &Arc<Self>, job: Job, is_slow: bool) -> bool {
        let Job {
            sound,
            reader,
            source,
        } = job;
        let fate = match &source {
            Source::Resumed(decoder) => decoder.fate.clone(),
            Source::Audio { .. } | Source::Speech(_) => Arc::default(),
        };
        fate.went_slow.store(false, Ordering::Relaxed);
        if !self.lock().sounds.contains_key(&sound) {
            return false;
        }
        // A panic of a third-party decoder with untrusted input is only an error.
        let make = || self.make((sound, reader), source, is_slow, &fate);
        let made = catch_unwind(AssertUnwindSafe(make));
        let made = made.unwrap_or_else(|_| Err(not_audio("its decoder failed on it")));
        let end = match made {
            _ if fate.was_refused.load(Ordering::Relaxed) => Some(ReaderEnd::Failed(no_place())),
            _ if fate.was_late.load(Ordering::Relaxed) => Some(ReaderEnd::Late),
            Ok(Made::Rest(source)) => {
                let job = Job::first(sound, source);
                self.lock().speech.jobs.push_back(job);
                None
            }
            Ok(Made::Parked) => None,
            Ok(Made::All) => Some(ReaderEnd::Whole),
            Err(error) => Some(ReaderEnd::Failed(error)),
        };
        if let Some(end) = end {
            self.ended(sound, reader, end);
        }
        fate.went_slow.load(Ordering::Relaxed)
    }

    fn make(
        self: &Arc<Self>,
        (sound, id): (SoundId, ReaderId),
        source: Source,
        is_slow: bool,
        fate: &Arc<Fate>,
    ) -> Result<Made, DecodeError> {
        match source {
            Source::Audio {
                reader,
                content_type,
            } => {
                let patient = Patient {
                    reader,
                    inner: self.clone(),
                    sound,
                    id,
                    left: (!is_slow).then_some(QUICK_WAIT_MAX),
                    fate: fate.clone(),
                };
                let decoding = self.decoders.open(patient, &content_type);
                let decoder = Decoder {
                    decoding: decoding.map_err(|reason| not_audio(&reason))?,
                    fate: fate.clone(),
                    any: false,
                };
                self.decode_on(sound, id, decoder)
            }
            Source::Resumed(decoder) => self.decode_on(sound, id, decoder),
            Source::Speech(mut text) => {
                let Some(piece) = text.next() else {
                    return Ok(Made::All);
                };
                let wav = self.tts.speak(&piece)?;
                let made = self.decode_into(sound, wav);
                made.map_err(|error| DecodeError {
                    code: 13520,
                    ..error
                })?;
                match text.has_ended() {
                    true => Ok(Made::All),
                    false => Ok(Made::Rest(Source::Speech(text))),
                }
            }
        }
    }

    /// Decodes until the reader has enough samples or has ended.
    fn decode_on(
        self: &Arc<Self>,
        sound: SoundId,
        id: ReaderId,
        mut decoder: Decoder,
    ) -> Result<Made, DecodeError> {
        loop {
            let mut told = Vec::new();
            let proceed = self.lock().proceed(sound, id, decoder, &mut told);
            self.tell(told);
            decoder = match proceed {
                Proceed::Decode(decoder) => decoder,
                Proceed::Prove(decoder, file) => {
                    if !file.wait_for_end(QUICK_WAIT_MAX) {
                        if !self.turn_slow(sound) {
                            return Err(no_place());
                        }
                        decoder.fate.went_slow.store(true, Ordering::Relaxed);
                    }
                    decoder
                }
                Proceed::Parked => return Ok(Made::Parked),
                Proceed::Stop => return Ok(Made::All),
            };
            let Decoder { decoding, any, .. } = &mut decoder;
            let mut goes_on = true;
            let step = decoding.step(&self.decoders, &mut |samples| {
                *any |= !samples.narrow.is_empty();
                goes_on &= self.grown(sound, id, samples);
            });
            let step = step.map_err(|reason| not_audio(&reason))?;
            if !goes_on {
                return Ok(Made::All);
            }
            if step == Step::Ended {
                return match self.lock().failure(sound) {
                    Some(reason) => Err(not_audio(&reason)),
                    None if !decoder.any => Err(not_audio("there is no audio in it")),
                    None => Ok(Made::All),
                };
            }
        }
    }

    /// Moves a source from the pool for files to the slow ones; returns false if there is no place.
    fn turn_slow(self: &Arc<Self>, sound: SoundId) -> bool {
        let mut told = Vec::new();
        let mut shelf = self.lock();
        let was_slow = shelf.sounds.get(&sound).is_some_and(Sound::is_slow);
        let is_slow = shelf.turn_slow(sound, &mut told);
        if is_slow && !was_slow {
            shelf.files.workers -= 1;
        }
        drop(shelf);
        self.tell(told);
        if is_slow {
            self.hire();
        }
        is_slow
    }

    /// Decodes the speech of a piece.
    fn decode_into(&self, sound: SoundId, wav: Vec<u8>) -> Result<(), DecodeError> {
        let mut any = false;
        let mut out = |samples: Decoded<'_>| {
            any |= !samples.narrow.is_empty();
            if self.grown(sound, ReaderId::default(), samples) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let decoded = self
            .decoders
            .decode(Cursor::new(wav), "audio/wav", &mut out);
        decoded.map_err(|reason| not_audio(&reason))?;
        if any {
            return Ok(());
        }
        Err(not_audio("there is no audio in it"))
    }
}

fn no_thread() -> ReaderEnd {
    ReaderEnd::Failed(not_audio("no thread to decode on"))
}

/// Starts a thread; returns false if that fails.
fn started(work: impl FnOnce() + Send + 'static) -> bool {
    let thread = thread::Builder::new().name("confab-sounds".to_owned());
    let started = thread.spawn(work);
    if let Err(error) = &started {
        tracing::error!(%error, "no thread to decode on");
    }
    started.is_ok()
}

/// Returns error 13420: not audio.
pub(crate) fn not_audio(reason: &str) -> DecodeError {
    DecodeError {
        code: 13420,
        message: reason.to_owned(),
    }
}
