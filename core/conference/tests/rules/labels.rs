//! Labels of participants: the length is counted in characters, and a label finds its participant.

use confab_conference::{Conference, Key, Refusal, Settings};
use confab_terms::limits::LABEL_CHARS_MAX;
use confab_terms::{CallSid, ConferenceSid, LegId, WallTime};

fn labelled(label: &str) -> Settings {
    Settings {
        label: Some(label.to_owned()),
        ..Settings::default()
    }
}

fn conference() -> Conference {
    let sid = ConferenceSid::from_random(9);
    Conference::new(sid, "room".to_owned(), &Settings::default(), WallTime(0))
}

#[test]
fn longest_label_is_accepted_and_one_more_character_is_refused() {
    assert_eq!(LABEL_CHARS_MAX, 128);
    for character in ["a", "%", "\u{e9}", "\u{1f3a4}"] {
        let mut conference = conference();
        let call = CallSid::from_random(1);
        let label = character.repeat(128);
        let expected = conference.expect(call, LegId(1), labelled(&label), WallTime(0));
        assert_eq!(expected, Ok(()), "128 times {character}");
        conference.seat(call, WallTime(0)).unwrap();
        let found = conference.participant(&Key::Label(label.clone()));
        assert_eq!(found.map(|state| state.call), Ok(call));

        let longer = character.repeat(129);
        let other = CallSid::from_random(2);
        let refused = conference.expect(other, LegId(2), labelled(&longer), WallTime(0));
        assert_eq!(refused, Err(Refusal::LabelInvalid(longer)));
        let taken = conference.expect(other, LegId(2), labelled(&label), WallTime(0));
        assert_eq!(taken, Err(Refusal::LabelTaken(label)));
    }
}
