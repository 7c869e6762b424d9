//! The demo with callers whose voices are wrong: its exit status must be a failure. (Tests in
//! `tests/demo.rs` cover the success.)

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Options, demo, sounds};

/// Runs the demo in a folder that is removed afterwards.
fn status(name: &str, voice: fn(usize) -> Vec<i16>) -> ExitCode {
    let folder: PathBuf =
        env::temp_dir().join(format!("confab-demo-{name}-{}", std::process::id()));
    let options = Options {
        voice,
        out: || Box::new(io::sink()),
        ..Options::new(true, Some(folder.clone()))
    };
    let status = demo(&options).expect("the demo runs to its end");
    for caller in ["agent", "customer", "supervisor"] {
        let file = folder.join(format!("{caller}.wav"));
        let bytes = fs::metadata(&file).expect("a recording").len();
        assert!(bytes > 50_000, "{caller} heard next to nothing");
    }
    fs::remove_dir_all(&folder).expect("it is there");
    status
}

/// The supervisor's whisper reaches the customer through the agent, who repeats it for 60 ms of
/// every second.
#[test]
fn a_leak_in_some_frames_is_told() {
    let leaky = |caller| {
        let mut voice = sounds::voice(caller);
        if caller == 0 {
            let other = sounds::voice(2);
            for second in voice.chunks_mut(8_000) {
                let leaked = second.iter_mut().zip(&other).take(480);
                leaked.for_each(|(sample, other)| *sample += other);
            }
        }
        voice
    };
    assert_eq!(status("leak", leaky), ExitCode::FAILURE);
}

/// The customer's audio is missing for 100 ms of every half second.
#[test]
fn a_voice_that_is_missing_in_some_frames_is_told() {
    let broken = |caller| {
        let mut voice = sounds::voice(caller);
        if caller == 1 {
            for half in voice.chunks_mut(4_000) {
                half[..800].fill(0);
            }
        }
        voice
    };
    assert_eq!(status("gap", broken), ExitCode::FAILURE);
}
