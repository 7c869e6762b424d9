//! The worker threads: each takes a job, waits for its bytes, decodes, and ends when none is left.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use confab_switchboard::DecodeError;
use confab_terms::SoundId;

use crate::decoder::Decoded;
use crate::limits::WORKERS_MAX;
use crate::pipe::AudioReader;
use crate::sounds::Inner;
use crate::speech::Phrase;

/// A sound to be made.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) sound: SoundId,
    pub(crate) source: Source,
}

/// Out of what.
#[derive(Debug)]
pub(crate) enum Source {
    Audio {
        reader: AudioReader,
        content_type: String,
    },
    Speech(Phrase),
}

impl Inner {
    /// Sees to it that a thread takes the jobs.
    pub(crate) fn hire(self: &Arc<Self>) {
        {
            let mut shelf = self.lock();
            if shelf.jobs.is_empty() || shelf.workers == WORKERS_MAX {
                return;
            }
            shelf.workers += 1;
        }
        let inner = self.clone();
        let name = "confab-sounds".to_owned();
        let started = thread::Builder::new()
            .name(name)
            .spawn(move || inner.work());
        if let Err(error) = started {
            tracing::error!(%error, "no thread to decode on");
            self.lock().workers -= 1;
            self.give_up_without_thread();
        }
    }

    /// With other workers the jobs wait for those; without any, nobody would ever answer.
    fn give_up_without_thread(&self) {
        let mut shelf = self.lock();
        if shelf.workers > 0 {
            return;
        }
        let jobs: Vec<_> = shelf.jobs.drain(..).collect();
        drop(shelf);
        for job in jobs {
            self.ended(job.sound, Some(not_audio("no thread to decode on")));
        }
    }

    fn work(&self) {
        loop {
            let job = {
                let mut shelf = self.lock();
                let job = shelf.jobs.pop_front();
                if job.is_none() {
                    shelf.workers -= 1;
                }
                job
            };
            let Some(Job { sound, source }) = job else {
                return;
            };
            // The decoders are others' and their input is anybody's: a second belt.
            let made = catch_unwind(AssertUnwindSafe(|| self.make(sound, source)));
            let made = made.unwrap_or_else(|_| Err(not_audio("its decoder failed on it")));
            self.ended(sound, made.err());
        }
    }

    fn make(&self, sound: SoundId, source: Source) -> Result<(), DecodeError> {
        match source {
            Source::Audio {
                reader,
                content_type,
            } => {
                let witness = reader.witness();
                self.decode_into(sound, reader, &content_type)?;
                witness
                    .failure()
                    .map_or(Ok(()), |reason| Err(not_audio(&reason)))
            }
            Source::Speech(phrase) => {
                let wav = {
                    let _turn = self.speaking.take();
                    self.tts.speak(&phrase)?
                };
                let made = self.decode_into(sound, Cursor::new(wav), "audio/wav");
                made.map_err(|error| DecodeError {
                    code: 13520,
                    ..error
                })
            }
        }
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

/// 13420: not audio.
pub(crate) fn not_audio(reason: &str) -> DecodeError {
    DecodeError {
        code: 13420,
        message: reason.to_owned(),
    }
}
