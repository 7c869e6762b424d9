//! End of the drain period: hangs up every call.

use confab_terms::Now;

use crate::CallEnd;
use crate::Switchboard;
use crate::flow;

pub(crate) fn hang_up_all(board: &mut Switchboard, now: Now) {
    board.draining = true;
    for call in board.calls.sids() {
        flow::end_call(board, now, call, CallEnd::ServerShutdown);
    }
}
