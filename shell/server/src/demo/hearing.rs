//! Listens after an update until the audio has settled, then for a second, and judges: by what
//! arrived first, and by what the server says of itself after that.

use std::time::Duration;

use confab_client::Audibility;
use confab_phone::heard::Presence;
use confab_phone::machine::in_time_or;
use confab_phone::now;
use confab_terms::Instant;

use super::callers::Callers;
use super::examples::Desk;
use super::matrix::{Difference, Hears, Matrix, matrix};
use super::sources::CALLERS;
use crate::failure::Failure;

/// Packets that were on their way when the reply left: two ticks of them.
const UNDER_WAY: Duration = Duration::from_millis(40);
/// Frames that have to be right before the audio counts as settled.
const SETTLED_FRAMES: usize = 15;
/// What is judged, in which every caller spoke in time: a second.
const JUDGED: Duration = Duration::from_secs(1);
const JUDGED_FRAMES: usize = 50;
/// How long the audio may take to settle: an update is heard on the next tick, music within half
/// a second.
const SETTLE_WAIT: Duration = Duration::from_secs(4);

/// What was heard, and what is wrong with it.
pub(crate) struct Heard {
    pub(crate) matrix: Matrix,
    pub(crate) wrong: Vec<Difference>,
}

/// Listens from now on.
pub(crate) fn hear(callers: &Callers, hears: &Hears<'_>) -> Result<Heard, Failure> {
    let from = now() + UNDER_WAY;
    settle(callers, hears)?;
    let listen = |start, _| callers.listen(start, JUDGED_FRAMES);
    let (start, _) = in_time_or(JUDGED, listen, || ())?;
    let judged = matrix(&callers.received(start, Instant(u64::MAX)));
    let mut wrong = judged.differences(hears, JUDGED_FRAMES);
    // What was settling may have lacked a voice, but never may it have leaked one.
    let settling = matrix(&callers.received(from, start)).differences(hears, 0);
    wrong.extend(settling.into_iter().filter(is_leak));
    Ok(Heard {
        matrix: judged,
        wrong,
    })
}

fn is_leak(difference: &Difference) -> bool {
    matches!(difference, Difference::Leaked(..))
}

/// Waits until the latest frames are as they should be, or for as long as they may take.
fn settle(callers: &Callers, hears: &Hears<'_>) -> Result<(), Failure> {
    let give_up = now() + SETTLE_WAIT;
    let mut start = now() + UNDER_WAY;
    while start < give_up {
        callers.listen(start, SETTLED_FRAMES)?;
        let heard = matrix(&callers.received(start, Instant(u64::MAX)));
        if heard.differences(hears, SETTLED_FRAMES).is_empty() {
            return Ok(());
        }
        start = now();
    }
    Ok(())
}

/// Where the server, asked who hears whom, says something else than what was heard.
pub(crate) fn disagreements(told: &Audibility, heard: &Matrix, desk: &Desk) -> Vec<String> {
    let mut found = Vec::new();
    for (listener, listener_sid) in CALLERS.iter().zip(&desk.calls) {
        for (speaker, speaker_sid) in CALLERS.iter().zip(&desk.calls) {
            if listener == speaker {
                continue;
            }
            let audible = told.hears(listener_sid, speaker_sid);
            let heard = heard.presence(listener.name, speaker.name);
            if audible != Some(heard == Some(Presence::Heard)) {
                let says = match audible {
                    Some(true) => "hears",
                    Some(false) => "does not hear",
                    None => "knows nothing of",
                };
                found.push(format!(
                    "Audibility says that {} {says} {}, and what arrived says otherwise",
                    listener.name, speaker.name
                ));
            }
        }
    }
    found
}
