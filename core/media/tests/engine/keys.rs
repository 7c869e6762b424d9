//! Digits sent to a phone: as packets or as tones, received by that phone only, complete even if
//! the engine is serialized in between.

use confab_codec::TouchTones;
use confab_media::{Command, Engine, Event, Key, LegMedia};
use confab_rtp::srtp::Incoming;
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{Codec, Digit, LegId, MasterKey, PlayerId, SrtpKeys, SrtpSuite};

use crate::desk::{Desk, MS_20, Out, Sent, coded, media};

const TICKS: usize = 40;

const OURS: PlayerId = PlayerId(70);

fn press(desk: &mut Desk, keys: &[Key]) {
    order(desk, OURS, keys);
}

fn order(desk: &mut Desk, player: PlayerId, keys: &[Key]) {
    let leg = LegId(1);
    let keys = keys.to_vec();
    desk.apply(Command::SendDigits { leg, player, keys });
}

fn agree(desk: &mut Desk, media: LegMedia) {
    let leg = LegId(1);
    desk.apply(Command::SetMedia { leg, media });
}

/// Returns two digits, with a pause of 100 ms besides the minimum.
fn keys() -> [Key; 3] {
    let [one, hash] = ['1', '#'].map(|key| Key::Press(Digit(key)));
    [one, Key::Wait { ticks: 5 }, hash]
}

/// Returns the ticks that reported the end of an order.
fn told_over(out: &[Out], of: PlayerId) -> Vec<usize> {
    let (leg, player) = (LegId(1), of);
    let over = Event::PlayerEnded { leg, player };
    let told = |at: &usize| out[*at].events.contains(&over);
    (0..out.len()).filter(told).collect()
}

/// Runs ticks with a constant voice of leg 2; on each tick the engine is serialized and restored.
fn ticks(desk: &mut Desk) -> Vec<Out> {
    let tick = |_| {
        let written = postcard::to_stdvec(&desk.engine).expect("is plain data");
        desk.engine = postcard::from_bytes::<Engine>(&written).expect("reads back");
        desk.say(&[(1, 4_000), (2, 8_000)])
    };
    (0..TICKS).map(tick).collect()
}

fn sent(out: &[Out]) -> Vec<&Sent> {
    out.iter()
        .map(|out| out.rtp(1).expect("one each tick"))
        .collect()
}

/// Returns the packets of digits, each with its tick.
fn digits(packets: &[&Sent]) -> Vec<(usize, Header, [u8; 4])> {
    let told = packets.iter().enumerate();
    let told = told.filter(|(_, sent)| sent.header().payload_type == 101);
    told.map(|(tick, sent)| {
        let payload = sent.bytes[HEADER_BYTES..].try_into().expect("four bytes");
        (tick, sent.header(), payload)
    })
    .collect()
}

/// Returns tick, event, end bit and duration of each packet.
fn told(digits: &[(usize, Header, [u8; 4])]) -> Vec<(usize, u8, bool, u16)> {
    let told = digits.iter().map(|&(tick, _, [event, flags, high, low])| {
        (
            tick,
            event,
            flags & 0x80 != 0,
            u16::from_be_bytes([high, low]),
        )
    });
    told.collect()
}

#[test]
fn digits_go_out_as_events_in_step_with_the_voice() {
    let mut desk = Desk::conference(2);
    let before = desk.settle(&[(1, 4_000), (2, 8_000)]);
    let last = before.rtp(1).expect("is sent").header();
    press(&mut desk, &keys());
    let out = ticks(&mut desk);
    let packets = sent(&out);
    for (at, sent) in (1..).zip(&packets) {
        let header = sent.header();
        assert_eq!(header.sequence, last.sequence.wrapping_add(at));
        if header.payload_type == 0 {
            let units = u32::from(at) * 160;
            assert_eq!(header.timestamp, last.timestamp.wrapping_add(units));
            assert!(!header.marker);
        }
    }
    let digits = digits(&packets);
    let press = |from: usize, event| {
        let durations = [160, 320, 480, 640, 800, 800, 800];
        let at = durations.into_iter().enumerate();
        at.map(move |(n, units)| (from + n, event, n >= 4, units))
    };
    // Seven packets, 100 ms of voice, the requested 100 ms.
    let wanted: Vec<_> = press(0, 1).chain(press(17, 11)).collect();
    assert_eq!(told(&digits), wanted);
    for &(tick, header, _) in &digits {
        let first = if tick < 17 { 0 } else { 17 };
        assert_eq!(header.marker, tick == first);
        let units = (first as u32 + 1) * 160;
        assert_eq!(header.timestamp, last.timestamp.wrapping_add(units));
    }
    assert!(out.iter().all(|out| out.level(2) == coded(4_000)));
    // After the pause that follows the last digit.
    assert_eq!(told_over(&out, OURS), [28]);
}

