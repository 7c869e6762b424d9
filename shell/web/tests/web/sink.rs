//! Sink that stores received audio. Not a test itself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use confab_terms::AudioId;
use confab_web::{AudioSink, AudioWriter, Refused};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: Option<Result<(), String>>,
}

#[derive(Default)]
pub(crate) struct Shelf {
    kept: Arc<Mutex<BTreeMap<AudioId, Kept>>>,
    /// Audio that no request finds any more.
    pub(crate) forgotten: Mutex<Vec<AudioId>>,
    /// True if no decoder reads the written bytes.
    pub(crate) stalls: Arc<AtomicBool>,
    /// Number of times that a writer had no room.
    pub(crate) refusals: Arc<AtomicUsize>,
}

struct Writer {
    audio: AudioId,
    refusals: Arc<AtomicUsize>,
    stalls: Arc<AtomicBool>,
    kept: Arc<Mutex<BTreeMap<AudioId, Kept>>>,
}

impl Shelf {
    pub(crate) fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    /// Returns the number of bodies that are being written.
    pub(crate) fn writers(&self) -> usize {
        Arc::strong_count(&self.kept) - 1
    }

    pub(crate) fn drop_all(&self) {
        self.kept.lock().unwrap().clear();
    }

    pub(crate) fn now(&self, audio: AudioId) -> Kept {
        self.kept
            .lock()
            .unwrap()
            .get(&audio)
            .cloned()
            .expect("kept")
    }

    /// Returns the audio once its end is known.
    pub(crate) async fn ended(&self, audio: AudioId) -> Kept {
        for _ in 0..4_000 {
            let kept = self.now(audio);
            if kept.end.is_some() {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no end");
    }
}

impl AudioSink for Shelf {
    fn begin(
        &self,
        _: &str,
        content_type: &str,
        _: Option<u64>,
    ) -> Result<(AudioId, Box<dyn AudioWriter>), Refused> {
        let mut kept = self.kept.lock().unwrap();
        let audio = AudioId(kept.last_key_value().map_or(1, |(last, _)| last.0 + 1));
        let content_type = content_type.to_owned();
        kept.insert(
            audio,
            Kept {
                content_type,
                ..Kept::default()
            },
        );
        let kept = self.kept.clone();
        Ok((
            audio,
            Box::new(Writer {
                audio,
                kept,
                stalls: self.stalls.clone(),
                refusals: self.refusals.clone(),
            }),
        ))
    }

    fn claim(&self, audio: AudioId) -> bool {
        self.kept.lock().unwrap().contains_key(&audio)
    }

    fn drop_claim(&self, _: AudioId) {}

    fn forget(&self, audio: AudioId) {
        self.forgotten.lock().unwrap().push(audio);
    }
}

impl AudioWriter for Writer {
    fn has_room(&self) -> bool {
        let stalls = self.stalls.load(Ordering::SeqCst);
        self.refusals
            .fetch_add(usize::from(stalls), Ordering::SeqCst);
        !stalls
    }

    fn is_wanted(&self) -> bool {
        self.kept.lock().unwrap().contains_key(&self.audio)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let mut kept = self.kept.lock().unwrap();
        if let Some(kept) = kept.get_mut(&self.audio) {
            kept.bytes.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) {
        if let Some(kept) = self.kept.lock().unwrap().get_mut(&self.audio) {
            kept.end = Some(Ok(()));
        }
    }

    fn fail(self: Box<Self>, reason: &str) {
        if let Some(kept) = self.kept.lock().unwrap().get_mut(&self.audio) {
            kept.end = Some(Err(reason.to_owned()));
        }
    }
}
