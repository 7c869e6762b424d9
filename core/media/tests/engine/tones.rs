//! Digits that a phone sends as tones in its voice: reported once, and removed from the mix for
//! others. Comfort noise, which counts neither as voice nor as loss.

use confab_codec::tone::Sine;
use confab_codec::{OpusSettings, TouchTones, encode};
use confab_media::{Command, Component, EngineConfig, Event, LegMedia, Recorded, RoomChange};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{Codec, Digit, Instant, LegId, ReceivedTypes, RecordingSid, Track, WallTime};

use crate::desk::{Desk, OPEN, address, media};

/// Maximum number of mixed samples before a digit is recognized: from its first sample to the end
/// of the first block that contains nothing else.
const LEAK_SAMPLES_MAX: usize = 203;
const KEY_AT: usize = 1_600;

/// Returns a desk with two legs; the first has no packets for digits.
fn desk(codec: Codec, agreed: Option<u8>) -> Desk {
    let mut desk = Desk::conference(2);
    let media = LegMedia {
        codec,
        payload_type: codec.payload_type(),
        digits_payload_type: agreed,
        received: ReceivedTypes::same(codec.payload_type(), agreed, None),
        ..media(1)
    };
    let leg = LegId(1);
    desk.apply(Command::SetMedia { leg, media });
    desk
}

/// Returns silence, then a digit (697 and 1,336 Hz: `2`) of `samples` samples from `at` on, then
/// silence.
fn pressed(at: usize, samples: usize) -> Vec<i16> {
    let mut key = vec![0; samples];
    Sine::new(8_000, 697.0, -10.0).fill(&mut key);
    Sine::new(8_000, 1_336.0, -10.0).add(&mut key);
    let mut all = vec![0; at];
    all.extend(key);
    all.resize((at + samples).next_multiple_of(160) + 3_200, 0);
    all
}

fn packet(payload_type: u8, frame: usize, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        payload_type,
        marker: false,
        sequence: frame as u16,
        timestamp: frame as u32 * 160,
        ssrc: 5,
    };
    let mut packet = vec![0; HEADER_BYTES + payload.len()];
    header.write(&mut packet);
    packet[HEADER_BYTES..].copy_from_slice(payload);
    packet
}

/// Returns the samples that the other leg hears, and the reported digits.
fn said(desk: &mut Desk, codec: Codec, samples: &[i16]) -> (Vec<i16>, Vec<char>) {
    let (mut heard, mut keys) = (Vec::new(), Vec::new());
    for (n, frame) in samples.chunks(160).enumerate() {
        let mut payload = [0; 160];
        encode(codec, frame, &mut payload);
        let bytes = packet(codec.payload_type(), n, &payload);
        desk.receive(1, Component::Rtp, address(1, 4_000), &bytes);
        let out = desk.tick();
        heard.extend(out.heard(2));
        keys.extend(out.events.iter().filter_map(|event| match event {
            Event::Digit {
                leg: LegId(1),
                digit: Digit(key),
            } => Some(*key),
            _ => None,
        }));
    }
    (heard, keys)
}

fn loud(heard: &[i16]) -> usize {
    heard
        .iter()
        .filter(|sample| sample.unsigned_abs() > 64)
        .count()
}

#[test]
fn a_key_is_told_once_and_hardly_begins_to_be_heard() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        let mut worst = 0;
        for offset in 0..160 {
            let mut desk = desk(codec, None);
            let samples = pressed(KEY_AT + offset, 800);
            let (heard, keys) = said(&mut desk, codec, &samples);
            assert_eq!(keys, ['2'], "{codec:?}, offset {offset}");
            let last = heard.iter().rposition(|sample| sample.unsigned_abs() > 64);
            let first = heard.iter().position(|sample| sample.unsigned_abs() > 64);
            let leaked = match (first, last) {
                (Some(first), Some(last)) => last + 1 - first,
                _ => 0,
            };
            worst = worst.max(leaked);
        }
        assert!(worst <= LEAK_SAMPLES_MAX, "{codec:?}: {worst} samples");
    }
}

#[test]
fn a_phone_with_packets_for_digits_may_whistle() {
    let mut desk = desk(Codec::Pcmu, Some(101));
    let (heard, keys) = said(&mut desk, Codec::Pcmu, &pressed(KEY_AT, 800));
    assert!(keys.is_empty());
    assert!(loud(&heard) > 700, "{}", loud(&heard));
}

