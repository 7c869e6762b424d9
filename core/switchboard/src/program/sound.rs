//! Verbs that play sounds: `<Play>`, `<Say>`, `<Pause>`. Common to all roles; only the media
//! command differs.

use core::time::Duration;

use confab_conference::Url;
use confab_cxml::{Loops, Verb};
use confab_media::{Background, Command, Player, Source};
use confab_terms::{CallSid, DecodeId, Method, PlayerId, SoundId};
use confab_terms::{Now, Rate};

use super::ask::{ask, resolve};
use super::running::{Running, Step, running};
use super::step::{Fault, advance, failed, notice};
use super::{hold, keys, music, record};
use crate::live::{Decoding, Fetching, Role, Timer};
use crate::{DecodeError, FetchKind, Output, Switchboard};

/// Begins a verb that plays a sound. Returns false after an immediate failure, which ends the loops
/// of the verb.
pub(crate) fn begin(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    verb: &Verb,
) -> bool {
    let Some(program) = running(board, call, role) else {
        return true;
    };
    if let Some(sound) = program.sound_of(verb) {
        play_verb(board, call, role, verb, sound);
        return true;
    }
    match verb {
        Verb::Play { url, .. } => match resolve(&program.base, url, Method::Get) {
            Some(url) => {
                let whose = Fetching::Program(call, role);
                let fetch = ask(board, whose, FetchKind::Audio, &url, Vec::new());
                wait(board, now, call, role, Step::Audio(fetch, verb.clone()));
                true
            }
            None => {
                program.cursor.give_up_rounds();
                let message = format!("{url:?} is no URL of audio: it must be http or https");
                notice(board, now, call, role, Fault::of(11100, message));
                false
            }
        },
        Verb::Say {
            text,
            voice,
            language,
            ..
        } => {
            let decode = board.names.decode();
            let whose = Decoding::Program(call, role);
            board.asked.decodes.insert(decode, whose);
            hold::hold(board, call, role, decode);
            board.send(Output::Say {
                decode,
                text: text.clone(),
                voice: voice.clone(),
                language: language.clone(),
            });
            let step = Step::Sound(decode, Some(verb.clone()));
            wait(board, now, call, role, step);
            true
        }
        Verb::PlayDigits { digits, .. } => {
            keys::begin(board, call, role, digits);
            true
        }
        Verb::Pause { length } => {
            let samples = samples(*length);
            start(board, call, role, Source::Silence { samples }, false);
            true
        }
        _ => true,
    }
}

/// Returns the URL of a `<Play>`.
pub(super) fn source(program: &Running, verb: &Verb) -> Option<Url> {
    match verb {
        Verb::Play { url, .. } => resolve(&program.base, url, Method::Get),
        _ => None,
    }
}

fn wait(board: &mut Switchboard, now: Now, call: CallSid, role: Role, step: Step) {
    if let Some(program) = running(board, call, role) {
        program.step = step;
    }
    if role == Role::Music {
        music::grace(board, now, call);
    }
}

fn samples(length: Duration) -> u64 {
    let hz = u128::from(Rate::default().hz());
    u64::try_from(length.as_millis() * hz / 1_000).unwrap_or(u64::MAX)
}

/// Handles the response to a decoding.
pub(crate) fn decoded(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    decode: DecodeId,
    result: Result<SoundId, DecodeError>,
) {
    let Some(program) = running(board, call, role) else {
        board.counted.stale_answers += 1;
        return;
    };
    let step = core::mem::take(&mut program.step);
    match (step, result) {
        (Step::Sound(asked, Some(verb)), Ok(sound)) if asked == decode => {
            program.sound = Some((verb.clone(), sound));
            play_verb(board, call, role, &verb, sound);
        }
        (Step::Sound(asked, None), Ok(sound)) if asked == decode => {
            play_all(board, call, role, sound);
        }
        (Step::Sound(asked, verb), Err(error)) if asked == decode => {
            let fault = Fault::of(error.code, error.message);
            match verb {
                Some(verb) => {
                    let fault = fault.about(source(program, &verb));
                    verb_failed(board, now, call, role, fault);
                }
                None => failed(board, now, call, role, fault),
            }
        }
        (other, _) => {
            program.step = other;
            board.counted.stale_answers += 1;
        }
    }
}

