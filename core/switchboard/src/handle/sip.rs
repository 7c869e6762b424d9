//! Events of the SIP stack, dispatched to their handlers.

use confab_sip::{DialogId, Ending, Event};
use confab_terms::Now;

use crate::flow;
use crate::handle::media::digit_pressed;
use crate::handle::{dialled, invited, late, offered};
use crate::live::Call;
use crate::tell;
use crate::{CallEnd, News, Output, Switchboard};

pub(crate) fn sip(board: &mut Switchboard, now: Now, event: Event) {
    match event {
        Event::Invited { .. } => invited::invited(board, now, event),
        Event::Acknowledged { dialog } => {
            if let Some(call) = board.calls.of_dialog(dialog) {
                flow::acknowledged(board, now, call);
            }
        }
        Event::Offered {
            dialog,
            source,
            offer,
        } => offered::offered(board, now, dialog, (source.ip(), &offer)),
        Event::Pressed { dialog, digit } => {
            let call = board.calls.of_dialog(dialog);
            if let Some(leg) = call
                .and_then(|sid| board.calls.get(sid))
                .map(|call| call.leg)
            {
                digit_pressed(board, now, leg, digit);
            }
        }
        Event::OfferWanted { dialog } => late::offer_wanted(board, now, dialog),
        Event::LateAnswer { dialog, answer } => late::answered(board, now, dialog, &answer),
        Event::Ended { dialog, how } => ended(board, now, dialog, how),
        Event::Ringing { dialog } => dialled::ringing(board, now, dialog),
        Event::Answered { dialog, answer } => dialled::answered(board, now, dialog, &answer),
        Event::Unusable { dialog, reason } => dialled::unusable(board, now, dialog, &reason),
        Event::Refreshed { dialog } => late::refreshed(board, now, dialog, &[]),
        Event::OfferAccepted { dialog, answer } => late::refreshed(board, now, dialog, &answer),
        Event::Limited {
            limit,
            client,
            count,
        } => tell::limited(board, now, limit, (&client, count)),
        Event::LoginFailed { source } => {
            board.send(Output::News(News::LoginFailed { source }));
        }
        Event::Registered(registration) => board.send(Output::Registration {
            at: now.wall,
            registration,
        }),
        // Ignored: early media, because a call joins no conference before its answer, and a refused
        // re-INVITE, because the session continues unchanged.
        Event::EarlyAnswer { .. } | Event::OfferRefused { .. } => {}
    }
}

/// Handles the end of a dialog. A dialog without a call was ended locally.
fn ended(board: &mut Switchboard, now: Now, dialog: DialogId, how: Ending) {
    let Some(call) = board.calls.of_dialog(dialog) else {
        return;
    };
    let is_ringing = |call: &Call| call.outgoing.is_some() && !call.is_answered();
    if board.calls.get(call).is_some_and(is_ringing) {
        return dialled::refused(board, now, call, how);
    }
    let end = match how {
        Ending::Bye | Ending::ByeSent => CallEnd::TheyHungUp,
        Ending::Cancelled => CallEnd::Cancelled,
        Ending::Unresponsive => CallEnd::MediaTimeout,
        Ending::Rejected | Ending::Refused(_) | Ending::TimedOut => CallEnd::Lost,
    };
    flow::end_call(board, now, call, end);
}
