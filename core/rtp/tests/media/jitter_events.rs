//! The jitter buffer at events of the stream: stalls, pauses, jumps, junk.

use crate::weather::{FRAME, Heard, Phone, Sent, judge, play};
use confab_rtp::{Header, JitterBuffer, Pulled};
use confab_terms::{Codec, Instant};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

const SECOND: usize = 50;

fn hear(packets: Vec<Sent>, ticks: i64) -> (Vec<Heard>, confab_rtp::JitterStats) {
    let mut buffer = JitterBuffer::new(Codec::Pcmu);
    let heard = play(&mut buffer, packets, ticks, |_| 0);
    (heard, buffer.stats())
}

#[test]
fn burst_of_50_after_a_stall_leaves_no_delay() {
    let mut packets = Phone::new(5_000).packets(20 * SECOND, 20);
    let release = packets[299].at_us;
    for sent in &mut packets[250..300] {
        sent.at_us = release;
    }
    let (heard, stats) = hear(packets, 20 * 50 - 5);
    assert!(stats.depth_ms <= 40, "{stats:?}");
    assert!(stats.resynchronised <= 2, "{stats:?}");
    assert!(judge(&heard[2..250]).flawless());
    // The delay of the burst is gone within 2 s.
    assert!(
        judge(&heard[400..]).flawless(),
        "{:?}",
        judge(&heard[400..])
    );
}

/// Plays a line that holds `held` packets from the 50th on and delivers them with the next one.
/// Returns the code of the first voice frame after the burst, and the buffer.
fn after_a_burst(held: usize) -> (u8, JitterBuffer) {
    // Each packet has a distinct code.
    let code = |n: usize| 0xff - (n % 100) as u8;
    let mut buffer = JitterBuffer::new(Codec::Pcmu);
    let release = 50 + held;
    let mut ready = 0..0;
    for tick in 0..=release {
        ready = match tick {
            0..50 => tick..tick + 1,
            _ if tick == release => 50..release + 1,
            _ => 0..0,
        };
        for n in ready.clone() {
            let header = Header {
                payload_type: 0,
                marker: false,
                sequence: n as u16,
                timestamp: (n * FRAME) as u32,
                ssrc: 5,
            };
            buffer.insert(Instant(0), &header, &[code(n); FRAME]);
        }
        let mut frame = [0; FRAME];
        let pulled = buffer.pull(Instant(0), &mut frame);
        if tick == release {
            assert_eq!(pulled, Pulled::Voice, "{held}");
            let mut byte = [0; FRAME];
            confab_codec::encode(Codec::Pcmu, &frame, &mut byte);
            return (byte[FRAME - 1], buffer);
        }
    }
    panic!("no burst in {ready:?}");
}

#[test]
fn burst_of_any_length_keeps_its_newest_200_ms() {
    for held in [11, 12, 13, 15, 18, 20, 25, 40, 49] {
        let (code, buffer) = after_a_burst(held);
        // The packet that arrived in time is the tenth.
        assert_eq!(0xff - code, (50 + held - 9) as u8, "{held}");
        assert_eq!(buffer.stats().depth_ms, 180, "{held}");
    }
    // A shorter burst is kept as a whole, except for the frames concealed meanwhile.
    for held in [3, 6, 9] {
        let (_, buffer) = after_a_burst(held);
        let depth = buffer.stats().depth_ms as usize;
        assert!(depth + 40 >= held * 20, "{held}: {depth}");
    }
}

/// Plays a phone whose timestamps advance by `parts` of its samples, starting at packet `from`.
fn off_clock(parts: f64, from: usize, count: usize) -> (Vec<Heard>, confab_rtp::JitterStats) {
    let mut packets = Phone::new(5_000).packets(count, 20);
    let mut timestamp = f64::from(packets[0].header.timestamp);
    for (n, sent) in packets.iter_mut().enumerate() {
        sent.header.timestamp = (timestamp as u64 % (1 << 32)) as u32;
        timestamp += FRAME as f64 * if n < from { 1.0 } else { parts };
    }
    hear(packets, count as i64 - 5)
}

#[test]
fn timestamps_that_disagree_with_arrivals_for_long_are_ignored() {
    for parts in [0.0, 0.1, 0.5, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0, 3.0, 6.0] {
        for from in [0, 5 * SECOND] {
            let (heard, stats) = off_clock(parts, from, 25 * SECOND);
            let tail = &heard[from + 5 * SECOND..];
            let verdict = judge(tail);
            assert!(
                verdict.flawless(),
                "{parts} from {from}: {verdict:?} {stats:?}"
            );
            assert!(stats.depth_ms <= 60, "{parts} from {from}: {stats:?}");
        }
    }
}

