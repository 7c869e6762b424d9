//! Callbacks of recordings, and notices about failed or incomplete recordings.

use confab_conference::RecordingEvent;
use confab_terms::{AccountSid, Now, RecordingSid, Track};

use super::notice;
use crate::interpreter::time_outs;
use crate::{About, Notice, Output, RecordingOf, RecordingStatus, RecordingView};
use crate::{Refusal, Severity, Switchboard};

/// Vendor's code of a recording that could not be written: an internal error.
pub(crate) const NOT_WRITTEN: u32 = 20001;

/// Vendor's code of a second recording of the same call.
const RECORDED_ALREADY: u32 = 16108;
/// Vendor's code of a recording of a call that is not in progress.
const NOT_IN_PROGRESS: u32 = 21220;
/// Vendor's code of a request beyond a limit.
const TOO_MANY: u32 = 20429;

/// Sends the callback for the recording's status, if requested.
pub(crate) fn recording(switchboard: &mut Switchboard, view: &RecordingView) {
    if let Some(callback) = view.callback(&switchboard.config.api_url) {
        switchboard.counters.callbacks += 1;
        switchboard.send(callback);
    }
}

impl RecordingView {
    /// Returns the callback for the present status, if requested.
    #[must_use]
    pub fn callback(&self, api_url: &str) -> Option<Output> {
        let (event, status) = match self.status {
            RecordingStatus::InProgress => (RecordingEvent::InProgress, "in-progress"),
            RecordingStatus::Completed => (RecordingEvent::Completed, "completed"),
            RecordingStatus::Absent => (RecordingEvent::Absent, "absent"),
            RecordingStatus::Failed => (RecordingEvent::Absent, "failed"),
            RecordingStatus::Paused | RecordingStatus::Stopped => return None,
        };
        let callback = self.callback.as_ref()?;
        if !callback.events.contains(&event) {
            return None;
        }
        let (url, time_outs) = time_outs(&callback.to.url);
        let mut fields = Vec::new();
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
        add("AccountSid", self.account.to_string());
        let about = match self.of {
            RecordingOf::Call(call) => {
                add("CallSid", call.to_string());
                add("RecordingTrack", track(self.track).to_owned());
                About::Call(call)
            }
            RecordingOf::Conference(conference) => {
                if let Some(call) = self.wished_by {
                    add("CallSid", call.to_string());
                }
                add("ConferenceSid", conference.to_string());
                About::Conference(conference)
            }
        };
        add("RecordingSid", self.sid.to_string());
        add("RecordingUrl", url_of(api_url, self.account, self.sid));
        add("RecordingStatus", status.to_owned());
        add("RecordingDuration", (self.duration_ms / 1_000).to_string());
        add("RecordingChannels", self.channels.to_string());
        add("RecordingStartTime", self.date_created.to_string());
        add("RecordingSource", self.source.word().to_owned());
        if let Some(error) = self.error {
            add("ErrorCode", error.to_string());
        }
        Some(Output::Callback {
            about,
            url,
            method: callback.to.method,
            fields,
            time_outs,
        })
    }
}

/// Returns the URL of a recording.
pub(crate) fn recording_url(switchboard: &Switchboard, sid: RecordingSid) -> String {
    url_of(&switchboard.config.api_url, switchboard.config.account, sid)
}

pub(crate) fn url_of(api: &str, account: AccountSid, sid: RecordingSid) -> String {
    format!("{api}/api/laml/2010-04-01/Accounts/{account}/Recordings/{sid}")
}

/// Sends a notice about a failed write.
pub(crate) fn recording_failed(
    switchboard: &mut Switchboard,
    now: Now,
    view: &RecordingView,
    message: &str,
) {
    let message = format!("the recording {} could not be written: {message}", view.sid);
    warn(
        switchboard,
        now,
        view.of,
        (NOT_WRITTEN, Severity::Error),
        message,
    );
}

/// Sends a notice about audio lost before the disk.
pub(crate) fn recording_lost(
    switchboard: &mut Switchboard,
    now: Now,
    view: &RecordingView,
    ms: u64,
) {
    let message = format!(
        "{ms} ms of the recording {} did not reach the disk in time: silence stands for them",
        view.sid
    );
    warn(
        switchboard,
        now,
        view.of,
        (NOT_WRITTEN, Severity::Warning),
        message,
    );
}

/// Sends a notice about a recording that a document requested and that could not begin.
pub(crate) fn recording_refused(
    switchboard: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    why: &Refusal,
) {
    let code = match why {
        Refusal::RecordedAlready(_) => RECORDED_ALREADY,
        Refusal::NotInProgress(_) | Refusal::NoSuchCall(_) => NOT_IN_PROGRESS,
        Refusal::Busy => TOO_MANY,
        _ => NOT_WRITTEN,
    };
    let message = format!("recording failed: {why}");
    warn(switchboard, now, of, (code, Severity::Error), message);
}

fn warn(
    switchboard: &mut Switchboard,
    now: Now,
    of: RecordingOf,
    (code, severity): (u32, Severity),
    message: String,
) {
    let (call, conference) = match of {
        RecordingOf::Call(call) => (Some(call), None),
        RecordingOf::Conference(conference) => (None, Some(conference)),
    };
    let warning = Notice {
        code,
        severity,
        message,
        at: now.wall,
        call,
        conference,
        url: None,
        method: None,
        exchange: None,
    };
    notice(switchboard, warning);
}

fn track(track: Track) -> &'static str {
    match track {
        Track::Inbound => "inbound",
        Track::Outbound => "outbound",
        Track::Both => "both",
    }
}
