//! End of the drain period: every call is hung up, and the events contain the shutdown as the
//! reason.

use confab_conference::EndReason;
use confab_sip::Ending;
use confab_switchboard::{CallEnd, CallEvent, CallStatus, Input, News};

use crate::harness::{Told, World, document};

const VOICE: &str = "http://app.example/voice";
const EVENTS: &str = "statusCallback=\"/events\" statusCallbackEvent=\"start end join leave\"";

#[test]
fn shutdown_is_the_reason_of_every_leave_and_of_the_end() {
    for ends_on_exit in [false, true] {
        let mut world = World::told_of(&[CallEvent::Completed]);
        for _ in 0..3 {
            world.call("x");
            let dial = format!(
                "<Dial action=\"/next\"><Conference {EVENTS} \
                 endConferenceOnExit=\"{ends_on_exit}\">Room</Conference></Dial>"
            );
            world.answer(VOICE, document(&dial));
        }
        world.seconds(2);
        let sent = world.callbacks.len();
        world.input(Input::HangUpAll);
        world.seconds(2);
        for phone in &world.phones {
            assert_eq!(phone.told.last(), Some(&Told::Ended(Ending::Bye)));
        }
        let sent = &world.callbacks[sent..];
        let conference: Vec<_> = sent
            .iter()
            .filter(|c| !c.field("ConferenceSid").is_empty())
            .collect();
        let names: Vec<_> = conference
            .iter()
            .map(|c| c.field("StatusCallbackEvent"))
            .collect();
        let leave = "participant-leave";
        assert_eq!(names, [leave, leave, leave, "conference-end"]);
        for (number, event) in (5..).zip(&conference) {
            assert_eq!(event.field("SequenceNumber"), number.to_string());
        }
        for event in &conference[..3] {
            assert_eq!(event.field("ReasonParticipantLeft"), "server_shutdown");
        }
        let end = conference[3];
        assert_eq!(end.field("ReasonConferenceEnded"), "server-shutdown");
        assert_eq!(end.field("CallSidEndingConference"), "");
        assert_eq!(end.field("Duration"), "2");
        let ended = &world.conferences_ended[0];
        assert_eq!(ended.end_reason, Some(EndReason::ServerShutdown));
        assert_eq!(ended.call_ending, None);
        let calls: Vec<_> = sent
            .iter()
            .filter(|c| !c.field("CallDuration").is_empty())
            .collect();
        assert_eq!(calls.len(), 3);
        for call in calls {
            assert_eq!(call.field("CallStatus"), "completed");
            assert_eq!(call.field("HangupDirection"), "outbound");
        }
        let is_shutdown = |news: &&News| {
            let News::CallEnded { how, status, .. } = news else {
                return false;
            };
            (*how, *status) == (CallEnd::ServerShutdown, CallStatus::Completed)
        };
        assert_eq!(world.news.iter().filter(is_shutdown).count(), 3);
        // The action of `<Dial>` is requested as after any hang-up.
        world.answer("http://app.example/next", document(""));
        world.answer("http://app.example/next", document(""));
        world.answer("http://app.example/next", document(""));
        world.nothing_is_left();
    }
}
