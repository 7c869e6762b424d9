//! `Sounds`: the handle of the server. Responds at once or later through the sink. Blocks at most
//! for copying a second of samples, or for converting a second to 16 kHz.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use confab_switchboard::DecodeError;
use confab_terms::{AudioId, CallSid, DecodeId, Rate, SoundId};

use crate::budget::Budget;
use crate::decoder::{Decoded, Decoders};
use crate::file_cache::{CacheConfig, CacheUse, FileCache};
use crate::flite::Flite;
use crate::limits::{
    AHEAD_SHARE, DECODING_AT_ONCE, JOBS_MAX, UNDECODED_AGE_MAX, UNDECODED_BYTES_MAX,
};
use crate::pipe::{self, AudioWriter, Refused};
use crate::shelf::{Audio, Fetched, Origin, ReaderEnd, ReaderId, Shelf, Speed};
use crate::speech::{self, Phrase, Text, Tts};
use crate::told::{Sink, Told, Want};
use crate::work::{Job, Source, not_audio};

/// Configuration of a `Sounds`.
pub struct SoundsConfig {
    /// Receiver of responses.
    pub sink: Sink,
    /// Speech synthesizer for `<Say>`.
    pub tts: Box<dyn Tts>,
    /// Disk cache for encoded audio.
    pub cache: CacheConfig,
}

impl SoundsConfig {
    /// Returns a configuration with speech by flite, and encoded audio in memory only.
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        let tts = Box::new(Flite::default());
        Self {
            sink,
            tts,
            cache: CacheConfig::default(),
        }
    }
}

/// Decoder and buffer of audio and speech. Cheap to clone.
#[derive(Clone)]
pub struct Sounds {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    sink: Sink,
    shelf: Mutex<Shelf>,
    undecoded: Arc<Budget>,
    cache: Arc<FileCache>,
    pub(crate) tts: Box<dyn Tts>,
    pub(crate) decoders: Decoders,
}

impl Sounds {
    /// Creates a handle. Threads start when there is work, and end after it.
    #[must_use]
    pub fn start(config: SoundsConfig) -> Self {
        let inner = Inner {
            sink: config.sink,
            shelf: Mutex::default(),
            undecoded: Arc::new(Budget::new(UNDECODED_BYTES_MAX)),
            cache: FileCache::new(config.cache),
            tts: config.tts,
            decoders: Decoders::new(DECODING_AT_ONCE),
        };
        let inner = Arc::new(inner);
        let evicting = Arc::downgrade(&inner);
        inner.cache.start(Box::new(move || {
            let inner = evicting.upgrade();
            inner.is_some_and(|inner| inner.lock().drop_unheld_file())
        }));
        Self { inner }
    }

    /// Begins audio, which can be decoded while it arrives. The caller gets a claim, which ends
    /// with `decode` or `drop_audio`.
    pub fn begin_audio(
        &self,
        url: &str,
        content_type: &str,
        length: Option<u64>,
    ) -> Result<(AudioId, AudioWriter), Refused> {
        let (writer, file) = pipe::pipe(self.inner.undecoded.clone(), self.inner.cache.clone());
        let mut shelf = self.inner.lock();
        shelf.drop_waiting(UNDECODED_AGE_MAX);
        while self.inner.undecoded.has_less_than_one_of(AHEAD_SHARE) && shelf.drop_unheld_file() {}
        if !shelf.has_room() {
            return Err(Refused(
                "too many sounds are in use; try again later".to_owned(),
            ));
        }
        let audio = shelf.next_audio();
        // Query and fragment may contain a secret.
        let url = url.split(['?', '#']).next();
        tracing::debug!(%audio, url, content_type, "audio begins");
        let waiting = Audio::Waiting {
            file,
            content_type: content_type.to_owned(),
            is_bounded: length.is_some(),
            since: Instant::now(),
        };
        let fetched = Fetched {
            audio: waiting,
            claims: 1,
            is_cached: true,
        };
        shelf.audios.insert(audio, fetched);
        Ok((audio, writer))
    }

    /// Returns whether audio is known, and has not turned out broken.
    #[must_use]
    pub fn has(&self, audio: AudioId) -> bool {
        self.inner.lock().audios.contains_key(&audio)
    }

    /// Adds a claim to audio, which stays until `decode` or `drop_audio`. Returns false if the
    /// audio is unknown or broken.
    #[must_use]
    pub fn claim(&self, audio: AudioId) -> bool {
        self.inner.lock().claim(audio)
    }

    /// Ends a claim on audio that will not be decoded.
    pub fn drop_audio(&self, audio: AudioId) {
        self.inner.lock().end_claim(audio);
    }

    /// Releases audio that no request finds any more: it ends with the last claim and hold.
    pub fn forget(&self, audio: AudioId) {
        self.inner.lock().forget_audio(audio);
    }

    /// Releases the sound of a `decode` or `say`, with or without a response. An unfinished source
    /// stops with the last holder.
    pub fn release(&self, decode: DecodeId) {
        self.inner.lock().release(decode);
    }

    /// Returns the number of streams and slow sources, and of those rejected so far.
    #[must_use]
    pub fn slow_sources(&self) -> (usize, u64) {
        self.inner.lock().slow_sources()
    }

    /// Returns the size of decoded audio, in bytes.
    #[must_use]
    pub fn decoded_bytes(&self) -> usize {
        self.inner.lock().bytes()
    }

