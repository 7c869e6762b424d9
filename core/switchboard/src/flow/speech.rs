//! Speech events: reports of the room, requested only if the application subscribes to speech
//! events.

use confab_conference::EventKind;
use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid, Now};

use crate::flow;
use crate::live::Call;
use crate::{Output, Switchboard};

/// Subscribes to the room's speech reports at the first seat, which determines the callback.
pub(super) fn ask(board: &mut Switchboard, conference: ConferenceSid) {
    let Some(room) = board.rooms.get(conference) else {
        return;
    };
    if room.conference.seated() == 1 && room.conference.wants(&EventKind::SpeechStart) {
        let (thread, room) = (room.thread, room.room);
        let command = Command::TellSpeech { room };
        board.send(Output::Media { thread, command });
    }
}

/// Handles the start or end of speech of a seated call.
pub(crate) fn speech(board: &mut Switchboard, now: Now, sid: CallSid, speaks: bool) {
    let Some(conference) = board.calls.get(sid).and_then(Call::seated_in) else {
        return;
    };
    let Some(room) = board.rooms.get_mut(conference) else {
        return;
    };
    let effects = room.conference.speaks(sid, speaks);
    flow::carry_out(board, now, conference, effects);
}