#[test]
fn timestamps_are_used_again_once_they_agree() {
    let mut packets = Phone::new(5_000).packets(60 * SECOND, 20);
    let start = packets[0].header.timestamp;
    let mut timestamp = start;
    for (n, sent) in packets.iter_mut().enumerate() {
        sent.header.timestamp = timestamp;
        timestamp = timestamp.wrapping_add(if n < 10 * SECOND { 80 } else { 160 });
    }
    // A pause is visible in timestamps only.
    let paused = packets.split_off(40 * SECOND);
    packets.extend(paused.into_iter().map(|mut sent| {
        sent.at_us += 3_000_000;
        sent.header.timestamp = sent.header.timestamp.wrapping_add(24_000);
        sent
    }));
    let (heard, stats) = hear(packets, 60 * 50);
    assert!(
        judge(&heard[15 * SECOND..39 * SECOND]).flawless(),
        "{stats:?}"
    );
    assert!(
        judge(&heard[45 * SECOND..59 * SECOND]).flawless(),
        "{stats:?}"
    );
    assert!(stats.depth_ms <= 60, "{stats:?}");
}

#[test]
fn pauses_and_losses_keep_timestamps_in_use() {
    // DTX: 200 ms of voice, then 400 ms without packets, and every tenth packet lost.
    let mut phone = Phone::new(5_000);
    let mut packets = Vec::new();
    for _ in 0..100 {
        packets.extend(phone.packets(10, 20));
        phone.pause(400);
    }
    let packets = packets.into_iter().enumerate().filter(|(n, _)| n % 10 != 7);
    let (_, stats) = hear(packets.map(|(_, sent)| sent).collect(), 100 * 30);
    assert_eq!(stats.resynchronised, 0, "{stats:?}");
    assert!(stats.depth_ms <= 20, "{stats:?}");
}

#[test]
fn burst_in_two_halves_leaves_no_delay() {
    let mut packets = Phone::new(5_000).packets(20 * SECOND, 20);
    let release = packets[299].at_us;
    for (i, sent) in packets[250..300].iter_mut().enumerate() {
        sent.at_us = release + if i < 25 { 0 } else { 20_000 };
    }
    let (heard, stats) = hear(packets, 20 * 50 - 5);
    assert!(stats.depth_ms <= 60, "{stats:?}");
    assert!(
        judge(&heard[310..]).flawless(),
        "{stats:?} {:?}",
        judge(&heard[310..])
    );
}

#[test]
fn delay_of_a_short_stall_is_removed_in_the_next_pause() {
    let mut phone = Phone::new(5_000);
    let mut packets = phone.packets(10 * SECOND, 20);
    let release = packets[253].at_us;
    for sent in &mut packets[250..253] {
        sent.at_us = release;
    }
    packets.extend(phone.packets(60 * SECOND, 20));
    phone.pause(2_000);
    packets.extend(phone.packets(5 * SECOND, 20));
    let (heard, stats) = hear(packets, 76 * 50);
    let verdict = judge(&heard[2..70 * SECOND]);
    assert_eq!(verdict.concealed, 3, "{verdict:?} {stats:?}");
    assert!(
        stats.grown == 1 && stats.lost == 0 && stats.shrunk >= 1,
        "{stats:?}"
    );
    assert!(stats.depth_ms <= 20, "{stats:?}");
    assert!(judge(&heard[73 * SECOND..76 * SECOND]).flawless());
}

#[test]
fn any_ptime_from_10_to_60_is_flawless_after_one_adaption() {
    for ptime in [10, 20, 30, 40, 50, 60] {
        for phase_ms in [0, 3, 9, 15, 19] {
            let packets = Phone::new(phase_ms * 1_000).packets(30_000 / ptime, ptime);
            let (heard, stats) = hear(packets, 30 * 50 - 10);
            let verdict = judge(&heard[30..]);
            assert!(
                verdict.flawless(),
                "{ptime} at {phase_ms}: {verdict:?} {stats:?}"
            );
            assert!(stats.depth_ms <= 100, "{ptime}: {stats:?}");
            assert_eq!(
                judge(&heard).concealed,
                0,
                "{ptime} at {phase_ms}: {stats:?}"
            );
        }
    }
}

