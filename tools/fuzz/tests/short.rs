//! Each target for a few seconds: its corpus, then mutations from a seed. Inputs are equal in each
//! run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use confab_fuzz::{Mutator, TARGETS, Target};

const SEED: u64 = 1;

/// Memory is counted for the whole process: targets run one at a time.
static TURN: Mutex<()> = Mutex::new(());

fn short(name: &str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.expect("a target");
    let corpus = target.corpus();
    assert!(corpus.len() > 3, "nothing to begin with");
    for (path, bytes) in &corpus {
        run(target, bytes, &path.display().to_string());
    }
    let inputs = corpus.into_iter().map(|(_, bytes)| bytes).collect();
    let mut mutator = Mutator::new(SEED, inputs, target.words(), target.bytes_max);
    for round in 0..target.rounds {
        let bytes = mutator.next_input();
        run(target, &bytes, &format!("round {round}"));
    }
}

fn run(target: &Target, bytes: &[u8], what: &str) {
    let ended = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    assert!(
        ended.is_ok(),
        "{} fails on {what}, \"{}\"",
        target.name,
        bytes.escape_ascii()
    );
}

#[test]
fn sip() {
    short("sip");
}

#[test]
fn sdp() {
    short("sdp");
}

#[test]
fn rtp() {
    short("rtp");
}

#[test]
fn rtcp() {
    short("rtcp");
}

#[test]
fn srtp() {
    short("srtp");
}

#[test]
fn opus() {
    short("opus");
}

#[test]
fn cxml() {
    short("cxml");
}

#[cfg(feature = "form")]
#[test]
fn form() {
    short("form");
}

#[test]
fn wav() {
    short("wav");
}

#[test]
fn mp3() {
    short("mp3");
}

#[test]
fn audio() {
    short("audio");
}
