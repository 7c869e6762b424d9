//! Log events of a conference, independent of the requested webhooks.

use confab_conference::{Event, EventKind};
use confab_terms::{ConferenceSid, Now};

use crate::{News, Output, Switchboard};

/// Logs an event. Expected after the room has stored the start or end.
pub(crate) fn news(
    switchboard: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    event: &Event,
) {
    let Some(room) = switchboard.rooms.get(conference) else {
        return;
    };
    let call = event.participant.as_ref().map(|p| p.call);
    let news = match (&event.kind, call) {
        (EventKind::Start, _) => News::ConferenceStarted {
            conference,
            name: room.conference.friendly_name().to_owned(),
        },
        (EventKind::End { reason, call, .. }, _) => News::ConferenceEnded {
            conference,
            why: *reason,
            by: *call,
            seconds: room.seconds(now),
        },
        (EventKind::Join, Some(call)) => News::Joined { call, conference },
        (EventKind::Leave(why), Some(call)) => News::Left {
            call,
            conference,
            why: *why,
        },
        _ => return,
    };
    switchboard.send(Output::News(news));
}
