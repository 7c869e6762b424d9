//! Hold and wait music. The built-in music replaces any silence longer than `MUSIC_GRACE`, for
//! example during a slow fetch.

use confab_conference::{Music as MusicWish, MusicKind, Url};
use confab_cxml::Verb;
use confab_media::{Background, Command, Player, Source};
use confab_terms::{CallSid, Now, limits};
use serde::{Deserialize, Serialize};

use super::execution::{Execution, PendingOperation, cancel_pending, next_verb, running};
use super::fetched::{DocumentError, failed as document_failed, notice};
use super::http_request::{resolve, send_request};
use super::{playback, sound_refs};
use crate::notifications::fields;
use crate::state::{DocumentRole, FetchOwner, Redirects, Timer};
use crate::{FetchKind, Output, Switchboard};

/// Hold or wait music of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Music {
    pub(crate) kind: MusicKind,
    /// URL of the application; `None` for the built-in music and for silence.
    pub(crate) from: Option<Url>,
    pub(crate) running: Execution,
    pub(crate) redirects: Redirects,
}

/// Replaces the music of a call. Returns the background for the same change: none, if the URL must
/// be fetched first.
pub(crate) fn start_music(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    kind: MusicKind,
    wish: &MusicWish,
) -> Background {
    stop_music(switchboard, sid);
    let from = match wish {
        MusicWish::From(url) => Some(url.clone()),
        MusicWish::BuiltIn | MusicWish::Silence => None,
    };
    if let Some(call) = switchboard.calls.get_mut(sid) {
        call.music = Some(Music {
            kind,
            from: from.clone(),
            running: Execution::default(),
            redirects: Redirects::default(),
        });
    }
    match (wish, from) {
        (MusicWish::BuiltIn, _) => built_in(switchboard),
        (_, Some(from)) => {
            request_music(switchboard, now, sid, &from);
            Background::None
        }
        (_, None) => Background::None,
    }
}

/// Stops the music. Returns whether there was any; the caller then ends the background.
pub(crate) fn stop_music(switchboard: &mut Switchboard, sid: CallSid) -> bool {
    cancel_pending(switchboard, sid, DocumentRole::Music);
    switchboard.timers.cancel(Timer::MusicGrace(sid));
    switchboard.timers.cancel(Timer::MusicRestart(sid));
    let call = switchboard.calls.get_mut(sid);
    call.is_some_and(|call| call.music.take().is_some())
}

fn built_in(switchboard: &mut Switchboard) -> Background {
    Background::Playing(Player {
        player: switchboard.ids.player(),
        source: Source::Music,
        position: 0,
        repeats: true,
    })
}

fn request_music(switchboard: &mut Switchboard, now: Now, sid: CallSid, from: &Url) {
    let asked = fields::music(switchboard, sid);
    let whose = FetchOwner::Document(sid, DocumentRole::Music);
    let fetch = send_request(
        switchboard,
        whose,
        FetchKind::DocumentOrAudio,
        from,
        asked.clone(),
    );
    if let Some(execution) = running(switchboard, sid, DocumentRole::Music) {
        execution.requested = Some(from.clone());
        execution.request_fields = asked;
        execution.pending = PendingOperation::Fetching(fetch);
    }
    grace(switchboard, now, sid);
}

/// Starts the timer of the maximum silence.
pub(crate) fn grace(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let at = now.instant + limits::MUSIC_GRACE;
    switchboard.timers.set(Timer::MusicGrace(sid), at);
}

/// Plays the built-in music until the application's music arrives.
pub(crate) fn music_grace_elapsed(switchboard: &mut Switchboard, sid: CallSid) {
    let Some((leg, thread)) = switchboard.calls.get(sid).map(|c| (c.leg, c.thread)) else {
        return;
    };
    let background = built_in(switchboard);
    switchboard.send(Output::Media {
        thread,
        command: Command::SetBackground { leg, background },
    });
}

/// Plays the built-in music after a failure, until the next change of the music.
pub(super) fn failed(switchboard: &mut Switchboard, sid: CallSid) {
    cancel_pending(switchboard, sid, DocumentRole::Music);
    switchboard.timers.cancel(Timer::MusicGrace(sid));
    switchboard.timers.cancel(Timer::MusicRestart(sid));
    music_grace_elapsed(switchboard, sid);
}

/// Executes the next verb, or ends the round.
pub(super) fn advance(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    match next_verb(switchboard, sid, DocumentRole::Music) {
        Some(Verb::Redirect { url, method }) => redirect(switchboard, now, sid, &url, method),
        Some(verb) => {
            if !playback::begin(switchboard, now, sid, DocumentRole::Music, &verb) {
                failed(switchboard, sid);
            }
        }
        None => rest(switchboard, now, sid),
    }
}

fn redirect(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    url: &str,
    method: confab_terms::Method,
) {
    let Some(music) = switchboard
        .calls
        .get_mut(sid)
        .and_then(|c| c.music.as_mut())
    else {
        return;
    };
    let too_often = music.redirects.too_often(now.instant, music.running.began);
    let to = resolve(&music.running.base, url, method);
    match to {
        _ if too_often => {
            let message = format!("more than {} <Redirect>s in a row", limits::REDIRECTS_MAX);
            document_failed(
                switchboard,
                now,
                sid,
                DocumentRole::Music,
                DocumentError::of(11215, message),
            );
        }
        Some(to) => request_music(switchboard, now, sid, &to),
        None => {
            let message = format!("<Redirect> to {url:?}, which is no http or https URL");
            notice(
                switchboard,
                now,
                sid,
                DocumentRole::Music,
                DocumentError::of(11100, message),
            );
            failed(switchboard, sid);
        }
    }
}

/// Ends a round after the last verb. A document with a `<Play>` restarts if `music_starts_over` is
/// set, at least a second after its beginning; otherwise silence follows.
fn rest(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let by_custom = switchboard.config.customs.music_starts_over;
    let Some(execution) = running(switchboard, sid, DocumentRole::Music) else {
        return;
    };
    let document = execution.document.as_ref();
    let starts_over = by_custom && document.is_some_and(confab_cxml::Document::has_play);
    if !starts_over {
        execution.pending = PendingOperation::Idle;
        return;
    }
    execution.pending = PendingOperation::WaitingForRound;
    let at = execution.began + limits::DOCUMENT_ROUND_MIN;
    if at <= now.instant {
        restart_music(switchboard, now, sid);
    } else {
        switchboard.timers.set(Timer::MusicRestart(sid), at);
    }
}

/// Fetches anew a sound that plays without a document and was lost, for example an interrupted
/// stream; at least a second after the previous fetch.
pub(super) fn sound_lost(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(execution) = running(switchboard, sid, DocumentRole::Music) else {
        return;
    };
    execution.pending = PendingOperation::WaitingForRound;
    let at = execution.began + limits::DOCUMENT_ROUND_MIN;
    sound_refs::release(switchboard, sid, DocumentRole::Music);
    if at <= now.instant {
        return restart_music(switchboard, now, sid);
    }
    switchboard.timers.set(Timer::MusicRestart(sid), at);
    grace(switchboard, now, sid);
}

/// Restarts the music with a new fetch.
pub(crate) fn restart_music(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let from = switchboard.calls.get(sid).and_then(|c| c.music.as_ref());
    let Some(from) = from.and_then(|music| music.from.clone()) else {
        return;
    };
    request_music(switchboard, now, sid, &from);
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
