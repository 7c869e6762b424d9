//! `Sounds`: the handle that the server holds. Answers at once or later through the sink; never
//! blocks for longer than it takes to copy a second of samples, or to bring one to 16 kHz.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use confab_switchboard::DecodeError;
use confab_terms::{AudioId, DecodeId, Rate, SoundId};

use crate::budget::Budget;
use crate::decoder::{Decoded, Decoders};
use crate::flite::Flite;
use crate::limits::{
    DECODING_AT_ONCE, JOBS_MAX, SPEAKING_AT_ONCE, UNDECODED_AGE_MAX, UNDECODED_BYTES_MAX,
};
use crate::permits::Permits;
use crate::pipe::{self, AudioWriter, Refused};
use crate::shelf::{Audio, Origin, Shelf};
use crate::speech::{self, Phrase, Tts};
use crate::told::{Sink, Told, Want};
use crate::work::{Job, Source, not_audio};

/// What `Sounds` is made of.
pub struct SoundsConfig {
    /// Where answers go.
    pub sink: Sink,
    /// Speaks for `<Say>`.
    pub tts: Box<dyn Tts>,
}

impl SoundsConfig {
    /// Speech by flite.
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        let tts = Box::new(Flite::default());
        Self { sink, tts }
    }
}

/// Audio and speech, decoded and served. Cheap to clone.
#[derive(Clone)]
pub struct Sounds {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    sink: Sink,
    shelf: Mutex<Shelf>,
    undecoded: Arc<Budget>,
    pub(crate) tts: Box<dyn Tts>,
    pub(crate) speaking: Permits,
    pub(crate) decoders: Decoders,
}

impl Sounds {
    /// Threads start when there is work for them, and end with it.
    #[must_use]
    pub fn start(config: SoundsConfig) -> Self {
        let inner = Inner {
            sink: config.sink,
            shelf: Mutex::default(),
            undecoded: Arc::new(Budget::new(UNDECODED_BYTES_MAX)),
            tts: config.tts,
            speaking: Permits::new(SPEAKING_AT_ONCE),
            decoders: Decoders::new(DECODING_AT_ONCE),
        };
        let inner = Arc::new(inner);
        Self { inner }
    }

    /// Audio begins to arrive; it can be decoded from now on.
    pub fn begin_audio(
        &self,
        url: &str,
        content_type: &str,
    ) -> Result<(AudioId, AudioWriter), Refused> {
        let (writer, reader) = pipe::pipe(self.inner.undecoded.clone());
        let mut shelf = self.inner.lock();
        shelf.drop_waiting(UNDECODED_AGE_MAX);
        if !shelf.has_room() {
            return Err(Refused(
                "too many sounds are in use; try again later".to_owned(),
            ));
        }
        let audio = shelf.next_audio();
        // What follows may be a secret of its owner's.
        let url = url.split(['?', '#']).next();
        tracing::debug!(%audio, url, content_type, "audio begins");
        let waiting = Audio::Waiting {
            reader,
            content_type: content_type.to_owned(),
            since: Instant::now(),
        };
        shelf.audios.insert(audio, waiting);
        Ok((audio, writer))
    }

    /// Whether audio is still known, and has not turned out broken.
    #[must_use]
    pub fn has(&self, audio: AudioId) -> bool {
        self.inner.lock().audios.contains_key(&audio)
    }

    /// Makes audio a sound: answered by `Told::Decoded` as soon as its beginning can be played.
    /// Equal audio is the same sound.
    pub fn decode(&self, decode: DecodeId, audio: AudioId) {
        let mut shelf = self.inner.lock();
        let sound = match shelf.audios.remove(&audio) {
            None => {
                drop(shelf);
                let gone = not_audio("the audio is no longer there; fetch it again");
                return self.inner.refuse(decode, gone);
            }
            Some(Audio::Sound(sound)) => {
                shelf.audios.insert(audio, Audio::Sound(sound));
                sound
            }
            Some(Audio::Waiting {
                reader,
                content_type,
                ..
            }) => {
                let source = Source::Audio {
                    reader,
                    content_type,
                };
                let Some(sound) = new_job(&mut shelf, Origin::Audio(audio), source) else {
                    drop(shelf);
                    return self.inner.refuse(decode, too_much());
                };
                sound
            }
        };
        self.ask(shelf, sound, decode);
    }

    /// Speaks: answered like `decode`. Equal phrases are the same sound.
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
                let source = Source::Speech(phrase.clone());
                let Some(sound) = new_job(&mut shelf, Origin::Phrase(phrase), source) else {
                    drop(shelf);
                    return self
                        .inner
                        .refuse(decode, speech::unspeakable("too much at once"));
                };
                sound
            }
        };
        self.ask(shelf, sound, decode);
    }

    /// A player's question: answered by `Told::Feed`, on this thread if the samples are there.
    pub fn want(&self, want: Want) {
        let told = self.inner.lock().want(want);
        self.inner.tell(told);
    }

    fn ask(&self, mut shelf: MutexGuard<'_, Shelf>, sound: SoundId, decode: DecodeId) {
        let told = shelf.ask(sound, decode);
        drop(shelf);
        self.inner.tell(told);
        self.inner.hire();
    }
}

fn new_job(shelf: &mut Shelf, origin: Origin, source: Source) -> Option<SoundId> {
    if shelf.jobs.len() >= JOBS_MAX || !shelf.has_room() {
        return None;
    }
    let sound = shelf.new_sound(origin);
    shelf.jobs.push_back(Job { sound, source });
    Some(sound)
}

fn too_much() -> DecodeError {
    not_audio("too much audio is decoded at once; try again later")
}

impl Inner {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, told: impl IntoIterator<Item = Told>) {
        for told in told {
            (self.sink)(told);
        }
    }

    fn refuse(&self, decode: DecodeId, error: DecodeError) {
        let result = Err(error);
        (self.sink)(Told::Decoded { decode, result });
    }

    /// More of a sound; tells whether to go on.
    pub(crate) fn grown(&self, sound: SoundId, samples: Decoded<'_>) -> bool {
        let mut told = Vec::new();
        let goes_on = self.lock().grow(sound, samples, &mut told);
        self.tell(told);
        goes_on
    }

    /// The end of a sound, for better or worse.
    pub(crate) fn ended(&self, sound: SoundId, error: Option<DecodeError>) {
        if let Some(DecodeError { code, message }) = &error {
            tracing::info!(%sound, code, what = message, "a sound ends early");
        }
        let told = self.lock().end(sound, error);
        self.tell(told);
    }
}