/// The media thread repeats an endless verb, so no gap occurs.
fn play_verb(board: &mut Switchboard, call: CallSid, role: Role, verb: &Verb, sound: SoundId) {
    let repeats = repeats(verb, role);
    start(board, call, role, Source::Sound(sound), repeats);
}

fn repeats(verb: &Verb, role: Role) -> bool {
    verb.loops() == Loops::Endless && role != Role::Announcement
}

/// Plays audio in place of a document: music loops, an announcement is played once.
pub(crate) fn play_all(board: &mut Switchboard, call: CallSid, role: Role, sound: SoundId) {
    let repeats = role == Role::Music;
    start(board, call, role, Source::Sound(sound), repeats);
}

/// Starts a player and sets its end as the pending operation.
pub(super) fn start(
    board: &mut Switchboard,
    call: CallSid,
    role: Role,
    source: Source,
    repeats: bool,
) -> PlayerId {
    let player = Player {
        player: board.names.player(),
        source,
        position: 0,
        repeats,
    };
    if let Some(program) = running(board, call, role) {
        program.step = Step::Playing(player.player);
    }
    if role == Role::Music {
        board.timers.cancel(Timer::MusicGrace(call));
    }
    let number = player.player;
    let Some((leg, thread)) = board.calls.get(call).map(|c| (c.leg, c.thread)) else {
        return number;
    };
    let command = match role {
        Role::Announcement => Command::SetAnnouncement {
            leg,
            player: Some(player),
        },
        Role::Document | Role::Music => Command::SetBackground {
            leg,
            background: Background::Playing(player),
        },
    };
    board.send(Output::Media { thread, command });
    number
}

/// Handles the end of a player and continues the document.
pub(crate) fn player_ended(board: &mut Switchboard, now: Now, call: CallSid, player: PlayerId) {
    if record::beep_over(board, now, call, player) || keys::over(board, now, call, player) {
        return;
    }
    let waits = |program: &mut Running| matches!(program.step, Step::Playing(p) if p == player);
    let role = [Role::Document, Role::Music, Role::Announcement]
        .into_iter()
        .find(|role| running(board, call, *role).is_some_and(waits));
    let Some(role) = role else {
        return;
    };
    if role != Role::Announcement {
        // An ended player would keep the leg from sharing the room's encoding.
        silence(board, call);
    }
    match running(board, call, role) {
        Some(program) if role == Role::Music && program.document.is_none() => {
            music::sound_gone(board, now, call);
        }
        Some(program) => {
            // A repeating player ends only if its sound was lost: this verb fetches the sound
            // again.
            let sound = program.sound.as_ref();
            let repeats = sound.is_some_and(|(verb, _)| repeats(verb, role));
            program.sound.take_if(|_| repeats);
            advance(board, now, call, role);
        }
        None => {}
    }
}

pub(super) fn silence(board: &mut Switchboard, call: CallSid) {
    if let Some((leg, thread)) = board.calls.get(call).map(|c| (c.leg, c.thread)) {
        let background = Background::None;
        board.send(Output::Media {
            thread,
            command: Command::SetBackground { leg, background },
        });
    }
}

/// Handles the failure of a verb: a call's own document continues with the next verb after a
/// notice; music and announcements fail as a whole.
pub(crate) fn verb_failed(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    role: Role,
    fault: Fault,
) {
    if role != Role::Document {
        return failed(board, now, call, role, fault);
    }
    notice(board, now, call, role, fault);
    if let Some(program) = running(board, call, role) {
        program.cursor.give_up_rounds();
    }
    advance(board, now, call, role);
}
