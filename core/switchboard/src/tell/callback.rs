//! Status callbacks: how one is sent, and the one about a call, at its end.

use confab_conference::Url;
use confab_terms::Now;

use super::fields::{self, Fields};
use crate::flow::CallEnd;
use crate::live::Call;
use crate::program::time_outs;
use crate::{About, Output, Switchboard};

/// Tells somebody; the time-outs in the URL's fragment are the request's.
pub(crate) fn callback_to(board: &mut Switchboard, about: About, to: &Url, fields: Fields) {
    let (url, time_outs) = time_outs(&to.url);
    board.counted.callbacks += 1;
    board.send(Output::Callback {
        about,
        url,
        method: to.method,
        fields,
        time_outs,
    });
}

/// The call is over. It is the first event about an inbound call, and the only one.
pub(crate) fn call_over(board: &mut Switchboard, now: Now, call: &Call, end: CallEnd) {
    let Some(to) = &call.status_callback else {
        return;
    };
    let mut fields = fields::standard(board, call);
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    add("Timestamp", now.wall.to_string());
    add("SequenceNumber", "0".to_owned());
    add("CallbackSource", "call-progress-events".to_owned());
    add("CallDuration", call.seconds().to_string());
    if let Some(code) = call.sip_result_code {
        add("SipResultCode", code.to_string());
    }
    let (by, direction) = match end {
        CallEnd::TheyHungUp | CallEnd::Cancelled => (&call.invite.from, "inbound"),
        _ => (&call.invite.to, "outbound"),
    };
    add("HangupBy", by.clone());
    add("HangupDirection", direction.to_owned());
    callback_to(board, About::Call(call.sid), to, fields);
}
