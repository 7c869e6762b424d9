//! The jitter buffer with wideband voice, G.722 and Opus, judged by the tone at its output.

use confab_codec::{Encoder, OpusSettings, OpusSpares, tone::Sine};
use confab_rtp::{Header, JitterBuffer, Pulled};
use confab_terms::{Codec, Instant};

use crate::sine::{self, HZ, level};

const WIDE: [Codec; 2] = [Codec::G722, Codec::Opus];

/// Creates packets whose sequence number and timestamp both wrap around.
fn packets(codec: Codec, count: usize) -> Vec<(Header, Vec<u8>)> {
    sine::packets(codec, count, (65_500, 1_000_u32.wrapping_neg()))
}

/// Plays packets that arrive on given ticks. Returns kind and level of each frame.
fn heard(
    codec: Codec,
    arrivals: impl IntoIterator<Item = (usize, (Header, Vec<u8>))>,
    ticks: usize,
) -> Vec<(Pulled, f64)> {
    let mut buffer = JitterBuffer::new(codec);
    let mut arrivals: Vec<_> = arrivals.into_iter().collect();
    arrivals.sort_by_key(|&(tick, _)| tick);
    let mut arrivals = arrivals.into_iter().peekable();
    let mut frame = vec![0; codec.rate().frame_samples()];
    let mut pull = |tick: usize| {
        while let Some((_, (header, payload))) = arrivals.next_if(|&(at, _)| at <= tick) {
            buffer.insert(Instant(0), &header, &payload);
        }
        let pulled = buffer.pull(Instant(0), &mut frame);
        (pulled, level(codec, &frame))
    };
    (0..ticks).map(&mut pull).collect()
}

#[test]
fn clean_stream_is_played_on_its_arrival_tick() {
    for codec in WIDE {
        let heard = heard(codec, packets(codec, 200).into_iter().enumerate(), 200);
        for (tick, &(pulled, level)) in heard.iter().enumerate() {
            assert_eq!(pulled, Pulled::Voice, "{codec:?}, tick {tick}");
            let whole = (7_000.0..9_000.0).contains(&level);
            assert!(tick < 3 || whole, "{codec:?}, tick {tick}: {level}");
        }
    }
}

#[test]
fn lost_packet_is_concealed_and_the_tone_continues() {
    for codec in WIDE {
        let arrivals = packets(codec, 200).into_iter().enumerate();
        let arrivals = arrivals.filter(|&(n, _)| n < 20 || n % 10 != 5);
        let heard = heard(codec, arrivals, 200);
        for (tick, &(pulled, level)) in heard.iter().enumerate().skip(20) {
            let expected = if tick % 10 == 5 {
                Pulled::Concealed
            } else {
                Pulled::Voice
            };
            assert_eq!(pulled, expected, "{codec:?}, tick {tick}");
            assert!(level > 4_000.0, "{codec:?}, tick {tick}: {level}");
        }
    }
}

#[test]
fn reordered_packets_are_played_in_order() {
    for codec in WIDE {
        // Each second packet is a tick and a half late.
        let arrivals = packets(codec, 400).into_iter().enumerate();
        let arrivals = arrivals.map(|(n, packet)| (n + n % 2 * 3, packet));
        let heard = heard(codec, arrivals, 400);
        for (tick, &(pulled, level)) in heard.iter().enumerate().skip(150) {
            assert_eq!(pulled, Pulled::Voice, "{codec:?}, tick {tick}");
            let whole = (7_000.0..9_000.0).contains(&level);
            assert!(whole, "{codec:?}, tick {tick}: {level}");
        }
    }
}

#[test]
fn ended_voice_fades_out_and_resumes() {
    for codec in WIDE {
        let arrivals = packets(codec, 100).into_iter().enumerate();
        let arrivals = arrivals.filter(|&(n, _)| !(40..70).contains(&n));
        let heard = heard(codec, arrivals, 100);
        let silent = heard[50..70]
            .iter()
            .all(|&(pulled, level)| pulled == Pulled::Silence && level == 0.0);
        assert!(silent, "{codec:?}: {:?}", &heard[40..70]);
        let back = heard[73..].iter().all(|&(_, level)| level > 6_000.0);
        assert!(back, "{codec:?}: {:?}", &heard[70..]);
    }
}

#[test]
fn pause_is_not_counted_as_loss() {
    // Discontinuous transmission: one packet that denotes silence, then none.
    let mut sent: Vec<_> = packets(Codec::Opus, 60).into_iter().enumerate().collect();
    sent.truncate(31);
    sent[30].1.1 = vec![0xf8, 0];
    sent[30].1.1.truncate(1);
    let heard = heard(Codec::Opus, sent, 50);
    let concealed = heard
        .iter()
        .filter(|&&(pulled, _)| pulled == Pulled::Concealed);
    assert_eq!(concealed.count(), 0, "{heard:?}");
}

