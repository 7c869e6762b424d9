//! Durations use the monotonic clock and are independent of changes of the time of day.

use confab_switchboard::{CallEvent, News};

use crate::harness::{World, document};

const VOICE: &str = "http://app.example/voice";
const EVENTS: &str = "statusCallback=\"/events\" statusCallbackEvent=\"start end\"";
const HOUR_MS: i64 = 3_600_000;

#[test]
fn durations_are_right_when_the_time_of_day_jumps() {
    for jump in [-HOUR_MS, HOUR_MS] {
        let mut world = World::told_of(&[CallEvent::Completed]);
        for _ in 0..2 {
            world.call("x");
            let dial = format!("<Dial><Conference {EVENTS}>Room</Conference></Dial>");
            world.answer(VOICE, document(&dial));
        }
        world.seconds(2);
        world.wall_began += jump;
        world.seconds(3);
        world.hang_up(0);
        world.hang_up(1);
        world.seconds(2);
        let is_five = |text: &str| assert_eq!(text, "5", "a jump by {jump} ms");
        for callback in &world.callbacks {
            match callback.field("StatusCallbackEvent") {
                "conference-end" => is_five(callback.field("Duration")),
                "conference-start" => {}
                _ => is_five(callback.field("CallDuration")),
            }
        }
        assert_eq!(world.callbacks.len(), 4);
        for call in &world.calls_ended {
            assert_eq!(call.seconds, Some(5));
        }
        for news in &world.news {
            if let News::CallEnded { seconds, .. } | News::ConferenceEnded { seconds, .. } = news {
                assert_eq!(*seconds, 5);
            }
        }
        world.nothing_is_left();
    }
}
