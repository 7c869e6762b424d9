//! Events of the SIP stack, dispatched to their handlers.

use confab_sip::{DialogId, Ending, Event};
use confab_terms::Now;

use crate::calls;
use crate::inputs::media::digit_pressed;
use crate::inputs::{inbound, late_offer, outbound, reoffer};
use crate::notifications;
use crate::state::Call;
use crate::{CallEnd, News, Output, Switchboard};

pub(crate) fn sip(switchboard: &mut Switchboard, now: Now, event: Event) {
    match event {
        Event::Invited { .. } => inbound::invited(switchboard, now, event),
        Event::Acknowledged { dialog } => {
            if let Some(call) = switchboard.calls.of_dialog(dialog) {
                calls::acknowledged(switchboard, now, call);
            }
        }
        Event::Offered {
            dialog,
            source,
            offer,
        } => reoffer::offered(switchboard, now, dialog, (source.ip(), &offer)),
        Event::Pressed { dialog, digit } => {
            let call = switchboard.calls.of_dialog(dialog);
            if let Some(leg) = call
                .and_then(|sid| switchboard.calls.get(sid))
                .map(|call| call.leg)
            {
                digit_pressed(switchboard, now, leg, digit);
            }
        }
        Event::OfferWanted { dialog } => late_offer::offer_wanted(switchboard, now, dialog),
        Event::LateAnswer { dialog, answer } => {
            late_offer::answered(switchboard, now, dialog, &answer);
        }
        Event::Ended { dialog, how } => ended(switchboard, now, dialog, how),
        Event::Ringing { dialog } => outbound::ringing(switchboard, now, dialog),
        Event::Answered { dialog, answer } => outbound::answered(switchboard, now, dialog, &answer),
        Event::Unusable { dialog, reason } => outbound::unusable(switchboard, now, dialog, &reason),
        Event::Refreshed { dialog } => late_offer::refreshed(switchboard, now, dialog, &[]),
        Event::OfferAccepted { dialog, answer } => {
            late_offer::refreshed(switchboard, now, dialog, &answer);
        }
        Event::Limited {
            limit,
            client,
            count,
        } => notifications::limited(switchboard, now, limit, (&client, count)),
        Event::LoginFailed { source } => {
            switchboard.send(Output::News(News::LoginFailed { source }));
        }
        Event::Registered(registration) => switchboard.send(Output::Registration {
            at: now.wall,
            registration,
        }),
        // Ignored: early media, because a call joins no conference before its answer, and a refused
        // re-INVITE, because the session continues unchanged.
        Event::EarlyAnswer { .. } | Event::OfferRefused { .. } => {}
    }
}

/// Handles the end of a dialog. A dialog without a call was ended locally.
fn ended(switchboard: &mut Switchboard, now: Now, dialog: DialogId, how: Ending) {
    let Some(call) = switchboard.calls.of_dialog(dialog) else {
        return;
    };
    let is_ringing = |call: &Call| call.outgoing.is_some() && !call.is_answered();
    if switchboard.calls.get(call).is_some_and(is_ringing) {
        return outbound::refused(switchboard, now, call, how);
    }
    let end = match how {
        Ending::Bye | Ending::ByeSent => CallEnd::TheyHungUp,
        Ending::Cancelled => CallEnd::Cancelled,
        Ending::Unresponsive => CallEnd::MediaTimeout,
        Ending::Rejected | Ending::Refused(_) | Ending::TimedOut => CallEnd::Lost,
    };
    calls::end_call(switchboard, now, call, end);
}