#[test]
fn ptime_may_change_in_mid_stream() {
    let mut phone = Phone::new(4_000);
    let mut packets = Vec::new();
    for ptime in [20, 60, 10, 30, 20, 50] {
        packets.extend(phone.packets(6_000 / ptime, ptime));
    }
    let (heard, stats) = hear(packets, 36 * 50 - 5);
    for (i, part) in heard.chunks(6 * SECOND).enumerate() {
        let end = part.len();
        assert!(judge(&part[SECOND..end]).flawless(), "part {i}: {stats:?}");
    }
    assert!(judge(&heard[4..]).concealed <= 6, "{stats:?}");
    assert_eq!(stats.resynchronised, 0, "{stats:?}");
}

#[test]
fn new_ssrc_is_accepted_with_its_second_packet() {
    let mut phone = Phone::new(4_000);
    let mut packets = phone.packets(5 * SECOND, 20);
    phone.header.ssrc = 77;
    phone.header.sequence = 1_000;
    phone.header.timestamp = 99;
    packets.extend(phone.packets(5 * SECOND, 20));
    let (heard, stats) = hear(packets, 10 * 50);
    assert_eq!(stats.resynchronised, 1, "{stats:?}");
    assert_eq!(judge(&heard[1..]).concealed, 1);
    assert!(judge(&heard[5 * SECOND + 3..]).flawless());
}

#[test]
fn jump_of_sequence_or_timestamp_is_accepted_with_its_second_packet() {
    for (sequence, timestamp) in [(20_000, 0), (0, 3_000_000), (0, 2_000_000_000), (40_000, 7)] {
        let mut phone = Phone::new(4_000);
        let mut packets = phone.packets(5 * SECOND, 20);
        phone.header.sequence = phone.header.sequence.wrapping_add(sequence);
        phone.header.timestamp = phone.header.timestamp.wrapping_add(timestamp);
        packets.extend(phone.packets(5 * SECOND, 20));
        let (heard, stats) = hear(packets, 10 * 50);
        assert_eq!(stats.resynchronised, 1, "{sequence} {timestamp}: {stats:?}");
        let verdict = judge(&heard[1..]);
        assert!(
            verdict.concealed <= 3,
            "{sequence} {timestamp}: {verdict:?}"
        );
        assert!(
            judge(&heard[5 * SECOND + 6..]).flawless(),
            "{sequence} {timestamp}"
        );
    }
}

#[test]
fn timestamp_set_back_is_accepted_once_the_buffer_is_empty() {
    let mut phone = Phone::new(4_000);
    let mut packets = phone.packets(5 * SECOND, 20);
    phone.header.timestamp = phone.header.timestamp.wrapping_sub(1_000_000);
    packets.extend(phone.packets(5 * SECOND, 20));
    let (heard, stats) = hear(packets, 10 * 50);
    assert_eq!(stats.resynchronised, 1, "{stats:?}");
    assert!(judge(&heard[5 * SECOND + 6..]).flawless(), "{stats:?}");
}

#[test]
fn single_stray_packets_are_inaudible() {
    let packets = Phone::new(4_000).packets(20 * SECOND, 20);
    let mut all = Vec::new();
    for (i, sent) in packets.into_iter().enumerate() {
        if i % 10 == 5 {
            let mut junk = sent.clone();
            junk.payload = vec![0; FRAME];
            match i % 3 {
                0 => junk.header.ssrc = 7 * i as u32,
                1 => junk.header.sequence = junk.header.sequence.wrapping_add(9_000),
                _ => {
                    junk.header.timestamp = junk.header.timestamp.wrapping_add(1 << 30);
                    junk.header.sequence = junk.header.sequence.wrapping_add(3_500);
                }
            }
            all.push(junk);
        }
        all.push(sent);
    }
    let (heard, stats) = hear(all, 20 * 50);
    assert!(
        judge(&heard[2..]).flawless(),
        "{:?} {stats:?}",
        judge(&heard[2..])
    );
    assert_eq!(stats.strayed, 100);
    assert_eq!(stats.resynchronised, 0);
}

#[test]
fn pauses_resume_cleanly_whether_the_clock_ran_on_or_not() {
    for ran_on in [true, false] {
        let mut phone = Phone::new(4_000);
        let mut packets = Vec::new();
        for pause_ms in [100, 500, 3_000, 20_000] {
            packets.extend(phone.packets(3 * SECOND, 20));
            let timestamp = phone.header.timestamp;
            phone.pause(pause_ms);
            if !ran_on {
                phone.header.timestamp = timestamp;
            }
        }
        packets.extend(phone.packets(10 * SECOND, 20));
        let starts: Vec<_> = packets.iter().map(|sent| sent.at_us).collect();
        let (heard, stats) = hear(packets, starts[starts.len() - 1] / 20_000);
        assert!(
            stats.depth_ms <= if ran_on { 20 } else { 120 },
            "{ran_on}: {stats:?}"
        );
        let tail = heard.len() - 9 * SECOND;
        assert!(judge(&heard[tail..]).flawless(), "{ran_on}: {stats:?}");
        // Each gap has 60 ms of concealment, then silence.
        let concealed = judge(&heard[1..]).concealed;
        assert!(concealed <= 4 * 3 + 5, "{ran_on}: {concealed} {stats:?}");
        assert!(judge(&heard).silent > 23_000 / 20, "{ran_on}");
    }
}