#[test]
fn tones_are_heard_by_their_phone_alone() {
    let mut desk = Desk::conference(3);
    let digits_payload_type = None;
    let media = LegMedia {
        digits_payload_type,
        ..media(1)
    };
    agree(&mut desk, media);
    desk.settle(&[(1, 4_000), (2, 8_000)]);
    press(&mut desk, &keys());
    let out = ticks(&mut desk);
    let (mut ear, mut heard) = (TouchTones::default(), String::new());
    for out in &out {
        for piece in out.heard(1).chunks(80) {
            heard.extend(ear.hear(piece).map(|Digit(key)| key));
        }
        assert_eq!(out.level(2), coded(4_000));
        assert_eq!(out.level(3), coded(12_000));
    }
    assert_eq!(heard, "1#");
    let voice = |out: &Out| out.heard(1).iter().all(|&x| x == coded(8_000));
    let toned: Vec<usize> = (0..TICKS).filter(|&tick| !voice(&out[tick])).collect();
    assert_eq!(toned, [0, 1, 2, 3, 4, 15, 16, 17, 18, 19]);
    assert_eq!(told_over(&out, OURS), [24]);
}

#[test]
fn whose_keys_are_out_is_told_of_each_order_apart() {
    const THEIRS: PlayerId = PlayerId(71);
    let press = |key| Key::Press(Digit(key));
    let mut desk = Desk::conference(2);
    desk.settle(&[(1, 4_000), (2, 8_000)]);
    order(&mut desk, OURS, &[press('1')]);
    order(&mut desk, THEIRS, &[press('2')]);
    order(&mut desk, PlayerId(72), &[]);
    let out = ticks(&mut desk);
    assert_eq!(told_over(&out, OURS), [11]);
    assert_eq!(told_over(&out, THEIRS), [23]);
    assert_eq!(told_over(&out, PlayerId(72)), [23]);
}

#[test]
fn keys_that_are_stopped_are_not_pressed_and_one_that_is_half_out_ends_well() {
    const THEIRS: PlayerId = PlayerId(71);
    let press = |key| Key::Press(Digit(key));
    let mut desk = Desk::conference(2);
    desk.settle(&[(1, 4_000), (2, 8_000)]);
    order(&mut desk, OURS, &[press('1'), press('2')]);
    order(&mut desk, THEIRS, &[press('3')]);
    let mut out = vec![desk.tick(), desk.tick()];
    let leg = LegId(1);
    desk.apply(Command::StopDigits { leg, player: OURS });
    out.extend(ticks(&mut desk));
    let told = told(&digits(&sent(&out)));
    let ends: Vec<u8> = told
        .iter()
        .filter(|told| told.2)
        .map(|told| told.1)
        .collect();
    assert_eq!(ends, [1, 1, 1, 3, 3, 3]);
    assert_eq!(told.len(), 14);
    assert!(told_over(&out, OURS).is_empty());
    assert_eq!(told_over(&out, THEIRS), [23]);
    // A pause ends immediately.
    order(&mut desk, OURS, &[Key::Wait { ticks: 30 }, press('4')]);
    desk.tick();
    desk.apply(Command::StopDigits { leg, player: OURS });
    order(&mut desk, THEIRS, &[press('5')]);
    assert_eq!(digits(&[desk.tick().rtp(1).expect("is sent")]).len(), 1);
    // Orders that are complete or unknown: stopping them is not an error.
    desk.apply(Command::StopDigits { leg, player: OURS });
    assert_eq!(desk.engine.counters().stale_commands, 0);
}

#[test]
fn a_leg_that_moves_in_the_midst_of_a_key_sends_what_it_would_have_sent() {
    for digits_payload_type in [Some(101), None] {
        let pressed = || {
            let mut desk = Desk::new(1);
            let media = LegMedia {
                digits_payload_type,
                ..media(1)
            };
            agree(&mut desk, media);
            press(&mut desk, &keys());
            desk
        };
        let mut stays = pressed();
        let expected: Vec<Out> = (0..TICKS).map(|_| stays.tick()).collect();
        assert_eq!(told_over(&expected, OURS).len(), 1);
        for moves_at in 0..TICKS {
            let mut desk = pressed();
            for (tick, expected) in expected.iter().enumerate() {
                if tick == moves_at {
                    let mut other = Desk::new(0);
                    while other.now < desk.now {
                        other.tick();
                    }
                    let leg = desk.engine.let_go(LegId(1)).expect("it is here");
                    assert!(other.engine.take_over(leg));
                    desk = other;
                }
                assert_eq!(&desk.tick(), expected, "moves at {moves_at}, tick {tick}");
            }
        }
    }
}

