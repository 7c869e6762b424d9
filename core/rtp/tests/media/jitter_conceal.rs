//! Concealment of lost and late packets against the original: as a waveform, and by spectrum.

use crate::sounds::Sound;
use confab_rtp::{Header, JitterBuffer, JitterStats, Pulled};
use confab_terms::{Codec, Instant};

const SECOND: usize = 50;

/// Plays packets that arrive on given ticks, `None` for lost ones. Returns frames, kinds and
/// statistics.
fn hear(
    codec: Codec,
    payloads: &[Vec<u8>],
    arrives: impl Fn(usize) -> Option<usize>,
) -> (Vec<Vec<i16>>, Vec<Pulled>, JitterStats) {
    let mut buffer = JitterBuffer::new(codec);
    let (mut frames, mut pulled) = (Vec::new(), Vec::new());
    // No packet is later than this number of ticks.
    let late_max = 10;
    for tick in 0..payloads.len() {
        let near = tick.saturating_sub(late_max)..=tick;
        for n in near.filter(|&n| arrives(n) == Some(tick)) {
            let header = Header {
                payload_type: codec.payload_type(),
                marker: false,
                sequence: n as u16,
                timestamp: n as u32 * codec.frame_units(),
                ssrc: 7,
            };
            buffer.insert(Instant(0), &header, &payloads[n]);
        }
        let mut frame = vec![0; codec.rate().frame_samples()];
        pulled.push(buffer.pull(Instant(0), &mut frame));
        frames.push(frame);
    }
    (frames, pulled, buffer.stats())
}

/// Returns whether a packet is lost: one in twenty, each alone, none in the first second.
fn is_lost(n: usize) -> bool {
    n > SECOND && (n * 7_919) % 20 == 3
}

fn distance(a: &[i16], b: &[i16]) -> f64 {
    let off = a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b));
    off.map(|off| off * off).sum()
}

#[test]
fn concealment_is_closer_to_the_voice_than_silence_or_the_last_frame() {
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        let payloads = Sound::Speech.payloads(codec, 60 * SECOND);
        let (said, ..) = hear(codec, &payloads, Some);
        let (heard, pulled, stats) = hear(codec, &payloads, |n| (!is_lost(n)).then_some(n));
        let (mut ours, mut silence, mut last) = (0.0, 0.0, 0.0);
        for n in (SECOND..said.len()).filter(|&n| is_lost(n)) {
            assert_eq!(pulled[n], Pulled::Concealed, "{codec:?} {n}");
            ours += distance(&heard[n], &said[n]);
            silence += distance(&vec![0; said[n].len()], &said[n]);
            last += distance(&said[n - 1], &said[n]);
        }
        assert!(stats.lost > 100, "{stats:?}");
        assert!(ours < 0.7 * silence, "{codec:?}: {}", ours / silence);
        assert!(ours < 0.5 * last, "{codec:?}: {}", ours / last);
    }
}

#[test]
fn single_stall_is_concealed_no_longer_than_necessary() {
    for codec in [Codec::Pcmu, Codec::G722] {
        for sound in [Sound::Sine, Sound::Sines] {
            let payloads = sound.payloads(codec, 180 * SECOND);
            let (said, ..) = hear(codec, &payloads, Some);
            for ticks in [1, 2] {
                // All packets of the stall arrive at its end.
                let stall = 500..500 + ticks;
                let arrives = |n| Some(if stall.contains(&n) { stall.end } else { n });
                let (heard, pulled, stats) = hear(codec, &payloads, arrives);
                let concealed = pulled.iter().filter(|what| **what != Pulled::Voice);
                let context = format!("{codec:?} {sound:?} {ticks}: {stats:?}");
                assert_eq!(concealed.count(), ticks, "{context}");
                assert!(stats.grown == 1 && stats.shrunk == 0, "{context}");
                assert!(stats.shortened > 0, "given back: {context}");
                assert!(stats.depth_ms <= 30, "{context}");
                let (said, heard) = (said[3..].concat(), heard[3..].concat());
                let sharper = f64::from(crate::sounds::sharpest(&heard))
                    / f64::from(crate::sounds::sharpest(&said));
                let stray = sound.stray_db(codec, &heard).unwrap_or(0.0);
                assert!(sharper < 1.05, "{sharper} {context}");
                // Concealment of more than one frame fades audibly.
                assert!(ticks > 1 || stray < -15.0, "{stray} {context}");
            }
        }
    }
}
