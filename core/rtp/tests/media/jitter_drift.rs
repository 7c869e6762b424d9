//! Drifting clocks: ten minutes of output compared with the same without drift.

use crate::sounds::Sound;
use confab_rtp::{Header, JitterBuffer, JitterStats, Pulled};
use confab_terms::{Codec, Instant};

const TEN_MINUTES: usize = 30_000;

/// Output for a sender whose 20 ms are longer by a given ratio.
struct Heard {
    samples: Vec<i16>,
    concealed: usize,
    depth_ms_max: u32,
    stats: JitterStats,
}

fn listen(codec: Codec, payloads: &[Vec<u8>], slow_ppm: f64, phase_us: f64) -> Heard {
    listen_to(codec, payloads, (slow_ppm, phase_us), |_| {})
}

/// Plays a drifting sender; calls `between` with the buffer before each tick.
fn listen_to(
    codec: Codec,
    payloads: &[Vec<u8>],
    (slow_ppm, phase_us): (f64, f64),
    between: impl Fn(&mut JitterBuffer),
) -> Heard {
    let mut buffer = JitterBuffer::new(codec);
    let mut header = Header {
        payload_type: codec.payload_type(),
        marker: false,
        sequence: 65_500,
        timestamp: u32::MAX - 30_000,
        ssrc: 7,
    };
    let mut frame = vec![0; codec.rate().frame_samples()];
    let mut heard = Heard {
        samples: Vec::new(),
        concealed: 0,
        depth_ms_max: 0,
        stats: buffer.stats(),
    };
    let mut sent = 0;
    let arrives = |n: usize| phase_us + n as f64 * 20_000.0 * (1.0 + slow_ppm / 1e6);
    for tick in 0.. {
        let now = tick as f64 * 20_000.0;
        while sent < payloads.len() && arrives(sent) <= now {
            buffer.insert(Instant(now as u64 * 1_000), &header, &payloads[sent]);
            header.sequence = header.sequence.wrapping_add(1);
            header.timestamp = header.timestamp.wrapping_add(codec.frame_units());
            sent += 1;
        }
        if sent == payloads.len() {
            break;
        }
        between(&mut buffer);
        let pulled = buffer.pull(Instant(now as u64 * 1_000), &mut frame);
        if tick > 2 {
            assert_ne!(pulled, Pulled::Silence, "tick {tick}");
            heard.concealed += usize::from(pulled == Pulled::Concealed);
            heard.samples.extend(&frame);
            heard.depth_ms_max = heard.depth_ms_max.max(buffer.stats().depth_ms);
        }
    }
    heard.stats = buffer.stats();
    heard
}

/// Plays the packets at each drift and compares the output with the same without drift.
fn drift(codec: Codec, sound: Sound, packets: usize, ppms: &[f64]) {
    let payloads = sound.payloads(codec, packets);
    let plain = listen(codec, &payloads, 0.0, 7_000.0);
    assert_eq!(plain.concealed, 0);
    let changes = plain.stats.shortened + plain.stats.lengthened + plain.stats.shrunk;
    assert_eq!(changes, 0, "{:?}", plain.stats);
    let sharpest = crate::sounds::sharpest(&plain.samples);
    for &ppm in ppms {
        let heard = listen(codec, &payloads, ppm, 7_000.0);
        let stats = heard.stats;
        let context = format!("{codec:?} {sound:?} {ppm} ppm: {stats:?}");
        // Number of times that a whole frame was surplus or missing.
        let slips = packets as f64 * f64::abs(ppm) / 1e6;
        // The first slip of a slow clock is unpredictable, and so is the interval to the second
        // one.
        let unforeseen = if ppm > 0.0 { 2 } else { 0 };
        assert!(
            heard.concealed <= unforeseen,
            "{} {context}",
            heard.concealed
        );
        assert!(
            stats.shortened + stats.lengthened + stats.grown >= slips as u64,
            "{context}"
        );
        assert_eq!(
            stats.shrunk + stats.resynchronised + stats.lost,
            0,
            "{context}"
        );
        assert!(heard.depth_ms_max <= 50, "{} {context}", heard.depth_ms_max);
        let sharper = f64::from(crate::sounds::sharpest(&heard.samples)) / f64::from(sharpest);
        assert!(sharper < 1.05, "{sharper} {context}");
        if let Some(stray) = sound.stray_db(codec, &heard.samples) {
            // A skipped frame with a blend of 5 ms causes up to −3 dB.
            let stray_max = match codec {
                _ if heard.concealed == 0 => -18.0,
                // Opus conceals the two frames itself.
                Codec::Opus => -7.0,
                _ => -15.0,
            };
            assert!(stray < stray_max, "{stray} {context}");
        }
    }
}

const PPMS: &[f64] = &[-500.0, -200.0, -50.0, 50.0, 200.0, 500.0];

#[test]
fn sine_with_drift_has_no_click() {
    drift(Codec::Pcmu, Sound::Sine, TEN_MINUTES, PPMS);
}

#[test]
fn sines_with_drift_have_no_click() {
    drift(Codec::Pcmu, Sound::Sines, TEN_MINUTES, PPMS);
}

#[test]
fn speech_with_drift_has_no_click() {
    drift(Codec::Pcmu, Sound::Speech, TEN_MINUTES, PPMS);
}

#[test]
fn wideband_voice_with_drift_has_no_click() {
    drift(Codec::G722, Sound::Sines, TEN_MINUTES, &[-500.0, 500.0]);
    drift(Codec::G722, Sound::Speech, TEN_MINUTES, &[-500.0, 500.0]);
}

#[test]
fn opus_with_drift_has_no_click() {
    drift(Codec::Opus, Sound::Sine, TEN_MINUTES / 5, &[-500.0, 500.0]);
}

#[test]
fn restored_buffer_follows_drift_unchanged() {
    for codec in [Codec::Pcma, Codec::G722] {
        let payloads = Sound::Sines.payloads(codec, TEN_MINUTES / 4);
        for ppm in [-500.0, 500.0] {
            let through = listen(codec, &payloads, ppm, 7_000.0);
            let again = listen_to(codec, &payloads, (ppm, 7_000.0), |buffer| {
                let bytes = postcard::to_allocvec(buffer).expect("written");
                *buffer = postcard::from_bytes(&bytes).expect("read");
            });
            assert!(through.stats.shortened + through.stats.lengthened > 0);
            assert_eq!(through.stats, again.stats);
            assert!(through.samples == again.samples, "{codec:?} {ppm}");
        }
    }
}
