//! Rules that differ between the vendors' dialects (`Customs`): length of a name, coaching of held
//! participants, number of participants.

use confab_conference::{Conference, Customs, Key, Refusal, Settings, Target, Update};
use confab_terms::{CallSid, ConferenceSid, LegId, WallTime};

const NOW: WallTime = WallTime(0);
const OTHERS: Customs = Customs {
    friendly_name_chars_max: 128,
    participants_max: 2,
    coaches_the_held: false,
    music_starts_over: false,
};

fn call(n: u64) -> CallSid {
    CallSid::from_random(u128::from(n))
}

fn two(customs: Customs) -> Conference {
    let sid = ConferenceSid::from_random(9);
    let settings = Settings::default();
    let mut conference = Conference::new(sid, "room".into(), &settings, NOW).with_customs(customs);
    for n in [1, 2] {
        let expected = conference.expect(call(n), LegId(n), Settings::default(), NOW);
        expected.unwrap();
        conference.seat(call(n), NOW).unwrap();
    }
    let held = Update {
        hold: Some(true),
        ..Update::default()
    };
    conference.update(&Key::Call(call(2)), &held, NOW).unwrap();
    conference
}

fn coach(conference: &mut Conference, target: CallSid) -> Result<(), Refusal> {
    let update = Update {
        call_sid_to_coach: Some(Target::Call(target)),
        ..Update::default()
    };
    let coach = Key::Call(call(1));
    conference.update(&coach, &update, NOW).map(|_| ())
}

#[test]
fn coaching_a_held_participant_depends_on_the_dialect() {
    let mut ours = two(Customs::default());
    assert_eq!(coach(&mut ours, call(2)), Ok(()));
    let mut others = two(OTHERS);
    let refused = coach(&mut others, call(2));
    assert_eq!(refused, Err(Refusal::TargetOnHold(call(2))));
    let state = others.participant(&Key::Call(call(1))).unwrap();
    assert!(!state.coaching, "nothing has changed");
    let unheld = Update {
        hold: Some(false),
        ..Update::default()
    };
    others.update(&Key::Call(call(2)), &unheld, NOW).unwrap();
    assert_eq!(coach(&mut others, call(2)), Ok(()));
}

#[test]
fn hold_of_the_target_keeps_its_coach() {
    let mut conference = two(OTHERS);
    let hold = |hold| Update {
        hold: Some(hold),
        ..Update::default()
    };
    let target = Key::Call(call(2));
    conference.update(&target, &hold(false), NOW).unwrap();
    coach(&mut conference, call(2)).unwrap();
    conference.update(&target, &hold(true), NOW).unwrap();
    let still = Update {
        coaching: Some(true),
        ..Update::default()
    };
    let coach = Key::Call(call(1));
    conference.update(&coach, &still, NOW).unwrap();
    let state = conference.participant(&coach).unwrap();
    assert_eq!(state.call_sid_to_coach, Some(call(2)));
}

#[test]
fn dialect_limits_participants_without_a_setting() {
    let mut conference = two(OTHERS);
    let third = conference.expect(call(3), LegId(3), Settings::default(), NOW);
    assert_eq!(third, Err(Refusal::Full(2)));
    let said = Settings {
        max_participants: Some(3),
        ..Settings::default()
    };
    assert_eq!(conference.expect(call(3), LegId(3), said, NOW), Ok(()));
}

#[test]
fn friendly_name_limit_depends_on_the_dialect() {
    let name = |n| "\u{e4}".repeat(n);
    assert_eq!(OTHERS.check_name(&name(128)), Ok(()));
    let refused = OTHERS.check_name(&name(129)).unwrap_err().to_string();
    assert!(refused.contains("1 to 128 characters"), "{refused}");
    assert!(Customs::default().check_name(&name(128)).is_err());
}