#[test]
fn missed_ticks_leave_no_delay() {
    let packets = Phone::new(5_000).packets(10 * SECOND, 20);
    let mut buffer = JitterBuffer::new(Codec::Pcmu);
    let of = |ticks: std::ops::Range<i64>| {
        let us = ticks.start * 20_000 + 1..ticks.end * 20_000 + 1;
        packets
            .iter()
            .filter(|sent| us.contains(&(sent.at_us + 20_000)))
            .cloned()
            .collect::<Vec<_>>()
    };
    play(&mut buffer, of(0..102), 102, |_| 0);
    // 7 ticks are lost; their packets, and those of the next tick, waited in the socket.
    for sent in of(102..110) {
        buffer.insert(Instant(0), &sent.header, &sent.payload);
    }
    buffer.skip(7);
    let late = of(110..500).into_iter().map(|mut sent| {
        sent.at_us -= 109 * 20_000;
        sent
    });
    let heard = play(&mut buffer, late.collect(), 10 * 50 - 112, |_| 0);
    let stats = buffer.stats();
    assert!(stats.depth_ms <= 20, "{stats:?}");
    assert!(
        judge(&heard[2..]).flawless(),
        "{stats:?} {:?}",
        judge(&heard[2..])
    );
    assert_eq!(stats.concealed + stats.resynchronised, 0, "{stats:?}");
}

#[test]
fn digit_is_not_counted_as_loss() {
    let packets = Phone::new(5_000).packets(4 * SECOND, 20);
    let mut buffer = JitterBuffer::new(Codec::Pcmu);
    for (i, sent) in packets.iter().enumerate() {
        if (100..110).contains(&i) {
            buffer.pass_over(&sent.header);
        } else if i != 120 {
            buffer.insert(Instant(0), &sent.header, &sent.payload);
        }
        buffer.pull(Instant(0), &mut [0; FRAME]);
    }
    assert_eq!(buffer.stats().lost, 1);
}

#[test]
fn concealment_fades_without_a_click() {
    let mut phone = Phone::new(4_000);
    let mut packets = phone.packets(SECOND, 20);
    phone.packets(10, 20);
    packets.extend(phone.packets(SECOND, 20));
    let mut buffer = JitterBuffer::new(Codec::Pcmu);
    let mut packets = packets.into_iter().peekable();
    let mut out = Vec::new();
    for tick in 0..100 {
        let now = Instant(tick * 20_000_000);
        while let Some(sent) = packets.next_if(|sent| sent.at_us <= tick as i64 * 20_000) {
            buffer.insert(now, &sent.header, &sent.payload);
        }
        let mut frame = [0i16; FRAME];
        buffer.pull(now, &mut frame);
        out.extend(frame);
    }
    // The steepest step of the tone is amplitude × 2π × 1010 / 8000, with a margin for blends.
    let steepest = out.windows(2).map(|w| w[1].abs_diff(w[0])).max();
    assert!(steepest.is_some_and(|step| step < 9_500), "{steepest:?}");
    let peaks: Vec<u16> = out
        .chunks(FRAME)
        .map(|frame| frame.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0))
        .collect();
    // 50 packets, the first on the second tick (24 ms, so at 40 ms): the gap begins at tick 52.
    let gap = &peaks[52..62];
    assert!(
        gap[0] > 8_000 && gap[0] > gap[1] && gap[1] > gap[2] && gap[2] > 0,
        "{gap:?}"
    );
    assert_eq!(gap[3..], [0; 7], "{gap:?}");
    assert!(peaks[62] > 9_000);
}

#[test]
fn restored_state_continues_unchanged() {
    let packets = Phone::new(4_000).packets(10 * SECOND, 20);
    let mut buffer = JitterBuffer::new(Codec::Pcma);
    let mut copy = buffer.clone();
    for (i, sent) in packets.iter().enumerate() {
        let now = Instant(i as u64 * 20_000_000);
        for buffer in [&mut buffer, &mut copy] {
            if i % 17 != 0 {
                buffer.insert(now, &sent.header, &sent.payload);
            }
        }
        let bytes = postcard::to_allocvec(&copy).expect("written");
        copy = postcard::from_bytes(&bytes).expect("read");
        let (mut a, mut b) = ([0; FRAME], [0; FRAME]);
        assert_eq!(buffer.pull(now, &mut a), copy.pull(now, &mut b));
        assert_eq!(a, b, "tick {i}");
        assert_eq!(buffer, copy);
    }
}

