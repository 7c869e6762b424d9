//! Hold and wait music. The built-in music replaces any silence longer than `MUSIC_GRACE`, for
//! example during a slow fetch.

use confab_conference::{Music as MusicWish, MusicKind, Url};
use confab_cxml::Verb;
use confab_media::{Background, Command, Player, Source};
use confab_terms::{CallSid, Now, limits};
use serde::{Deserialize, Serialize};

use super::ask::{ask, resolve};
use super::running::{Running, Step, forget_question, next_verb, running};
use super::step::{Fault, failed as program_failed, notice};
use super::{hold, sound};
use crate::live::{Fetching, Redirects, Role, Timer};
use crate::tell::fields;
use crate::{FetchKind, Output, Switchboard};

/// Hold or wait music of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Music {
    pub(crate) kind: MusicKind,
    /// URL of the application; `None` for the built-in music and for silence.
    pub(crate) from: Option<Url>,
    pub(crate) running: Running,
    pub(crate) redirects: Redirects,
}

/// Replaces the music of a call. Returns the background for the same change: none, if the URL must
/// be fetched first.
pub(crate) fn start_music(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    kind: MusicKind,
    wish: &MusicWish,
) -> Background {
    stop_music(board, sid);
    let from = match wish {
        MusicWish::From(url) => Some(url.clone()),
        MusicWish::BuiltIn | MusicWish::Silence => None,
    };
    if let Some(call) = board.calls.get_mut(sid) {
        call.music = Some(Music {
            kind,
            from: from.clone(),
            running: Running::default(),
            redirects: Redirects::default(),
        });
    }
    match (wish, from) {
        (MusicWish::BuiltIn, _) => built_in(board),
        (_, Some(from)) => {
            ask_music(board, now, sid, &from);
            Background::None
        }
        (_, None) => Background::None,
    }
}

/// Stops the music. Returns whether there was any; the caller then ends the background.
pub(crate) fn stop_music(board: &mut Switchboard, sid: CallSid) -> bool {
    forget_question(board, sid, Role::Music);
    board.timers.cancel(Timer::MusicGrace(sid));
    board.timers.cancel(Timer::Round(sid));
    let call = board.calls.get_mut(sid);
    call.is_some_and(|call| call.music.take().is_some())
}

fn built_in(board: &mut Switchboard) -> Background {
    Background::Playing(Player {
        player: board.names.player(),
        source: Source::Music,
        position: 0,
        repeats: true,
    })
}

fn ask_music(board: &mut Switchboard, now: Now, sid: CallSid, from: &Url) {
    let asked = fields::music(board, sid);
    let whose = Fetching::Program(sid, Role::Music);
    let fetch = ask(
        board,
        whose,
        FetchKind::DocumentOrAudio,
        from,
        asked.clone(),
    );
    if let Some(program) = running(board, sid, Role::Music) {
        program.asked = Some(from.clone());
        program.sent = asked;
        program.step = Step::Fetching(fetch);
    }
    grace(board, now, sid);
}

/// Starts the timer of the maximum silence.
pub(crate) fn grace(board: &mut Switchboard, now: Now, sid: CallSid) {
    let at = now.instant + limits::MUSIC_GRACE;
    board.timers.set(Timer::MusicGrace(sid), at);
}

/// Plays the built-in music until the application's music arrives.
pub(crate) fn music_grace_over(board: &mut Switchboard, sid: CallSid) {
    let Some((leg, thread)) = board.calls.get(sid).map(|c| (c.leg, c.thread)) else {
        return;
    };
    let background = built_in(board);
    board.send(Output::Media {
        thread,
        command: Command::SetBackground { leg, background },
    });
}

/// Plays the built-in music after a failure, until the next change of the music.
pub(super) fn failed(board: &mut Switchboard, sid: CallSid) {
    forget_question(board, sid, Role::Music);
    board.timers.cancel(Timer::MusicGrace(sid));
    board.timers.cancel(Timer::Round(sid));
    music_grace_over(board, sid);
}

/// Executes the next verb, or ends the round.
pub(super) fn advance(board: &mut Switchboard, now: Now, sid: CallSid) {
    match next_verb(board, sid, Role::Music) {
        Some(Verb::Redirect { url, method }) => redirect(board, now, sid, &url, method),
        Some(verb) => {
            if !sound::begin(board, now, sid, Role::Music, &verb) {
                failed(board, sid);
            }
        }
        None => rest(board, now, sid),
    }
}

fn redirect(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    url: &str,
    method: confab_terms::Method,
) {
    let Some(music) = board.calls.get_mut(sid).and_then(|c| c.music.as_mut()) else {
        return;
    };
    let too_often = music.redirects.too_often(now.instant, music.running.began);
    let to = resolve(&music.running.base, url, method);
    match to {
        _ if too_often => {
            let message = format!("more than {} <Redirect>s in a row", limits::REDIRECTS_MAX);
            program_failed(board, now, sid, Role::Music, Fault::of(11215, message));
        }
        Some(to) => ask_music(board, now, sid, &to),
        None => {
            let message = format!("<Redirect> to {url:?}, which is no http or https URL");
            notice(board, now, sid, Role::Music, Fault::of(11100, message));
            failed(board, sid);
        }
    }
}

/// Ends a round after the last verb. A document with a `<Play>` restarts if `music_starts_over` is
/// set, at least a second after its beginning; otherwise silence follows.
fn rest(board: &mut Switchboard, now: Now, sid: CallSid) {
    let by_custom = board.config.customs.music_starts_over;
    let Some(program) = running(board, sid, Role::Music) else {
        return;
    };
    let document = program.document.as_ref();
    let starts_over = by_custom && document.is_some_and(confab_cxml::Document::has_play);
    if !starts_over {
        program.step = Step::Idle;
        return;
    }
    program.step = Step::Resting;
    let at = program.began + limits::DOCUMENT_ROUND_MIN;
    if at <= now.instant {
        round_over(board, now, sid);
    } else {
        board.timers.set(Timer::Round(sid), at);
    }
}

/// Fetches anew a sound that plays without a document and was lost, for example an interrupted
/// stream; at least a second after the previous fetch.
pub(super) fn sound_gone(board: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(program) = running(board, sid, Role::Music) else {
        return;
    };
    program.step = Step::Resting;
    let at = program.began + limits::DOCUMENT_ROUND_MIN;
    hold::release(board, sid, Role::Music);
    if at <= now.instant {
        return round_over(board, now, sid);
    }
    board.timers.set(Timer::Round(sid), at);
    grace(board, now, sid);
}

/// Restarts the music with a new fetch.
pub(crate) fn round_over(board: &mut Switchboard, now: Now, sid: CallSid) {
    let from = board.calls.get(sid).and_then(|c| c.music.as_ref());
    let Some(from) = from.and_then(|music| music.from.clone()) else {
        return;
    };
    ask_music(board, now, sid, &from);
}

impl Redirects {
    /// Counts a redirect and returns whether the limit is exceeded. A second between two redirects
    /// resets the count.
    pub(crate) fn too_often(
        &mut self,
        now: confab_terms::Instant,
        began: confab_terms::Instant,
    ) -> bool {
        if now.saturating_since(began).as_secs() >= 1 {
            self.count = 0;
        }
        self.count += 1;
        self.count > limits::REDIRECTS_MAX
    }
}
