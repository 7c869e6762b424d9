//! `<Say>`: speech by flite, and by a stand-in.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use confab_sounds::{Flite, Phrase, Sounds, SoundsConfig, Tts};
use confab_switchboard::DecodeError;
use confab_terms::DecodeId;

use crate::ears::{Ears, tone};
use crate::wav::{Coding, sine, wav};

/// Synthesizer that renders every phrase as a tone.
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
    let sounds = Sounds::start(SoundsConfig {
        tts,
        ..SoundsConfig::new(sink)
    });
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
    // `yes` ignores its input and never ends.
    let ears = ears(Flite::new("/usr/bin/yes"));
    let start = Instant::now();
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
    // Characters that are special to a shell or an option parser are plain text.
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

/// Synthesizer that renders one piece for each permit, and stores the texts in order.
struct Gated {
    permits: Mutex<Receiver<()>>,
    begun: Arc<Mutex<Vec<String>>>,
}

impl Tts for Gated {
    fn voice(&self, _: Option<&str>, _: Option<&str>) -> String {
        "gated".to_owned()
    }

    fn speak(&self, phrase: &Phrase) -> Result<Vec<u8>, DecodeError> {
        self.begun
            .lock()
            .expect("written")
            .push(phrase.text.clone());
        let permits = self.permits.lock().expect("read");
        let patience = Duration::from_secs(20);
        permits.recv_timeout(patience).expect("a permit");
        Ok(wav(16_000, 1, Coding::S16, &sine(16_000, 440.0, 0.5, 0.5)))
    }
}

#[test]
fn short_text_waits_for_pieces_of_long_texts_only() {
    let (permit, permits) = channel();
    let begun = Arc::new(Mutex::new(Vec::new()));
    let ears = ears(Gated {
        permits: Mutex::new(permits),
        begun: Arc::clone(&begun),
    });
    let long = |n: usize| format!("Text number {n} goes on for long, and has no end. ").repeat(60);
    for n in 0..6 {
        ears.sounds
            .say(DecodeId(n as u64 + 1), &long(n), None, None);
    }
    for _ in 0..8 {
        permit.send(()).unwrap();
    }
    for _ in 0..6 {
        ears.decoded().expect("speech begins with its first piece");
    }
    ears.sounds.say(DecodeId(9), "hello", None, None);
    let before = begun.lock().unwrap().len();
    for _ in 0..200 {
        permit.send(()).unwrap();
    }
    let hello = ears.decoded().expect("hello");
    let order = begun.lock().unwrap().clone();
    let at = order.iter().position(|text| text == "hello").unwrap();
    // Two run at once, and each may have begun one more piece meanwhile.
    assert!(at <= before + 2, "hello is number {at}, {before} had begun");
    assert!(ears.all(hello).len() > 3_000);
}

#[test]
fn pieces_of_a_text_are_one_sound_in_their_order() {
    let count = Arc::new(AtomicUsize::new(0));
    let ears = ears(Whistle(Arc::clone(&count)));
    let text = "This is a sentence of some length, and it ends here. ".repeat(40);
    ears.sounds.say(DecodeId(1), &text, None, None);
    let sound = ears.decoded().expect("speech");
    let all = ears.all(sound);
    let pieces = count.load(Ordering::Relaxed);
    assert!((8..=12).contains(&pieces), "{pieces} pieces");
    // Half a second for each piece, at 8 kHz.
    let expected = pieces * 4_000;
    assert!(
        all.len().abs_diff(expected) < 50 * pieces,
        "{} samples",
        all.len()
    );
    assert!((tone(&all, 440.0) - 0.5).abs() < 0.02);
}

/// Script in place of flite, removed with the test.
struct Script(PathBuf);

impl Script {
    fn new(name: &str, lines: &str) -> Self {
        let name = format!("confab-speaker-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).expect("done");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).expect("done");
        Self(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.0);
    }
}

fn phrase(text: &str) -> Phrase {
    Phrase {
        voice: "slt".to_owned(),
        text: text.to_owned(),
        rate: 16_000,
    }
}

#[test]
fn memory_time_and_length_of_the_synthesiser_are_bounded() {
    // The script reads its limits after the text, since they are set before the text is sent.
    let script = Script::new(
        "limits",
        "cat\necho\nulimit -v\nulimit -t\nulimit -f\nulimit -c",
    );
    let said = Flite::new(&script.0).speak(&phrase("hello")).unwrap();
    let said = String::from_utf8(said).unwrap();
    // Memory in kB, seconds, blocks of 512 bytes, core size.
    assert_eq!(said, "hello\n262144\n10\n65536\n0\n");
}

#[test]
fn synthesiser_that_speaks_without_end_is_ended_by_its_length() {
    let error = Flite::new("/usr/bin/yes").speak(&phrase("hello"));
    assert_eq!(error.expect_err("without end").code, 13520);
}

#[test]
fn stop_ends_the_synthesiser_and_refuses_what_follows() {
    let script = Script::new("hangs", "read text\necho $$ > \"$0.pid\"\nexec sleep 60");
    let pid_file = script.0.with_extension("pid");
    let flite = Flite::new(&script.0);
    let speaking = {
        let flite = flite.clone();
        std::thread::spawn(move || flite.speak(&phrase("hello\n")))
    };
    let begun = Instant::now();
    let pid = loop {
        let read = std::fs::read_to_string(&pid_file).unwrap_or_default();
        if let Ok(pid) = read.trim().parse::<u32>() {
            break pid;
        }
        assert!(begun.elapsed() < Duration::from_secs(8), "it did not start");
        std::thread::yield_now();
    };
    let begun = Instant::now();
    flite.stop();
    let error = speaking.join().unwrap().expect_err("stopped");
    assert_eq!(error.code, 13520);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "it was waited for"
    );
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    assert!(flite.speak(&phrase("hello")).is_err());
    std::fs::remove_file(pid_file).unwrap();
}
