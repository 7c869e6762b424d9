//! End of the drain period: hangs up every call.

use confab_terms::Now;

use crate::CallEnd;
use crate::Switchboard;
use crate::calls;

pub(crate) fn hang_up_all(switchboard: &mut Switchboard, now: Now) {
    switchboard.draining = true;
    for call in switchboard.calls.sids() {
        calls::end_call(switchboard, now, call, CallEnd::ServerShutdown);
    }
}
