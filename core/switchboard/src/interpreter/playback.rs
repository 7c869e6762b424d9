//! Verbs that play sounds: `<Play>`, `<Say>`, `<Pause>`. Common to all roles; only the media
//! command differs.

use core::time::Duration;

use confab_conference::Url;
use confab_cxml::{Loops, Verb};
use confab_media::{Background, Command, Player, Source};
use confab_terms::{CallSid, DecodeId, Method, PlayerId, SoundId};
use confab_terms::{Now, Rate};

use super::execution::{Execution, PendingOperation, running};
use super::fetched::{DocumentError, advance, failed, notice};
use super::http_request::{resolve, send_request};
use super::{music, record, send_digits, sound_refs};
use crate::state::{DecodeOwner, DocumentRole, FetchOwner, Timer};
use crate::{DecodeError, FetchKind, Output, Switchboard};

/// Begins a verb that plays a sound. Returns false after an immediate failure, which ends the loops
/// of the verb.
pub(crate) fn begin(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    verb: &Verb,
) -> bool {
    let Some(execution) = running(switchboard, call, role) else {
        return true;
    };
    if let Some(sound) = execution.sound_of(verb) {
        play_verb(switchboard, call, role, verb, sound);
        return true;
    }
    match verb {
        Verb::Play { url, .. } => match resolve(&execution.base, url, Method::Get) {
            Some(url) => {
                let whose = FetchOwner::Document(call, role);
                let fetch = send_request(switchboard, whose, FetchKind::Audio, &url, Vec::new());
                let pending = PendingOperation::Audio(fetch, verb.clone());
                wait(switchboard, now, call, role, pending);
                true
            }
            None => {
                execution.cursor.give_up_rounds();
                let message = format!("{url:?} is no URL of audio: it must be http or https");
                let fault = DocumentError::of(11100, message);
                notice(switchboard, now, call, role, fault);
                false
            }
        },
        Verb::Say {
            text,
            voice,
            language,
            ..
        } => {
            let decode = switchboard.ids.decode();
            let whose = DecodeOwner::Document(call, role);
            switchboard.requests.decodes.insert(decode, whose);
            sound_refs::hold(switchboard, call, role, decode);
            switchboard.send(Output::Say {
                decode,
                text: text.clone(),
                voice: voice.clone(),
                language: language.clone(),
            });
            let step = PendingOperation::Sound(decode, Some(verb.clone()));
            wait(switchboard, now, call, role, step);
            true
        }
        Verb::PlayDigits { digits, .. } => {
            send_digits::begin(switchboard, call, role, digits);
            true
        }
        Verb::Pause { length } => {
            let samples = samples(*length);
            start(switchboard, call, role, Source::Silence { samples }, false);
            true
        }
        _ => true,
    }
}

/// Returns the URL of a `<Play>`.
pub(super) fn source(execution: &Execution, verb: &Verb) -> Option<Url> {
    match verb {
        Verb::Play { url, .. } => resolve(&execution.base, url, Method::Get),
        _ => None,
    }
}

fn wait(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    step: PendingOperation,
) {
    if let Some(execution) = running(switchboard, call, role) {
        execution.pending = step;
    }
    if role == DocumentRole::Music {
        music::grace(switchboard, now, call);
    }
}

fn samples(length: Duration) -> u64 {
    let hz = u128::from(Rate::default().hz());
    u64::try_from(length.as_millis() * hz / 1_000).unwrap_or(u64::MAX)
}

/// Handles the response to a decoding.
pub(crate) fn decoded(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    decode: DecodeId,
    result: Result<SoundId, DecodeError>,
) {
    let Some(execution) = running(switchboard, call, role) else {
        switchboard.counters.stale_answers += 1;
        return;
    };
    let step = core::mem::take(&mut execution.pending);
    match (step, result) {
        (PendingOperation::Sound(asked, Some(verb)), Ok(sound)) if asked == decode => {
            execution.sound = Some((verb.clone(), sound));
            play_verb(switchboard, call, role, &verb, sound);
        }
        (PendingOperation::Sound(asked, None), Ok(sound)) if asked == decode => {
            play_all(switchboard, call, role, sound);
        }
        (PendingOperation::Sound(asked, verb), Err(error)) if asked == decode => {
            let fault = DocumentError::of(error.code, error.message);
            match verb {
                Some(verb) => {
                    let fault = fault.about(source(execution, &verb));
                    verb_failed(switchboard, now, call, role, fault);
                }
                None => failed(switchboard, now, call, role, fault),
            }
        }
        (other, _) => {
            execution.pending = other;
            switchboard.counters.stale_answers += 1;
        }
    }
}

