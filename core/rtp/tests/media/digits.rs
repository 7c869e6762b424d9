//! Digits from sender to receiver, over lines that lose, repeat and reorder packets.

use confab_rtp::{DigitReceiver, DigitSender, Header};
use confab_terms::Digit;
use proptest::prelude::{any, prop_assert_eq, proptest};

fn header(timestamp: u32) -> Header {
    Header {
        payload_type: 101,
        marker: false,
        sequence: 0,
        timestamp,
        ssrc: 1,
    }
}

fn press(key: char, timestamp: u32, ms: u32) -> Vec<(Header, [u8; 4])> {
    let mut sender = DigitSender::new(Digit(key), timestamp, ms).expect("a key");
    std::iter::from_fn(|| sender.next_packet())
        .map(|packet| (header(packet.timestamp), packet.payload))
        .collect()
}

fn told(receiver: &mut DigitReceiver, packets: &[(Header, [u8; 4])]) -> String {
    let keys = packets
        .iter()
        .filter_map(|(header, payload)| receiver.receive(header, payload));
    keys.map(|digit| digit.0).collect()
}

#[test]
fn digit_is_reported_once_at_its_first_packet() {
    let packets = press('5', 1_000, 100);
    assert_eq!(packets.len(), 5 + 2);
    assert_eq!(packets[0].1, [5, 10, 0, 160]);
    for end in &packets[4..] {
        assert_eq!(end.1, [5, 0x8a, 0x03, 0x20]);
    }
    let mut receiver = DigitReceiver::default();
    assert_eq!(told(&mut receiver, &packets[..1]), "5");
    assert_eq!(told(&mut receiver, &packets[1..]), "");
}

#[test]
fn accepts_sixteen_digits_and_no_other_events() {
    for key in "0123456789*#ABCD".chars() {
        assert_eq!(
            told(&mut DigitReceiver::default(), &press(key, 0, 40)),
            key.to_string()
        );
    }
    assert!(DigitSender::new(Digit('x'), 0, 40).is_none());
    // A flash event, and a truncated packet, are not digits.
    assert_eq!(
        DigitReceiver::default().receive(&header(0), &[16, 10, 0, 160]),
        None
    );
    assert_eq!(
        DigitReceiver::default().receive(&header(0), &[1, 10, 0]),
        None
    );
}

#[test]
fn repeated_digit_is_reported_twice_when_all_ends_are_lost() {
    let mut packets = press('1', u32::MAX - 400, 100);
    packets.truncate(2);
    packets.extend(press('1', 1_200, 100));
    assert_eq!(told(&mut DigitReceiver::default(), &packets), "11");
}

#[test]
fn late_end_of_the_previous_digit_is_ignored() {
    let (one, two) = (press('1', 0, 60), press('2', 1_600, 60));
    let packets = [&one[..3], &two[..2], &one[3..], &two[2..]].concat();
    assert_eq!(told(&mut DigitReceiver::default(), &packets), "12");
}

#[test]
fn long_digit_continues_under_another_timestamp() {
    let long = |timestamp, duration: u16, end| {
        let [high, low] = duration.to_be_bytes();
        (
            header(timestamp),
            [7, if end { 0x8a } else { 10 }, high, low],
        )
    };
    let packets = [
        long(0, 160, false),
        long(0, 0xffff, false),
        long(0xffff, 160, false),
        long(0xffff, 400, true),
    ];
    assert_eq!(told(&mut DigitReceiver::default(), &packets), "7");
}

#[test]
fn new_ssrc_starts_a_new_digit() {
    let mut packets = press('3', 5_000, 40);
    let mut again = press('3', 5_000, 40);
    again.iter_mut().for_each(|(header, _)| header.ssrc = 2);
    packets.extend(again);
    assert_eq!(told(&mut DigitReceiver::default(), &packets), "33");
}

#[test]
fn restarted_sequence_is_not_late() {
    let mut receiver = DigitReceiver::default();
    let mut packets = press('3', 900_000_000, 40);
    let late = press('2', 900_000_000 - 5_000, 40);
    packets.extend(&late[late.len() - 1..]);
    packets.extend(press('4', 5_000, 40));
    packets.extend(press('4', 10_000, 40));
    // The timestamp advances by more than half of its range: hours of a fast clock without a digit.
    packets.extend(press('5', 10_000 + (u32::MAX / 4) * 3, 40));
    assert_eq!(told(&mut receiver, &packets), "3445");
}

proptest! {
    #[test]
    fn digit_is_reported_once_despite_loss_and_duplicates(
        keys in "[0-9*#A-D]{1,12}",
        fates in proptest::collection::vec(0u8..4, 200),
        ms in 40u32..300,
    ) {
        let mut receiver = DigitReceiver::default();
        let mut heard = String::new();
        let mut expected = String::new();
        let mut fates = fates.into_iter().cycle();
        let mut timestamp = u32::MAX - 9_000;
        for key in keys.chars() {
            timestamp = timestamp.wrapping_add(5_000);
            let mut arrived = false;
            for packet in press(key, timestamp, ms) {
                for _ in 0..fates.next().unwrap_or(1).min(2) {
                    arrived = true;
                    heard += &told(&mut receiver, &[packet]);
                }
            }
            if arrived {
                expected.push(key);
            }
        }
        prop_assert_eq!(heard, expected);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(
        events in proptest::collection::vec((any::<u32>(), any::<Vec<u8>>()), 0..50),
    ) {
        let mut receiver = DigitReceiver::default();
        for (timestamp, payload) in events {
            receiver.receive(&header(timestamp), &payload);
        }
    }
}

#[test]
fn digit_duration_uses_the_negotiated_clock() {
    let mut sender = DigitSender::at(48_000, Digit('7'), 5_000, 100).expect("a key");
    let packets: Vec<_> = std::iter::from_fn(|| sender.next_packet()).collect();
    assert_eq!(packets.len(), 5 + 2);
    assert_eq!(packets[0].payload, [7, 10, 0x03, 0xc0]);
    assert_eq!(packets[6].payload, [7, 0x8a, 0x12, 0xc0]);
    // 16 bits hold 1.36 s of a 48 kHz clock: a longer press is cut there.
    let mut sender = DigitSender::at(48_000, Digit('7'), 5_000, 8_000).expect("a key");
    let last = std::iter::from_fn(|| sender.next_packet()).last();
    let [_, _, high, low] = last.expect("packets").payload;
    assert_eq!(u16::from_be_bytes([high, low]), 1_365 * 48);
}