const HEARD: EngineConfig = EngineConfig {
    start: Instant(0),
    wall: WallTime(0),
    voices_max: 0,
    opus: OpusSettings {
        bit_rate: 32_000,
        complexity: 5,
    },
    digits_in_rooms: true,
    media_timeout: None,
};

/// Returns a desk with two legs, in which rooms hear digits.
fn open_desk(agreed: Option<u8>) -> Desk {
    let mut desk = Desk::with(HEARD, 2);
    desk.seat(2);
    agree(&mut desk, agreed);
    desk
}

fn agree(desk: &mut Desk, digits_payload_type: Option<u8>) {
    let leg = LegId(1);
    let media = LegMedia {
        digits_payload_type,
        received: ReceivedTypes::same(0, digits_payload_type, None),
        ..media(1)
    };
    desk.apply(Command::SetMedia { leg, media });
}

#[test]
fn where_rooms_hear_keys_tones_stay_in_the_voice_and_are_told() {
    let mut desk = open_desk(None);
    let (heard, keys) = said(&mut desk, Codec::Pcmu, &pressed(KEY_AT, 800));
    assert_eq!(keys, ['2']);
    assert!(loud(&heard) > 700, "{}", loud(&heard));
}

/// Sends packets of `5` on each of `ticks` ticks, of which only the first `arrive` arrive; then
/// nothing.
fn presses(desk: &mut Desk, ticks: u16, arrive: u16) -> (Vec<i16>, usize) {
    let (mut heard, mut told) = (Vec::new(), 0);
    for n in 0..ticks + 20 {
        if n < ticks.min(arrive) {
            let ends = if n + 1 == ticks { 0x80 } else { 0 };
            let [high, low] = ((n + 1) * 160).to_be_bytes();
            let mut bytes = packet(101, usize::from(n), &[5, ends | 10, high, low]);
            bytes[4..8].copy_from_slice(&160_u32.to_be_bytes());
            let out = desk.receive(1, Component::Rtp, address(1, 4_000), &bytes);
            let digit =
                |event: &&Event| matches!(event, Event::Digit { digit, .. } if digit.0 == '5');
            told += out.events.iter().filter(digit).count();
        }
        heard.extend(desk.tick().heard(2));
    }
    (heard, told)
}

#[test]
fn where_rooms_hear_keys_one_that_comes_as_packets_sounds_while_it_is_held() {
    for (ticks, arrive) in [(1, 1), (5, 5), (40, 40), (40, 7)] {
        let mut desk = open_desk(Some(101));
        let (heard, told) = presses(&mut desk, ticks, arrive);
        assert_eq!(told, 1);
        let mut ear = TouchTones::default();
        let keys: Vec<Digit> = heard.chunks(80).filter_map(|b| ear.hear(b)).collect();
        assert_eq!(keys, [Digit('5')], "{ticks} ticks, {arrive} packets");
        let held = usize::from(ticks.min(arrive)) * 160;
        let sounded = loud(&heard);
        assert!(
            sounded > held * 9 / 10 && sounded <= held + 3 * 160,
            "{sounded} samples of {held}"
        );
    }
}

#[test]
fn a_key_that_comes_as_packets_is_heard_by_nobody_unless_asked() {
    let mut desk = desk(Codec::Pcmu, Some(101));
    let (heard, told) = presses(&mut desk, 40, 40);
    assert_eq!((loud(&heard), told), (0, 1));
}

#[test]
fn after_a_key_the_voice_is_back_within_60_ms() {
    let mut desk = desk(Codec::Pcmu, None);
    let mut samples = pressed(KEY_AT, 800);
    samples.truncate(KEY_AT + 800);
    let mut voice = vec![0; 3_200];
    Sine::new(8_000, 440.0, -10.0).fill(&mut voice);
    samples.extend(&voice);
    let (heard, keys) = said(&mut desk, Codec::Pcmu, &samples);
    assert_eq!(keys, ['2']);
    let back = KEY_AT + 800 + 480;
    let whole = loud(&heard[back..back + 1_600]);
    assert!(whole > 1_500, "{whole}");
}

#[test]
fn a_key_is_told_by_who_sits_nowhere_too() {
    let mut desk = desk(Codec::Pcmu, None);
    desk.change(confab_media::RoomChange {
        unseat: vec![LegId(1)],
        ..confab_media::RoomChange::default()
    });
    let (_, keys) = said(&mut desk, Codec::Pcmu, &pressed(KEY_AT, 800));
    assert_eq!(keys, ['2']);
}