#[test]
fn a_new_agreement_in_the_midst_of_keys_neither_loses_nor_doubles_their_end() {
    let other = LegMedia {
        digits_payload_type: Some(96),
        ..media(1)
    };
    for changes_at in 0..TICKS {
        let mut desk = Desk::conference(2);
        press(&mut desk, &keys());
        let mut out = Vec::new();
        for tick in 0..2 * TICKS {
            if tick == changes_at {
                agree(&mut desk, other);
            }
            out.push(desk.tick());
        }
        assert_eq!(told_over(&out, OURS).len(), 1, "at {changes_at}");
        let packets = sent(&out);
        let digit = |sent: &&&Sent| matches!(sent.header().payload_type, 96 | 101);
        let events = packets.iter().filter(digit);
        let mut events: Vec<u8> = events.map(|sent| sent.bytes[HEADER_BYTES]).collect();
        events.dedup();
        assert_eq!(events, [1, 11], "at {changes_at}");
    }
}

#[test]
fn the_end_of_keys_is_told_although_too_much_waits() {
    let (leg, player) = (LegId(1), OURS);
    let mut desk = Desk::conference(2);
    while desk.engine.counters().lost_outputs == 0 {
        desk.now.0 += MS_20;
        desk.engine.tick(desk.now);
    }
    let keys = keys().to_vec();
    let order = Command::SendDigits { leg, player, keys };
    desk.engine.apply(desk.now, order);
    for _ in 0..TICKS {
        desk.now.0 += MS_20;
        desk.engine.tick(desk.now);
    }
    assert_eq!(told_over(&[desk.drain()], OURS), [0]);
}

#[test]
fn digits_count_by_the_clock_that_was_agreed_on_for_them() {
    // Many phones with Opus have digits at 8 kHz only.
    for digits_clock_rate in [8_000, 48_000] {
        let mut desk = Desk::conference(2);
        let (codec, payload_type) = (Codec::Opus, 111);
        let media = LegMedia {
            codec,
            payload_type,
            digits_clock_rate,
            ..media(1)
        };
        agree(&mut desk, media);
        press(&mut desk, &[Key::Press(Digit('9'))]);
        let out = ticks(&mut desk);
        let told = told(&digits(&sent(&out)));
        let durations = told.iter().map(|told| u32::from(told.3));
        let ms: Vec<u32> = durations.map(|d| d * 1_000 / digits_clock_rate).collect();
        assert_eq!(ms, [20, 40, 60, 80, 100, 100, 100]);
    }
}

#[test]
fn encrypted_digits_are_read_by_their_phone() {
    let keys = SrtpKeys {
        suite: SrtpSuite::AeadAes128Gcm,
        ours: MasterKey::new([1; 30]),
        theirs: MasterKey::new([2; 30]),
    };
    let srtp = Some(keys);
    let mut desk = Desk::conference(2);
    agree(&mut desk, LegMedia { srtp, ..media(1) });
    press(&mut desk, &[Key::Press(Digit('*'))]);
    let mut phone = Incoming::new(keys.suite, keys.ours);
    let out: Vec<Out> = (0..TICKS).map(|_| desk.tick()).collect();
    let mut events = Vec::new();
    for sent in sent(&out) {
        let mut packet = sent.bytes.clone();
        let length = phone.unprotect_rtp(&mut packet).expect("is for it");
        if Header::parse(&packet[..length])
            .expect("is RTP")
            .0
            .payload_type
            == 101
        {
            assert_eq!(length, HEADER_BYTES + 4);
            events.push(packet[HEADER_BYTES]);
        }
    }
    assert_eq!(events, [10; 7]);
}

#[test]
fn digits_wait_while_the_phone_holds_us() {
    let mut desk = Desk::conference(2);
    let sends = false;
    agree(&mut desk, LegMedia { sends, ..media(1) });
    press(&mut desk, &[Key::Press(Digit('0'))]);
    for _ in 0..TICKS {
        let out = desk.tick();
        assert!(out.rtp(1).is_none());
        assert!(told_over(&[out], OURS).is_empty(), "nothing is out");
    }
    agree(&mut desk, media(1));
    let out = ticks(&mut desk);
    assert_eq!(digits(&sent(&out)).len(), 7);
    assert_eq!(told_over(&out, OURS), [11]);
}

#[test]
fn too_many_digits_are_refused_as_one() {
    let mut desk = Desk::conference(2);
    let many = vec![Key::Press(Digit('1')); confab_terms::limits::SEND_DIGITS_MAX + 1];
    let refused = desk.apply(Command::SendDigits {
        leg: LegId(1),
        player: OURS,
        keys: many,
    });
    assert_eq!(desk.engine.counters().stale_commands, 1);
    // A rejected order ends immediately.
    assert_eq!(told_over(&[refused], OURS), [0]);
    let out: Vec<Out> = (0..TICKS).map(|_| desk.tick()).collect();
    assert!(digits(&sent(&out)).is_empty());
    assert!(told_over(&out, OURS).is_empty());
}
