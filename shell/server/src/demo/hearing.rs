//! Measures the audio after an update: waits until the audio has settled, then records a second.
//! The received audio and the server's audibility matrix are checked.

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

/// Delay of packets in transit when the response was sent: two ticks.
const UNDER_WAY: Duration = Duration::from_millis(40);
/// Number of consecutive correct frames after which the audio counts as settled.
const SETTLED_FRAMES: usize = 15;
/// Measured time: a second, in which every caller spoke in time.
const JUDGED: Duration = Duration::from_secs(1);
const JUDGED_FRAMES: usize = 50;
/// Timeout of settling: an update takes effect on the next tick, music within half a second.
const SETTLE_WAIT: Duration = Duration::from_secs(4);

/// Measured audibility, and its differences from the expectation.
pub(crate) struct Heard {
    pub(crate) matrix: Matrix,
    pub(crate) wrong: Vec<Difference>,
}

/// Measures the audio from now on.
pub(crate) fn hear(callers: &Callers, hears: &Hears<'_>) -> Result<Heard, Failure> {
    let from = now() + UNDER_WAY;
    settle(callers, hears)?;
    let listen = |start, _| callers.listen(start, JUDGED_FRAMES);
    let (start, _) = in_time_or(JUDGED, listen, || ())?;
    let judged = matrix(&callers.received(start, Instant(u64::MAX)));
    let mut wrong = judged.differences(hears, JUDGED_FRAMES);
    // While settling, a voice may be missing, but a voice must never leak.
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

/// Waits until the latest frames are as expected, or until a timeout.
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

/// Returns the differences between the server's audibility matrix and the measured matrix.
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