#[test]
fn comfort_noise_is_no_voice_no_loss_and_not_foreign() {
    let mut desk = Desk::conference(2);
    let mut payload = [0; 160];
    encode(Codec::Pcmu, &[4_000; 160], &mut payload);
    let mut heard = Vec::new();
    let mut say = |desk: &mut Desk, packet: Option<Vec<u8>>| {
        if let Some(packet) = packet {
            desk.receive(1, Component::Rtp, address(1, 4_000), &packet);
        }
        // A packet is sent on every tick, independent of received packets.
        heard.push(desk.tick().heard(2));
    };
    for n in 0..50 {
        say(&mut desk, Some(packet(0, n, &payload)));
    }
    say(&mut desk, Some(packet(13, 50, &[60, 1, 2])));
    for _ in 0..49 {
        say(&mut desk, None);
    }
    for n in 0..50 {
        let mut bytes = packet(0, 51 + n, &payload);
        let timestamp = (100 + n as u32) * 160;
        bytes[4..8].copy_from_slice(&timestamp.to_be_bytes());
        say(&mut desk, Some(bytes));
    }
    // After 60 ms, in which the voice fades out.
    assert!(heard[55..99].iter().all(|frame| loud(frame) == 0));
    assert!(heard[103..].iter().all(|frame| loud(frame) == 160));
    let counters = desk.engine.counters();
    assert_eq!((counters.foreign_payload_type, counters.concealed), (0, 0));
    let out = desk.apply(Command::RemoveLeg { leg: LegId(1) });
    let Some(Event::LegRemoved { figures, .. }) = out.events.first() else {
        panic!("{:?}", out.events);
    };
    assert_eq!(
        (figures.packets_in, figures.lost, figures.dropped),
        (100, 0, 0)
    );
    assert_eq!(figures.mos_tenths, 44);
}

#[test]
fn a_key_in_the_voice_is_not_in_the_recording_of_a_leg_that_sits_nowhere() {
    // Rooms may hear digits, but this leg is in no room.
    let configs = [EngineConfig::default(), HEARD];
    for config in configs {
        is_not_in_it(Desk::with(config, 1));
    }
}

fn is_not_in_it(mut desk: Desk) {
    let leg = LegId(1);
    agree(&mut desk, None);
    let (recording, of) = (
        RecordingSid::from_random(1),
        Recorded::Leg {
            leg,
            dual: false,
            track: Track::Inbound,
            tells_voice: true,
        },
    );
    desk.apply(Command::Record { recording, of });
    let (mut taken, mut keys, mut voices) = (Vec::new(), 0, 0);
    for (n, frame) in pressed(KEY_AT, 4_000).chunks(160).enumerate() {
        let mut payload = [0; 160];
        encode(Codec::Pcmu, frame, &mut payload);
        let bytes = packet(0, n, &payload);
        desk.receive(1, Component::Rtp, address(1, 4_000), &bytes);
        let out = desk.tick();
        taken.extend(out.recorded.into_values().flat_map(|part| part.samples));
        for event in out.events {
            keys += usize::from(matches!(event, Event::Digit { .. }));
            voices += usize::from(matches!(event, Event::Voice { .. }));
        }
    }
    let leaked = loud(&taken);
    assert!(
        leaked <= LEAK_SAMPLES_MAX,
        "{leaked} samples of it are there"
    );
    assert!(taken.len() > 6_000, "{} were taken", taken.len());
    assert_eq!(
        (keys, voices),
        (1, 0),
        "it is a key, and nothing that was said"
    );
}

#[test]
fn a_key_does_not_sound_on_where_its_leg_sits_down_next() {
    let mut desk = open_desk(Some(101));
    let held = |n: u16| {
        let [high, low] = (n * 160).to_be_bytes();
        let mut bytes = packet(101, usize::from(n), &[5, 10, high, low]);
        bytes[4..8].copy_from_slice(&160_u32.to_be_bytes());
        bytes
    };
    desk.receive(1, Component::Rtp, address(1, 4_000), &held(1));
    assert!(loud(&desk.tick().heard(2)) > 0);
    // The leg leaves and returns: nothing of the digit follows.
    desk.change(RoomChange {
        unseat: vec![LegId(1)],
        ..RoomChange::default()
    });
    desk.change(RoomChange {
        seat: vec![(LegId(1), OPEN)],
        ..RoomChange::default()
    });
    // At most the fade-out of the old seat.
    desk.tick();
    for _ in 0..4 {
        assert_eq!(loud(&desk.tick().heard(2)), 0);
    }
}
