//! `<Say>`: speech of flite, and of a stand-in.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use confab_sounds::{Flite, Phrase, Sounds, SoundsConfig, Tts};
use confab_switchboard::DecodeError;
use confab_terms::DecodeId;

use crate::ears::{Ears, tone};
use crate::wav::{Coding, sine, wav};

/// Speaks every phrase as a tone.
struct Whistle(Arc<AtomicUsize>);

impl Tts for Whistle {
    fn voice(&self, voice: Option<&str>, _: Option<&str>) -> String {
        voice.unwrap_or("whistle").to_owned()
    }

    fn speak(&self, phrase: &Phrase) -> Result<Vec<u8>, DecodeError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        assert!(!phrase.text.contains(['\n', '\t', '\0']));
        Ok(wav(16_000, 1, Coding::S16, &sine(16_000, 440.0, 0.5, 0.5)))
    }
}

fn ears(tts: impl Tts + 'static) -> Ears {
    let (sender, told) = channel();
    let sink = Box::new(move |one| {
        let _ = sender.send(one);
    });
    let tts = Box::new(tts);
    let sounds = Sounds::start(SoundsConfig { sink, tts });
    Ears { sounds, told }
}

#[test]
fn a_phrase_is_spoken_once_and_kept() {
    let count = Arc::new(AtomicUsize::new(0));
    let ears = ears(Whistle(count.clone()));
    ears.sounds
        .say(DecodeId(1), " Hello,\n\tworld\0", None, None);
    let one = ears.decoded().expect("speech");
    ears.sounds
        .say(DecodeId(2), "Hello, world", None, Some("en"));
    assert_eq!(ears.decoded().expect("speech"), one);
    assert_eq!(count.load(Ordering::Relaxed), 1);
    ears.sounds
        .say(DecodeId(3), "Hello, world", Some("other"), None);
    assert_ne!(ears.decoded().expect("speech"), one);
    assert!((tone(&ears.all(one), 440.0) - 0.5).abs() < 0.01);
}

#[test]
fn what_cannot_be_spoken_is_13520() {
    let ears = ears(Whistle(Arc::default()));
    for text in ["", "  \n ", "...", &"a".repeat(4_097)] {
        ears.sounds.say(DecodeId(1), text, None, None);
        assert_eq!(ears.decoded().expect_err("unspeakable").code, 13520);
    }
}

#[test]
fn without_flite_it_says_what_to_install() {
    let ears = ears(Flite::new("/nonexistent/flite"));
    ears.sounds.say(DecodeId(1), "hello", None, None);
    let error = ears.decoded().expect_err("no flite");
    assert_eq!(error.code, 13520);
    assert!(
        error.message.contains("apt install flite"),
        "{}",
        error.message
    );
}

#[test]
fn a_synthesiser_that_hangs_is_ended() {
    // Reads its input and goes on for ever.
    let ears = ears(Flite::new("/usr/bin/yes"));
    let start = std::time::Instant::now();
    ears.sounds.say(DecodeId(1), "hello", None, None);
    let error = ears.decoded().expect_err("hangs");
    assert_eq!(error.code, 13520);
    assert!(start.elapsed().as_secs() < 15);
}

#[test]
fn flite_speaks() {
    assert!(
        Path::new("/usr/bin/flite").exists(),
        "flite is not installed: apt install flite"
    );
    let ears = ears(Flite::default());
    // What a shell or an option parser would stumble over is text like any other.
    for text in [
        "Hello, world.",
        "-voice; $(touch /tmp/owned) `reboot` 'quoted' \"twice\" | & <x>",
    ] {
        for voice in [None, Some("man"), Some("../../etc/passwd"), Some("kal16")] {
            ears.sounds.say(DecodeId(1), text, voice, Some("en-US"));
            let heard = ears.decoded().map(|sound| ears.all(sound)).expect("speech");
            assert!(heard.len() > 4_000, "{} samples", heard.len());
            let loudest = heard.iter().map(|one| one.unsigned_abs()).max();
            assert!(loudest > Some(3_000), "{loudest:?}");
        }
    }
    assert!(!Path::new("/tmp/owned").exists());
}
