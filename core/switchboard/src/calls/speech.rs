//! Speech events: reports of the room, requested only if the application subscribes to speech
//! events.

use confab_conference::EventKind;
use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid, Now};

use crate::calls;
use crate::state::Call;
use crate::{Output, Switchboard};

/// Subscribes to the room's speech reports at the first seat, which determines the callback.
pub(super) fn subscribe(switchboard: &mut Switchboard, conference: ConferenceSid) {
    let Some(room) = switchboard.rooms.get(conference) else {
        return;
    };
    if room.conference.seated() == 1 && room.conference.wants(&EventKind::SpeechStart) {
        let (thread, room) = (room.thread, room.room);
        let command = Command::TellSpeech { room };
        switchboard.send(Output::Media { thread, command });
    }
}

/// Handles the start or end of speech of a seated call.
pub(crate) fn speech(switchboard: &mut Switchboard, now: Now, sid: CallSid, speaks: bool) {
    let Some(conference) = switchboard.calls.get(sid).and_then(Call::seated_in) else {
        return;
    };
    let Some(room) = switchboard.rooms.get_mut(conference) else {
        return;
    };
    let effects = room.conference.speaks(sid, speaks);
    calls::execute_effects(switchboard, now, conference, effects);
}
