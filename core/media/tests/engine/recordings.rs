//! Content of recordings: bit-exact the room's public sum, or a leg's ingress and egress.

use confab_media::{Command, Event, LegMedia, Player, Recorded, RoomChange, Source};
use confab_terms::{
    Codec, LegId, PauseBehavior, PlayerId, Rate, ReceivedTypes, RecordingSid, SoundId, Track,
};

use crate::desk::{Desk, HELD, OPEN, Out, ROOM, coded, media, sound, whisper};

const ROOMS: Recorded = Recorded::Room(ROOM);

fn sid(number: u128) -> RecordingSid {
    RecordingSid::from_random(number)
}

fn leg(leg: u64, dual: bool, track: Track) -> Recorded {
    Recorded::Leg {
        leg: LegId(leg),
        dual,
        track,
        tells_voice: false,
    }
}

fn record(desk: &mut Desk, of: Recorded) {
    let recording = sid(1);
    let out = desk.apply(Command::Record { recording, of });
    assert!(out.recorded.is_empty(), "it begins");
}

/// Collects the recording while these legs say their values for a number of ticks.
fn taken(desk: &mut Desk, ticks: usize, values: &[(u64, i16)], whole: &mut Vec<i16>) {
    for _ in 0..ticks {
        let out = desk.say(values);
        keep(out, whole);
    }
}

fn keep(out: Out, whole: &mut Vec<i16>) -> bool {
    let mut over = false;
    for (recording, part) in out.recorded {
        assert_eq!(recording, sid(1));
        whole.extend(part.samples);
        over |= part.over;
    }
    over
}

fn stop(desk: &mut Desk, of: Recorded, whole: &mut Vec<i16>) {
    let recording = sid(1);
    let out = desk.apply(Command::StopRecording { recording, of });
    assert!(keep(out, whole), "nothing follows");
}

#[test]
fn a_room_is_recorded_as_the_public_sum_whoever_whispers() {
    let mut desk = Desk::conference(4);
    let says = [(1, 1_000), (2, 2_000), (3, 8_000), (4, 0)];
    desk.set(3, whisper(2));
    desk.settle(&says);
    let mut whole = Vec::new();
    record(&mut desk, ROOMS);
    for round in 0..12 {
        // Changes of the target, and a target that leaves and returns, at any tick.
        let target = if round % 2 == 0 { 1 } else { 2 };
        desk.set(3, whisper(target));
        taken(&mut desk, 1, &says, &mut whole);
        if round == 5 {
            let unseat = vec![LegId(4)];
            desk.change(RoomChange {
                unseat,
                ..RoomChange::default()
            });
        }
        if round == 6 {
            let seat = vec![(LegId(4), OPEN)];
            desk.change(RoomChange {
                seat,
                ..RoomChange::default()
            });
        }
        taken(&mut desk, 2, &says, &mut whole);
    }
    stop(&mut desk, ROOMS, &mut whole);
    assert_eq!(
        whole.len(),
        36 * 160,
        "every tick, and the last of them too"
    );
    let sum = coded(1_000) + coded(2_000);
    assert!(
        whole.iter().all(|&sample| sample == sum),
        "only the public sum"
    );
}

#[test]
fn what_is_played_to_those_who_are_held_or_told_something_is_in_no_recording() {
    let mut desk = Desk::conference(3);
    desk.sounds.insert(SoundId(1), vec![9_000; 8_000].into());
    let says = [(1, 1_000), (2, 4_000), (3, 0)];
    desk.settle(&says);
    let mut whole = Vec::new();
    record(&mut desk, ROOMS);
    desk.set(2, HELD);
    desk.background(2, Some(sound(1, 1, true)));
    desk.announcement(3, Some(sound(2, 1, false)));
    taken(&mut desk, 20, &says, &mut whole);
    stop(&mut desk, ROOMS, &mut whole);
    assert!(whole.iter().all(|&sample| sample == coded(1_000)));
}

#[test]
fn a_whisper_stays_out_of_it_while_the_room_changes_its_rate() {
    let mut desk = Desk::conference(3);
    let says = [(1, 0), (2, 0), (3, 8_000)];
    desk.set(3, whisper(2));
    desk.settle(&says);
    let mut whole = Vec::new();
    record(&mut desk, ROOMS);
    taken(&mut desk, 7, &says, &mut whole);
    for codec in [Codec::G722, Codec::Pcmu, Codec::Opus] {
        let wide = LegMedia {
            codec,
            payload_type: codec.payload_type(),
            received: ReceivedTypes::same(codec.payload_type(), Some(101), None),
            ..media(1)
        };
        desk.apply(Command::SetMedia {
            leg: LegId(1),
            media: wide,
        });
        taken(&mut desk, 7, &says[1..], &mut whole);
    }
    stop(&mut desk, ROOMS, &mut whole);
    assert_eq!(whole.len(), 28 * 160, "as it began, whatever the room does");
    assert!(whole.iter().all(|&sample| sample == 0), "not one bit of it");
}