    /// Returns the use of the disk cache.
    #[must_use]
    pub fn cache_use(&self) -> CacheUse {
        self.inner.cache.usage()
    }

    /// Returns the number of times that a decoder had to wait for memory or for a place. The
    /// listeners get silence meanwhile.
    #[must_use]
    pub fn starved(&self) -> u64 {
        self.inner.lock().starved()
    }

    /// Decodes audio to a sound, and responds with `Told::Decoded` as soon as the beginning can be
    /// played. Equal audio is the same sound, which is held until `release`.
    pub fn decode(&self, decode: DecodeId, audio: AudioId, call: Option<CallSid>) {
        let mut shelf = self.inner.lock();
        let Some(fetched) = shelf.audios.remove(&audio) else {
            drop(shelf);
            let gone = not_audio("the audio is no longer there; fetch it again");
            return self.inner.refuse(decode, gone);
        };
        let Fetched {
            audio: of,
            claims,
            is_cached,
        } = fetched;
        let sound = match of {
            Audio::Sound(sound) => {
                let fetched = Fetched {
                    audio: Audio::Sound(sound),
                    claims,
                    is_cached,
                };
                shelf.audios.insert(audio, fetched);
                sound
            }
            Audio::Waiting {
                file,
                content_type,
                is_bounded,
                ..
            } => {
                if shelf.files.jobs.len() >= JOBS_MAX || !shelf.has_room() {
                    drop(shelf);
                    return self.inner.refuse(decode, too_much());
                }
                let speed = match shelf.has_slow_place(call) {
                    true if is_bounded => Speed::Quick,
                    true => Speed::Slow,
                    false => Speed::Unproven,
                };
                let sound = shelf.new_sound(Origin::Audio(audio), claims);
                if !is_cached {
                    shelf.forget_audio(audio);
                }
                let reader = file.reader();
                shelf.set_source(sound, (speed, is_bounded), file, content_type.clone());
                let source = Source::Audio {
                    reader,
                    content_type,
                };
                let job = Job::first(sound, source);
                match speed {
                    Speed::Slow => shelf.slow_jobs.push_back(job),
                    Speed::Quick | Speed::Unproven => shelf.files.jobs.push_back(job),
                }
                sound
            }
        };
        self.ask(shelf, sound, decode, call);
        self.inner.lock().end_claim(audio);
    }

    /// Speaks a text; response, hold and release are those of `decode`. Equal phrases share a
    /// sound.
    pub fn say(&self, decode: DecodeId, text: &str, voice: Option<&str>, language: Option<&str>) {
        let text = match speech::tidy(text) {
            Ok(text) => text,
            Err(error) => return self.inner.refuse(decode, error),
        };
        let phrase = Phrase {
            voice: self.inner.tts.voice(voice, language),
            text,
            rate: Rate::Hz16000.hz(),
        };
        let mut shelf = self.inner.lock();
        let sound = match shelf.spoken.get(&phrase) {
            Some(sound) => *sound,
            None => {
                if shelf.speech.jobs.len() >= JOBS_MAX || !shelf.has_room() {
                    drop(shelf);
                    let full = speech::unspeakable("too much at once");
                    return self.inner.refuse(decode, full);
                }
                let source = Source::Speech(Text::new(&phrase));
                let sound = shelf.new_sound(Origin::Phrase(phrase), 0);
                shelf.speech.jobs.push_back(Job::first(sound, source));
                sound
            }
        };
        self.ask(shelf, sound, decode, None);
    }

    /// Ends running synthesizers, and prevents further ones.
    pub fn stop_speaking(&self) {
        self.inner.tts.stop();
    }

    /// Requests samples for a player; responds with `Told::Feed`, on this thread if the samples
    /// exist.
    pub fn want(&self, want: Want) {
        let mut told = Vec::new();
        let mut shelf = self.inner.lock();
        shelf.want(want, &mut told);
        let has_jobs = shelf.has_jobs();
        drop(shelf);
        self.inner.tell(told);
        if has_jobs {
            self.inner.hire();
        }
    }

    fn ask(
        &self,
        mut shelf: MutexGuard<'_, Shelf>,
        sound: SoundId,
        decode: DecodeId,
        call: Option<CallSid>,
    ) {
        let told = shelf.ask(sound, decode, call);
        drop(shelf);
        self.inner.tell(told);
        self.inner.hire();
    }
}

fn too_much() -> DecodeError {
    not_audio("too much audio is decoded at once; try again later")
}

impl Inner {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, told: impl IntoIterator<Item = Told>) {
        for told in told {
            (self.sink)(told);
        }
    }

    fn refuse(&self, decode: DecodeId, error: DecodeError) {
        let result = Err(error);
        (self.sink)(Told::Decoded { decode, result });
    }

    /// Adds samples to a sound; returns whether more can be added.
    pub(crate) fn grown(&self, sound: SoundId, reader: ReaderId, samples: Decoded<'_>) -> bool {
        let mut told = Vec::new();
        let goes_on = self.lock().grow(sound, reader, samples, &mut told);
        self.tell(told);
        goes_on
    }

    /// Ends a reader, with the error of the decoder if it failed.
    pub(crate) fn ended(&self, sound: SoundId, reader: ReaderId, end: ReaderEnd) {
        if let ReaderEnd::Failed(DecodeError { code, message }) = &end {
            tracing::info!(%sound, code, what = message, "a sound ends early");
        }
        let told = self.lock().end(sound, reader, end);
        self.tell(told);
    }
}