/// Discontinuous transmission of background noise: each twentieth packet is sent.
#[test]
fn background_noise_continues_through_dtx_pauses() {
    let codec = Codec::Opus;
    let mut encoder = Encoder::new(codec, OpusSettings::default());
    let (mut bits, mut sequence) = (1_u32, 0);
    let mut buffer = JitterBuffer::new(codec);
    let mut frame = vec![0_i16; codec.rate().frame_samples()];
    let mut payload = [0; confab_codec::PAYLOAD_BYTES_MAX];
    let mut loudness = Vec::new();
    for tick in 0..400_u32 {
        for sample in &mut frame {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // The noise is at most -46 dBFS.
            *sample = (bits >> 16) as u16 as i16 / 200;
        }
        let length = encoder.encode(&frame, &mut payload);
        if tick < 50 || tick % 20 == 0 {
            let header = Header {
                payload_type: codec.payload_type(),
                marker: false,
                sequence,
                timestamp: tick * codec.frame_units(),
                ssrc: 1,
            };
            sequence += 1;
            buffer.insert(Instant(0), &header, &payload[..length]);
        }
        buffer.pull(Instant(0), &mut frame);
        let energy: f64 = frame.iter().map(|&s| f64::from(s).powi(2)).sum();
        loudness.push((energy / frame.len() as f64).sqrt());
    }
    // The first pause is not recognized. In each later pause the noise continues at its level after
    // the packet and one frame of blending.
    for pause in loudness[100..].chunks_exact(20) {
        let steady = pause[3];
        assert!(steady > 5.0, "{pause:?}");
        let same = |l: &&f64| (steady * 0.7..steady * 1.4).contains(*l);
        assert_eq!(pause[3..].iter().filter(same).count(), 17, "{pause:?}");
    }
}

#[test]
fn packets_of_several_frames_are_played_completely() {
    // Opus needs constant bit rate to join two frames of one length (code 1 of RFC 6716 §3.2.3);
    // G.722 is divisible at any byte.
    let packets = packets(Codec::G722, 120);
    let joined = packets.chunks_exact(3).enumerate().map(|(n, three)| {
        let payload = three.iter().flat_map(|(_, payload)| payload.clone());
        let mut header = three[0].0;
        header.sequence = n as u16;
        (3 * n, (header, payload.collect::<Vec<_>>()))
    });
    let heard = heard(Codec::G722, joined, 115);
    assert!(
        heard.iter().all(|&(pulled, _)| pulled == Pulled::Voice),
        "{heard:?}"
    );
}

#[test]
fn opus_packet_of_two_frames_is_voice_on_both_ticks() {
    let singles = packets(Codec::Opus, 120);
    let joined = singles.chunks_exact(2).enumerate().map(|(n, two)| {
        let (first, second) = (&two[0].1, &two[1].1);
        // Code 2 of RFC 6716 §3.2.4: two frames, preceded by the length of the first.
        let length = first.len() - 1;
        assert!(length < 252 && first[0] == second[0], "{first:?}");
        let head = [first[0] | 2, length as u8];
        let payload = [&head, &first[1..], &second[1..]].concat();
        let mut header = two[0].0;
        header.sequence = n as u16;
        (2 * n + 1, (header, payload))
    });
    let heard = heard(Codec::Opus, joined, 110);
    for (tick, &(pulled, level)) in heard.iter().enumerate().skip(4) {
        assert_eq!(pulled, Pulled::Voice, "tick {tick}");
        assert!((6_000.0..9_000.0).contains(&level), "tick {tick}: {level}");
    }
}

#[test]
fn decoder_is_lent_during_voice_only_and_voice_resumes_completely() {
    let mut spares = OpusSpares::default();
    let mut buffer = JitterBuffer::new(Codec::Opus);
    let (mut frame, mut equipped) = ([0; 960], Vec::new());
    let mut encoder = Encoder::new(Codec::Opus, OpusSettings::default());
    let mut sine = Sine::new(48_000, HZ as f32, -12.25);
    for (tick, (header, _)) in packets(Codec::Opus, 200).into_iter().enumerate() {
        let (mut said, mut payload) = ([0; 960], [0; 400]);
        sine.fill(&mut said);
        if tick < 20 || (40..140).contains(&tick) {
            said.fill(0);
        }
        let length = encoder.encode(&said, &mut payload);
        let payload = &payload[..length];
        if buffer.lacks_decoder(payload) {
            buffer.equip(&mut spares);
        }
        buffer.insert(Instant(0), &header, payload);
        let pulled = buffer.pull(Instant(0), &mut frame);
        buffer.rest(&mut spares);
        assert_eq!(pulled, Pulled::Voice, "tick {tick}");
        let level = level(Codec::Opus, &frame);
        match tick {
            0..20 | 60..140 => assert!(frame == [0; 960], "tick {tick}: {level}"),
            23..40 | 143.. => assert!(level > 6_000.0, "tick {tick}: {level}"),
            _ => {}
        }
        equipped.push(buffer.has_decoder());
    }
    let changes: Vec<usize> = (1..200)
        .filter(|&n| equipped[n] != equipped[n - 1])
        .collect();
    let [20, 90..140, 140] = changes[..] else {
        panic!("{changes:?}");
    };
}
