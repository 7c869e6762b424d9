//! Calls: fetch.

use confab_terms::CallSid;

use crate::{Refusal, Reply, Switchboard};

pub(super) fn fetch(board: &Switchboard, sid: CallSid) -> Result<Reply, Refusal> {
    let call = board.calls.get(sid).ok_or(Refusal::NoSuchCall(sid))?;
    Ok(Reply::Call(Box::new(call.view(board.config.account))))
}