#[test]
fn a_wide_voice_is_recorded_at_the_rate_that_the_recording_began_with() {
    let mut desk = Desk::conference(2);
    let says = [(1, 3_000), (2, 0)];
    desk.settle(&says);
    let mut whole = Vec::new();
    record(&mut desk, ROOMS);
    taken(&mut desk, 10, &says, &mut whole);
    desk.apply(Command::SetMedia {
        leg: LegId(2),
        media: LegMedia {
            codec: Codec::G722,
            payload_type: 9,
            received: ReceivedTypes::same(9, Some(101), None),
            ..media(2)
        },
    });
    taken(&mut desk, 20, &says[..1], &mut whole);
    stop(&mut desk, ROOMS, &mut whole);
    assert_eq!(whole.len(), 30 * 160);
    let level = coded(3_000);
    let off = whole.iter().map(|&s| (s - level).abs()).max();
    assert!(off <= Some(level / 50), "a seam of {off:?}");
}

#[test]
fn a_pause_is_silence_or_nothing() {
    for (behavior, ticks) in [(PauseBehavior::Silence, 25), (PauseBehavior::Skip, 15)] {
        let mut desk = Desk::conference(2);
        let says = [(1, 3_000), (2, 0)];
        desk.settle(&says);
        let mut whole = Vec::new();
        record(&mut desk, ROOMS);
        taken(&mut desk, 8, &says, &mut whole);
        for pause in [Some(behavior), None] {
            desk.apply(Command::PauseRecording {
                recording: sid(1),
                of: ROOMS,
                pause,
            });
            let ticks = if pause.is_some() { 10 } else { 7 };
            taken(&mut desk, ticks, &says, &mut whole);
        }
        stop(&mut desk, ROOMS, &mut whole);
        assert_eq!(whole.len(), ticks * 160);
        let silent = whole.iter().filter(|&&s| s == 0).count();
        assert_eq!(silent, (ticks - 15) * 160);
    }
}

#[test]
fn a_leg_is_recorded_on_two_channels_or_on_one() {
    let says = [(1, 1_000), (2, 2_000), (3, 4_000)];
    let heard = coded(coded(2_000) + coded(4_000));
    let (said, tolerance) = (coded(1_000), heard / 20);
    for (dual, track, pair) in [
        (true, Track::Both, (said, heard)),
        (true, Track::Inbound, (said, 0)),
        (true, Track::Outbound, (0, heard)),
        (false, Track::Both, (said + heard, said + heard)),
        (false, Track::Outbound, (heard, heard)),
    ] {
        let mut desk = Desk::conference(3);
        desk.settle(&says);
        let of = leg(1, dual, track);
        let mut whole = Vec::new();
        record(&mut desk, of);
        taken(&mut desk, 15, &says, &mut whole);
        stop(&mut desk, of, &mut whole);
        assert_eq!(whole.len(), 15 * 160 * if dual { 2 } else { 1 });
        for frame in whole.chunks(2) {
            let off = (frame[0] - pair.0).abs().max((frame[1] - pair.1).abs());
            assert!(off <= tolerance, "{dual} {track:?}: {frame:?} for {pair:?}");
        }
    }
}

#[test]
fn who_holds_us_is_sent_nothing_and_so_is_its_recording() {
    let says = [(1, 1_000), (2, 2_000)];
    let mut desk = Desk::conference(2);
    desk.settle(&says);
    let of = leg(1, true, Track::Both);
    let mut whole = Vec::new();
    record(&mut desk, of);
    for holds in [true, false] {
        let media = LegMedia {
            sends: !holds,
            receives: !holds,
            ..media(1)
        };
        let leg = LegId(1);
        keep(desk.apply(Command::SetMedia { leg, media }), &mut whole);
        taken(&mut desk, 20, &says, &mut whole);
    }
    stop(&mut desk, of, &mut whole);
    let sent: Vec<i16> = whole.chunks(2).map(|pair| pair[1]).collect();
    let (held, after) = sent.split_at(20 * 160);
    assert!(held.iter().all(|&sample| sample == 0), "what nobody sent");
    assert_eq!(after.last(), Some(&coded(2_000)));
}

