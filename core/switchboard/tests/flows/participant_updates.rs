//! Updates of participants, from the request to the reply after the tick.

use confab_conference::{Key, Refusal as Rule, Target, Update};
use confab_media::Command;
use confab_switchboard::{Refusal, Reply, Request};
use confab_terms::CallSid;

use crate::harness::World;

fn muted(muted: bool) -> Update {
    Update {
        muted: Some(muted),
        ..Update::default()
    }
}

fn three() -> (World, Vec<CallSid>) {
    let mut world = World::new();
    for _ in 0..3 {
        world.call("room");
    }
    let sids = world.sids();
    (world, sids)
}

#[test]
fn muted_is_heard_by_nobody_and_the_reply_names_the_tick() {
    let (mut world, sids) = three();
    let before = world.engines[0].tick_count();
    let (view, tick) = world.updated(sids[0], muted(true));
    assert!(view.state.muted);
    assert_eq!(tick, Some(before + 1), "the very next tick");
    assert_eq!(world.heard(), [(0, 1), (0, 2), (1, 2), (2, 1)]);
    let (view, tick) = world.updated(sids[0], muted(true));
    assert!(view.state.muted);
    assert_eq!(tick, None, "nothing changed");
    world.updated(sids[0], muted(false));
    assert_eq!(world.heard().len(), 6);
}

#[test]
fn a_coach_is_heard_by_its_target_alone_through_joins_and_leaves() {
    let (mut world, sids) = three();
    let coach = Update {
        coaching: Some(true),
        call_sid_to_coach: Some(Target::Call(sids[1])),
        ..Update::default()
    };
    world.updated(sids[0], coach);
    assert_eq!(world.heard(), [(0, 1), (0, 2), (1, 0), (1, 2), (2, 1)]);
    world.call("room");
    world.tick();
    assert!(!world.heard().contains(&(3, 0)));
    let now = world.now;
    world.phones[1].hang_up(now);
    world.poll_phone(1);
    world.tick();
    // Participant 0 coached the call that left, so no participant hears 0.
    assert_eq!(world.heard(), [(0, 1), (0, 2), (1, 2), (2, 1)]);
}

#[test]
fn one_update_is_one_change_of_the_room() {
    let (mut world, sids) = three();
    world.commands.clear();
    let all = Update {
        muted: Some(true),
        hold: Some(true),
        coaching: Some(true),
        call_sid_to_coach: Some(Target::Call(sids[1])),
        ..Update::default()
    };
    world.updated(sids[0], all);
    let changes = world.commands.iter();
    let changes: Vec<_> = changes
        .filter_map(|command| match command {
            Command::Change { change, .. } => Some(change),
            _ => None,
        })
        .collect();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].audibility.len(), 1);
    assert_eq!(changes[0].backgrounds.len(), 1, "the music comes with it");
}

#[test]
fn what_the_rules_refuse_changes_nothing() {
    let (mut world, sids) = three();
    let coach = Update {
        muted: Some(true),
        coaching: Some(true),
        ..Update::default()
    };
    let reply = world.update(sids[0], coach);
    let refusal = Rule::CoachingWithoutTarget.into();
    assert_eq!(reply, Reply::Refused(refusal));
    assert_eq!(world.heard().len(), 6);
    let reply = world.update(CallSid::from_random(9), muted(true));
    let refused = matches!(
        reply,
        Reply::Refused(Refusal::Conference(Rule::NoSuchParticipant(_)))
    );
    assert!(refused, "{reply:?}");
}

#[test]
fn a_room_that_says_nothing_is_told_of_after_a_second() {
    let (mut world, sids) = three();
    world.deaf = true;
    let before = world.now;
    let reply = world.update(sids[0], muted(true));
    assert_eq!(reply, Reply::Refused(Refusal::NotConfirmed));
    assert!(world.now.saturating_since(before).as_millis() >= 1_000);
    // The change was made anyway.
    let conference = world.conference();
    let key = Key::Call(sids[0]);
    let reply = world.ask(Request::FetchParticipant { conference, key });
    let Reply::Participant { participant, .. } = reply else {
        panic!("{reply:?}");
    };
    assert!(participant.state.muted);
}

#[test]
fn without_a_slot_nothing_is_changed() {
    let (mut world, sids) = three();
    world.tick();
    world.deaf = true;
    let conference = world.conference();
    for i in 0..confab_terms::limits::MEDIA_COMMANDS_MAX {
        world.begin_ask(Request::UpdateParticipant {
            conference,
            key: Key::Call(sids[0]),
            update: muted(i % 2 == 0),
        });
    }
    let reply = world.update(sids[1], muted(true));
    assert_eq!(reply, Reply::Refused(Refusal::Busy));
    let key = Key::Call(sids[1]);
    let reply = world.ask(Request::FetchParticipant { conference, key });
    let Reply::Participant { participant, .. } = reply else {
        panic!("{reply:?}");
    };
    assert!(!participant.state.muted);
    assert_eq!(world.board.counters().updates_busy, 1);
}

#[test]
fn a_change_right_behind_the_question_is_no_disagreement() {
    let (mut world, sids) = three();
    let conference = world.conference();
    let mut asked = Vec::new();
    for i in 0..8 {
        asked.push(world.begin_ask(Request::TellAudibility { conference }));
        world.begin_ask(Request::UpdateParticipant {
            conference,
            key: Key::Call(sids[i % 3]),
            update: muted(i % 2 == 0),
        });
    }
    world.tick();
    for request in asked {
        let reply = world.reply_of(request);
        assert!(matches!(reply, Some(Reply::Audibility(_))), "{reply:?}");
    }
    assert_eq!(world.board.counters().disagreements, 0);
}
