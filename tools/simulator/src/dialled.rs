//! Model of outbound calls: each ends by its phone, by the API or by its timeout, and none rings
//! longer than its timeout.

use core::time::Duration;
use std::collections::BTreeMap;

use confab_switchboard::{CallDirection, CallStatus, CallView, Notice};
use confab_terms::{CallSid, Instant};

use crate::outcome::Checked;

#[derive(Default)]
pub(crate) struct Dialled {
    count: u64,
    calls: BTreeMap<CallSid, Dial>,
    of_number: BTreeMap<u64, CallSid>,
}

struct Dial {
    rings_until: Instant,
    /// Final status that the phone sent.
    refused: Option<u16>,
    told_to_end: bool,
    /// True if the phone's 200 cannot be used, as reported in a Notification.
    unusable: bool,
}

impl Dialled {
    pub(crate) fn next_number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    pub(crate) fn begins(&mut self, now: Instant, number: u64, call: CallSid, rings: Duration) {
        self.of_number.insert(number, call);
        let dial = Dial {
            rings_until: now + rings,
            refused: None,
            told_to_end: false,
            unusable: false,
        };
        self.calls.insert(call, dial);
    }

    pub(crate) fn is_ours(&self, call: CallSid) -> bool {
        self.calls.contains_key(&call)
    }

    pub(crate) fn refuses(&mut self, number: u64, status: u16) {
        let call = self.of_number.get(&number);
        if let Some(dial) = call.and_then(|call| self.calls.get_mut(call)) {
            dial.refused = Some(status);
        }
    }

    /// Marks the call of a Notification about an unusable response.
    pub(crate) fn noticed(&mut self, notice: &Notice) -> Checked {
        const UNUSABLE_RESPONSE: u32 = 32011;
        let call = notice.call.filter(|_| notice.code == UNUSABLE_RESPONSE);
        if let Some(dial) = call.and_then(|call| self.calls.get_mut(&call)) {
            dial.unusable = true;
        }
        Ok(())
    }

    /// Records that the API is about to end the call, or to try so.
    pub(crate) fn told_to_end(&mut self, call: CallSid) {
        if let Some(dial) = self.calls.get_mut(&call) {
            dial.told_to_end = true;
        }
    }

    /// Checks the end of an outbound call. `was_up`: the call was reported as in-progress;
    /// `may_fail`: a cause other than the phone exists.
    pub(crate) fn ended(
        &self,
        now: Instant,
        view: &CallView,
        was_up: bool,
        may_fail: bool,
    ) -> Checked {
        let wrong = |why: &str| Err(format!("{why}: {view:?}"));
        let Some(dial) = self.calls.get(&view.sid) else {
            return match view.direction {
                CallDirection::Inbound => Ok(()),
                _ => wrong("nobody asked for it"),
            };
        };
        if view.direction != CallDirection::OutboundApi {
            return wrong("the API asked for it");
        }
        if view.end_time.is_none() || view.start_time.is_some() != was_up {
            return wrong("its times are wrong");
        }
        if !was_up && now > dial.rings_until {
            return wrong("it rang for too long");
        }
        let refused = |statuses: &[u16]| dial.refused.is_some_and(|one| statuses.contains(&one));
        let right = match view.status {
            CallStatus::Completed => was_up,
            _ if was_up => false,
            CallStatus::Busy => refused(&[486, 600]),
            CallStatus::NoAnswer => refused(&[408, 480]) || now == dial.rings_until,
            CallStatus::Canceled => dial.told_to_end,
            CallStatus::Failed => {
                may_fail
                    || dial.unusable
                    || dial.refused.is_some() && !refused(&[486, 600, 408, 480])
            }
            _ => false,
        };
        if right {
            Ok(())
        } else {
            wrong(&format!("its phone said {:?}", dial.refused))
        }
    }
}