fn anything() -> impl Strategy<Value = (Header, usize, bool)> {
    let near = prop_oneof![Just(0u32), 0u32..10_000, any::<u32>()];
    let sequence = prop_oneof![Just(0u16), 0u16..200, any::<u16>()];
    let ssrc = prop_oneof![4 => Just(1u32), 1 => Just(2), 1 => any::<u32>()];
    let length = prop_oneof![3 => Just(160usize), 1 => 0usize..1_700];
    (near, sequence, ssrc, length, any::<bool>()).prop_map(
        |(timestamp, sequence, ssrc, length, pull)| {
            let header = Header {
                payload_type: 0,
                marker: false,
                sequence,
                timestamp,
                ssrc,
            };
            (header, length, pull)
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_packets_do_not_panic_and_the_depth_is_limited(
        events in proptest::collection::vec((anything(), any::<u8>()), 1..400),
    ) {
        for codec in Codec::ALL {
            let mut buffer = JitterBuffer::new(codec);
            let mut frame = vec![1; codec.rate().frame_samples()];
            let scale = codec.frame_units() / 160;
            for (i, ((mut header, length, pull), byte)) in events.iter().cloned().enumerate() {
                let now = Instant(i as u64 * 1_000_000);
                header.timestamp = header.timestamp.wrapping_mul(scale);
                let mut payload = vec![0x55 ^ (byte / 16); length];
                if let Some(first) = payload.first_mut() {
                    // For Opus the byte selects any mode and any number of frames.
                    *first = byte;
                }
                buffer.insert(now, &header, &payload);
                if pull {
                    buffer.pull(now, &mut frame);
                    prop_assert!(buffer.stats().depth_ms <= 700, "{:?}", buffer.stats());
                }
            }
            // The buffer runs dry in any case.
            for _ in 0..60 {
                buffer.pull(Instant(0), &mut frame);
            }
            prop_assert!(buffer.pull(Instant(0), &mut frame) == Pulled::Silence);
            prop_assert!(frame.iter().all(|&sample| sample == 0));
        }
    }
}

/// Plays two seconds of voice with a second of pause between, announced by comfort noise if
/// `noise`.
fn with_a_pause(noise: bool, lost: bool) -> (Vec<Pulled>, confab_rtp::JitterStats) {
    let mut buffer = JitterBuffer::new(Codec::Pcmu);
    let mut pulled = Vec::new();
    let mut sequence = 0;
    for tick in 0..150_u32 {
        let header = Header {
            payload_type: 0,
            marker: tick == 100,
            sequence,
            timestamp: tick * 160,
            ssrc: 1,
        };
        match tick {
            0..50 | 100.. => {
                buffer.insert(Instant(0), &header, &[0x10; 160]);
                sequence += 1;
            }
            50 if noise => {
                buffer.pause(&header);
                sequence += 1;
            }
            50 if lost => sequence += 1,
            _ => {}
        }
        let mut frame = [0; 160];
        pulled.push(buffer.pull(Instant(0), &mut frame));
        if (54..100).contains(&tick) {
            assert_eq!(frame, [0; 160], "tick {tick}");
        }
    }
    (pulled, buffer.stats())
}

#[test]
fn pause_after_comfort_noise_has_no_loss() {
    let (pulled, stats) = with_a_pause(true, false);
    assert_eq!(
        (stats.lost, stats.concealed, stats.strayed),
        (0, 0, 0),
        "{stats:?}"
    );
    assert_eq!(pulled[50], Pulled::Fading);
    assert!(pulled[54..100].iter().all(|what| *what == Pulled::Silence));
    assert!(
        pulled[101..].iter().all(|what| *what == Pulled::Voice),
        "{pulled:?}"
    );
}

#[test]
fn timestamp_gap_without_sequence_gap_is_a_pause() {
    let (pulled, stats) = with_a_pause(false, false);
    assert_eq!(pulled[50], Pulled::Concealed, "it might have been late");
    assert_eq!((stats.lost, stats.concealed), (0, 0), "{stats:?}");
    assert!(
        pulled[101..].iter().all(|what| *what == Pulled::Voice),
        "{pulled:?}"
    );
    // A pause with a lost packet is a loss.
    let (_, stats) = with_a_pause(false, true);
    assert_eq!(stats.lost, 1, "{stats:?}");
    assert!(stats.concealed >= 3, "{stats:?}");
}