/// The media thread repeats an endless verb, so no gap occurs.
fn play_verb(
    switchboard: &mut Switchboard,
    call: CallSid,
    role: DocumentRole,
    verb: &Verb,
    sound: SoundId,
) {
    let repeats = repeats(verb, role);
    start(switchboard, call, role, Source::Sound(sound), repeats);
}

fn repeats(verb: &Verb, role: DocumentRole) -> bool {
    verb.loops() == Loops::Endless && role != DocumentRole::Announcement
}

/// Plays audio in place of a document: music loops, an announcement is played once.
pub(crate) fn play_all(
    switchboard: &mut Switchboard,
    call: CallSid,
    role: DocumentRole,
    sound: SoundId,
) {
    let repeats = role == DocumentRole::Music;
    start(switchboard, call, role, Source::Sound(sound), repeats);
}

/// Starts a player and sets its end as the pending operation.
pub(super) fn start(
    switchboard: &mut Switchboard,
    call: CallSid,
    role: DocumentRole,
    source: Source,
    repeats: bool,
) -> PlayerId {
    let player = Player {
        player: switchboard.ids.player(),
        source,
        position: 0,
        repeats,
    };
    if let Some(execution) = running(switchboard, call, role) {
        execution.pending = PendingOperation::Playing(player.player);
    }
    if role == DocumentRole::Music {
        switchboard.timers.cancel(Timer::MusicGrace(call));
    }
    let number = player.player;
    let Some((leg, thread)) = switchboard.calls.get(call).map(|c| (c.leg, c.thread)) else {
        return number;
    };
    let command = match role {
        DocumentRole::Announcement => Command::SetAnnouncement {
            leg,
            player: Some(player),
        },
        DocumentRole::Document | DocumentRole::Music => Command::SetBackground {
            leg,
            background: Background::Playing(player),
        },
    };
    switchboard.send(Output::Media { thread, command });
    number
}

/// Handles the end of a player and continues the document.
pub(crate) fn player_ended(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    player: PlayerId,
) {
    if record::beep_ended(switchboard, now, call, player)
        || send_digits::over(switchboard, now, call, player)
    {
        return;
    }
    let waits = |execution: &mut Execution| {
        let pending = &execution.pending;
        matches!(pending, PendingOperation::Playing(playing) if *playing == player)
    };
    let role = [
        DocumentRole::Document,
        DocumentRole::Music,
        DocumentRole::Announcement,
    ]
    .into_iter()
    .find(|role| running(switchboard, call, *role).is_some_and(waits));
    let Some(role) = role else {
        return;
    };
    if role != DocumentRole::Announcement {
        // An ended player would keep the leg from sharing the room's encoding.
        silence(switchboard, call);
    }
    match running(switchboard, call, role) {
        Some(execution) if role == DocumentRole::Music && execution.document.is_none() => {
            music::sound_lost(switchboard, now, call);
        }
        Some(execution) => {
            // A repeating player ends only if its sound was lost: this verb fetches the sound
            // again.
            let sound = execution.sound.as_ref();
            let repeats = sound.is_some_and(|(verb, _)| repeats(verb, role));
            execution.sound.take_if(|_| repeats);
            advance(switchboard, now, call, role);
        }
        None => {}
    }
}

pub(super) fn silence(switchboard: &mut Switchboard, call: CallSid) {
    if let Some((leg, thread)) = switchboard.calls.get(call).map(|c| (c.leg, c.thread)) {
        let background = Background::None;
        switchboard.send(Output::Media {
            thread,
            command: Command::SetBackground { leg, background },
        });
    }
}

/// Handles the failure of a verb: a call's own document continues with the next verb after a
/// notice; music and announcements fail as a whole.
pub(crate) fn verb_failed(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: DocumentRole,
    fault: DocumentError,
) {
    if role != DocumentRole::Document {
        return failed(switchboard, now, call, role, fault);
    }
    notice(switchboard, now, call, role, fault);
    if let Some(execution) = running(switchboard, call, role) {
        execution.cursor.give_up_rounds();
    }
    advance(switchboard, now, call, role);
}
