//! Notices to the account's owner.

use confab_conference::Url;
use confab_sip::Limit;
use confab_terms::{CallSid, Now};

use crate::{Notice, Output, Severity, Switchboard};

/// Sends a notice about a call and the call's conference.
pub(crate) fn notice_of_call(
    board: &mut Switchboard,
    now: Now,
    call: CallSid,
    code: u32,
    message: String,
    asked: Option<&Url>,
) {
    let seat = board.calls.get(call).and_then(|c| c.seat.as_ref());
    let conference = seat.map(|s| s.conference);
    notice(
        board,
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

pub(crate) fn notice(board: &mut Switchboard, notice: Notice) {
    board.counted.notices += 1;
    board.send(Output::Notice(notice));
}

/// Sends a notice about requests or connections refused by a limit.
pub(crate) fn limited(
    board: &mut Switchboard,
    now: Now,
    limit: Limit,
    (client, count): (&str, u64),
) {
    notice(
        board,
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
