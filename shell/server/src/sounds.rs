//! Sounds: passes fetched audio to the sound cache, requests of players to a thread that may block,
//! and results to their receivers.

use std::sync::Arc;
use std::thread::JoinHandle;

use confab_media::Command;
use confab_sounds::{CacheConfig, Sink, Sounds, SoundsConfig, Told, Want};
use confab_switchboard::Input;
use confab_terms::AudioId;
use confab_web::{AudioSink, AudioWriter, Refused};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::config::Config;
use crate::failure::Failure;
use crate::media_loop::Wants;
use crate::queues::Letterbox;
use crate::threads::spawn;
use crate::watchdog::Pulse;

/// Maximum number of queued requests; beyond this limit the engine requests again.
const WANTS_MAX: usize = 1_024;

/// Starts the sounds. Chunks go to every media thread: the thread of the leg uses them.
pub(crate) fn start(config: &Config, feeds: Vec<Sender<Command>>, letterbox: Letterbox) -> Sounds {
    let runtime = Handle::current();
    let sink: Sink = Box::new(move |told| match told {
        Told::Decoded { decode, result } => {
            let letterbox = letterbox.clone();
            runtime.spawn(async move {
                letterbox.answer(Input::Decoded { decode, result }).await;
            });
        }
        Told::Feed {
            want,
            samples,
            last,
        } => {
            let feed = Command::Feed {
                leg: want.leg,
                player: want.player,
                position: want.position,
                rate: want.rate,
                samples,
                last,
            };
            for thread in &feeds {
                // A chunk without room is requested again.
                let _full = thread.try_send(feed.clone());
            }
        }
    });
    let cache = CacheConfig {
        dir: config.data_dir.join("audio-cache"),
        bytes_max: config.audio_cache_bytes,
    };
    Sounds::start(SoundsConfig {
        cache,
        ..SoundsConfig::new(sink)
    })
}

/// Thread that passes requests of players to the sounds: these use a lock, on which a media thread
/// must not block. The thread ends after all media threads.
pub(crate) struct Asking {
    wants: Sender<Want>,
}

impl Asking {
    pub(crate) fn start(sounds: &Sounds, pulse: &Pulse) -> Result<(Self, JoinHandle<()>), Failure> {
        let (wants, mut asked): (_, Receiver<Want>) = channel(WANTS_MAX);
        let sounds = sounds.clone();
        let thread = spawn("wants", pulse.clone(), move || {
            while let Some(want) = asked.blocking_recv() {
                sounds.want(want);
            }
        })?;
        Ok((Self { wants }, thread))
    }

    /// Returns the sender for a media thread.
    pub(crate) fn wants(&self) -> Wants {
        let wants = self.wants.clone();
        Box::new(move |want| {
            let _full = wants.try_send(want);
        })
    }
}

/// Adapter from the web's audio to the sounds.
struct ToSounds(Sounds);

impl AudioSink for ToSounds {
    fn begin(
        &self,
        url: &str,
        content_type: &str,
        length: Option<u64>,
    ) -> Result<(AudioId, Box<dyn AudioWriter>), Refused> {
        match self.0.begin_audio(url, content_type, length) {
            Ok((audio, writer)) => Ok((audio, Box::new(Writer(writer)))),
            Err(confab_sounds::Refused(why)) => Err(Refused(why)),
        }
    }

    fn claim(&self, audio: AudioId) -> bool {
        self.0.claim(audio)
    }

    fn drop_claim(&self, audio: AudioId) {
        self.0.drop_audio(audio);
    }

    fn forget(&self, audio: AudioId) {
        self.0.forget(audio);
    }
}

struct Writer(confab_sounds::AudioWriter);

impl AudioWriter for Writer {
    fn has_room(&self) -> bool {
        self.0.has_room()
    }

    fn is_wanted(&self) -> bool {
        self.0.is_wanted()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let written = self.0.write(bytes);
        written.map_err(|confab_sounds::Refused(why)| Refused(why))
    }

    fn finish(self: Box<Self>) {
        self.0.finish();
    }

    fn fail(self: Box<Self>, reason: &str) {
        self.0.fail(reason);
    }
}

/// Returns the sounds as a receiver of the web's audio.
pub(crate) fn sink(sounds: &Sounds) -> Arc<dyn AudioSink> {
    Arc::new(ToSounds(sounds.clone()))
}