#[test]
fn the_end_of_what_is_recorded_ends_it_and_there_is_one_at_a_time() {
    let mut desk = Desk::conference(2);
    let says = [(1, 1_000), (2, 0)];
    desk.settle(&says);
    record(&mut desk, ROOMS);
    let second = desk.apply(Command::Record {
        recording: sid(2),
        of: ROOMS,
    });
    assert!(second.recorded[&sid(2)].over, "it is recorded already");
    let mut whole = Vec::new();
    taken(&mut desk, 3, &says, &mut whole);
    let out = desk.apply(Command::CloseRoom { room: ROOM });
    assert!(keep(out, &mut whole));
    assert_eq!(whole.len(), 3 * 160);

    let of = leg(1, true, Track::Both);
    record(&mut desk, of);
    let mut whole = Vec::new();
    taken(&mut desk, 3, &says, &mut whole);
    let out = desk.apply(Command::RemoveLeg { leg: LegId(1) });
    assert_eq!(out.recorded[&sid(1)].rate, Some((Rate::Hz8000, 2)));
    assert!(keep(out, &mut whole));
    assert_eq!(whole.len(), 2 * 3 * 160);
    let gone = desk.apply(Command::Record {
        recording: sid(3),
        of,
    });
    assert!(gone.recorded[&sid(3)].over, "there is nothing to record");
}

/// Ingress of a caller in no room, during `<Record>`.
const SAYS: Recorded = Recorded::Leg {
    leg: LegId(1),
    dual: false,
    track: Track::Inbound,
    tells_voice: true,
};

#[test]
fn the_beep_is_heard_and_is_not_in_what_the_caller_says() {
    let mut desk = Desk::new(1);
    let beep = Player {
        player: PlayerId(7),
        source: Source::Beep,
        position: 0,
        repeats: false,
    };
    desk.background(1, Some(beep));
    record(&mut desk, SAYS);
    let (mut whole, mut heard, mut ended) = (Vec::new(), Vec::new(), None);
    for tick in 0..30 {
        let out = desk.say(&[(1, 500)]);
        heard.extend(out.heard(1));
        let is_end =
            |event: &Event| matches!(event, Event::PlayerEnded { player, .. } if player.0 == 7);
        if out.events.iter().any(is_end) {
            assert_eq!(ended.replace(tick), None, "told once");
        }
        keep(out, &mut whole);
    }
    stop(&mut desk, SAYS, &mut whole);
    assert_eq!(ended, Some(14), "300 ms");
    let tone = |part: &[i16]| crate::wide::level(Codec::Pcmu, part, 1_000.0);
    let tone = tone(&heard[160..2_240]);
    assert!(
        (7_800.0..8_600.0).contains(&tone),
        "its amplitude is {tone}"
    );
    assert!(
        heard[2_400..].iter().all(|&sample| sample == 0),
        "and no more of it"
    );
    let steepest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max();
    assert!(steepest < Some(8_000), "no click: {steepest:?}");
    assert!(
        whole[800..].iter().all(|&sample| sample == coded(500)),
        "only the caller"
    );
}

#[test]
fn a_recording_that_tells_it_says_when_its_leg_begins_and_ends_to_speak() {
    let mut desk = Desk::new(2);
    record(&mut desk, SAYS);
    let mut told = Vec::new();
    let mut say = |desk: &mut Desk, ticks: usize, said: &[(u64, i16)]| {
        for _ in 0..ticks {
            for event in desk.say(said).events {
                match event {
                    Event::Voice { recording, speaks } if recording == sid(1) => told.push(speaks),
                    Event::Figures { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        told.len()
    };
    assert_eq!(
        say(&mut desk, 100, &[(1, 100), (2, 5_000)]),
        0,
        "the other one speaks"
    );
    assert_eq!(say(&mut desk, 10, &[(1, 2_000)]), 1);
    // Missing packets count as quiet too.
    assert_eq!(say(&mut desk, 50, &[]), 1, "a breath");
    assert_eq!(say(&mut desk, 60, &[]), 2);
    let recording = sid(1);
    desk.apply(Command::StopRecording {
        recording,
        of: SAYS,
    });
    assert_eq!(
        say(&mut desk, 60, &[(1, 2_000)]),
        2,
        "nobody wants to know any more"
    );
    assert_eq!(told, [true, false]);
}
