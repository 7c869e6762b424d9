//! Notices to the account's owner.

use confab_conference::Url;
use confab_sip::Limit;
use confab_terms::{CallSid, Now};

use crate::{Notice, Output, Severity, Switchboard};

/// Sends a notice about a call and the call's conference.
pub(crate) fn notice_of_call(
    switchboard: &mut Switchboard,
    now: Now,
    call: CallSid,
    code: u32,
    message: String,
    asked: Option<&Url>,
) {
    let seat = switchboard.calls.get(call).and_then(|c| c.seat.as_ref());
    let conference = seat.map(|s| s.conference);
    notice(
        switchboard,
        Notice {
            code,
            severity: Severity::Error,
            message,
            at: now.wall,
            call: Some(call),
            conference,
            url: asked.map(|u| u.url.clone()),
            method: asked.map(|u| u.method),
            exchange: None,
        },
    );
}

pub(crate) fn notice(switchboard: &mut Switchboard, notice: Notice) {
    switchboard.counters.notices += 1;
    switchboard.send(Output::Notice(notice));
}

/// Sends a notice about requests or connections refused by a limit.
pub(crate) fn limited(
    switchboard: &mut Switchboard,
    now: Now,
    limit: Limit,
    (client, count): (&str, u64),
) {
    notice(
        switchboard,
        Notice {
            code: 20429,
            severity: Severity::Warning,
            message: format!("limit reached: {limit} (client={client} refused={count})"),
            at: now.wall,
            call: None,
            conference: None,
            url: None,
            method: None,
            exchange: None,
        },
    );
}
