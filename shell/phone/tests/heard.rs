//! Verdicts on synthetic packets: a leaked voice, a missing one, and streams with faults. No
//! network.

use std::f64::consts::TAU;
use std::time::Duration;

use confab_codec::{Encoder, OpusSettings, PAYLOAD_BYTES_MAX};
use confab_phone::heard::{
    Continuity, Frame, Presence, Sought, continuity, frames, phase_jumps, presence,
    samples_in_time, wav, who_is_heard,
};
use confab_phone::{Packet, machine};
use confab_terms::{Codec, Instant};

const ANNA: (f64, f64) = (600.0, -20.0);
const BORIS: (f64, f64) = (1_000.0, -20.0);
const CLARA: (f64, f64) = (1_450.0, -20.0);

fn sought(name: &str, voice: (f64, f64)) -> Sought {
    Sought {
        name: name.to_owned(),
        hz: voice.0,
        dbfs: voice.1,
    }
}

/// Returns 20 ms of several tones with gains, as a listener receives them in µ-law.
fn packet(n: u16, voices: &[((f64, f64), f64)]) -> Packet {
    let at = usize::from(n) * 160;
    let sample = |k: usize| {
        let sine = |((hz, dbfs), gain): &((f64, f64), f64)| {
            let peak = 32_767.0 * 10f64.powf(dbfs / 20.0);
            gain * peak * (TAU * hz * (at + k) as f64 / 8_000.0).sin()
        };
        voices.iter().map(sine).sum::<f64>() as i16
    };
    let samples: Vec<i16> = (0..160).map(sample).collect();
    let mut payload = vec![0; 160];
    confab_codec::encode(Codec::Pcmu, &samples, &mut payload);
    Packet {
        arrived: Instant(u64::from(n) * 20_000_000),
        payload_type: 0,
        codec: Some(Codec::Pcmu),
        marker: n == 0,
        sequence: 65_500u16.wrapping_add(n),
        timestamp: 0xffff_f000u32.wrapping_add(u32::from(n) * 160),
        ssrc: 7,
        payload: payload.into(),
    }
}

fn stream(count: u16, voices: &[((f64, f64), f64)]) -> Vec<Frame> {
    let packets: Vec<_> = (0..count).map(|n| packet(n, voices)).collect();
    frames(&packets)
}

#[test]
fn the_level_of_a_tone_is_what_it_was_made_with() {
    let frames = stream(10, &[(ANNA, 1.0)]);
    for frame in &frames {
        let off = frame.level(ANNA.0) - ANNA.1;
        assert!(off.abs() < 0.5, "{off} dB off");
        assert!(frame.level(BORIS.0) < ANNA.1 - 30.0);
    }
}

#[test]
fn two_of_three_are_heard() {
    let frames = stream(100, &[(ANNA, 1.0), (CLARA, 1.0)]);
    let voices = [
        sought("anna", ANNA),
        sought("boris", BORIS),
        sought("clara", CLARA),
    ];
    let verdicts: Vec<_> = who_is_heard(&frames, &voices)
        .into_iter()
        .map(|(_, p)| p)
        .collect();
    assert_eq!(
        verdicts,
        [Presence::Heard, Presence::Silent, Presence::Heard]
    );
}

#[test]
fn one_leaked_frame_among_five_hundred_is_found() {
    let mut packets: Vec<_> = (0..500).map(|n| packet(n, &[(ANNA, 1.0)])).collect();
    packets[321] = packet(321, &[(ANNA, 1.0), (BORIS, 1.0)]);
    let verdict = presence(&frames(&packets), &sought("boris", BORIS));
    assert_eq!(
        verdict,
        Presence::Partly {
            traces: 1,
            carried: 1,
            of: 500
        }
    );
}

#[test]
fn a_leak_20_db_down_is_found() {
    let frames = stream(100, &[(ANNA, 1.0), (BORIS, 0.1)]);
    let verdict = presence(&frames, &sought("boris", BORIS));
    assert_eq!(
        verdict,
        Presence::Partly {
            traces: 100,
            carried: 0,
            of: 100
        }
    );
}

#[test]
fn a_voice_that_is_missing_for_a_while_is_not_heard() {
    let mut packets: Vec<_> = (0..100).map(|n| packet(n, &[(ANNA, 1.0)])).collect();
    for n in 40..50 {
        packets[usize::from(n)] = packet(n, &[]);
    }
    let verdict = presence(&frames(&packets), &sought("anna", ANNA));
    assert_eq!(
        verdict,
        Presence::Partly {
            traces: 90,
            carried: 90,
            of: 100
        }
    );
}

#[test]
fn voice_at_another_level_than_it_was_spoken_is_not_heard() {
    for (gain, by) in [(0.18, -15), (0.25, -12), (0.5, -6), (2.0, 6), (4.0, 12)] {
        let frames = stream(100, &[(ANNA, gain), (BORIS, 1.0)]);
        let verdict = presence(&frames, &sought("anna", ANNA));
        assert_eq!(verdict, Presence::OffLevel { by }, "gain {gain}");
    }
    for gain in [0.7, 1.4] {
        let frames = stream(100, &[(ANNA, gain), (BORIS, 1.0)]);
        assert_eq!(presence(&frames, &sought("anna", ANNA)), Presence::Heard);
    }
}

#[test]
fn ducked_voice_is_heard_where_that_level_is_sought() {
    let mut ducked = sought("anna", ANNA);
    ducked.dbfs -= 12.0;
    let frames = stream(100, &[(ANNA, 0.25), (BORIS, 1.0)]);
    assert_eq!(presence(&frames, &ducked), Presence::Heard);
}

#[test]
fn nothing_heard_is_silence_not_presence() {
    assert_eq!(presence(&[], &sought("anna", ANNA)), Presence::Silent);
}

#[test]
fn loss_reordering_and_doubles_are_counted_across_the_wrap() {
    let whole = stream(100, &[(ANNA, 1.0)]);
    assert_eq!(
        continuity(&whole),
        Continuity {
            received: 100,
            ..Continuity::default()
        }
    );
    let mut broken = whole.clone();
    broken.remove(60);
    broken.swap(10, 11);
    broken.insert(31, whole[30].clone());
    let expected = Continuity {
        received: 100,
        missing: 1,
        late: 1,
        doubled: 1,
        timestamp_jumps: 0,
    };
    assert_eq!(continuity(&broken), expected);
    let mut jumped = whole;
    for frame in &mut jumped[50..] {
        frame.timestamp = frame.timestamp.wrapping_add(80);
    }
    assert_eq!(continuity(&jumped).timestamp_jumps, 1);
}

#[test]
fn one_dropped_sample_is_a_phase_jump() {
    let mut heard = stream(50, &[(ANNA, 1.0)]);
    assert_eq!(phase_jumps(&heard, ANNA.0, ANNA.1), 0);
    let whole = samples_in_time(&heard);
    for (n, frame) in heard.iter_mut().enumerate().skip(25) {
        let from = n * 160 + 1;
        frame.samples = whole.iter().copied().skip(from).take(160).collect();
        frame.samples.resize(160, 0);
    }
    assert_eq!(phase_jumps(&heard[..49], ANNA.0, ANNA.1), 1);
}

#[test]
fn samples_stand_at_their_times_and_gaps_are_silent() {
    let whole = stream(10, &[(ANNA, 1.0)]);
    let all = samples_in_time(&whole);
    assert_eq!(all.len(), 1_600);
    let mut broken = whole.clone();
    broken.remove(4);
    broken.swap(6, 7);
    let patched = samples_in_time(&broken);
    assert_eq!(patched.len(), 1_600);
    assert_eq!(patched[..640], all[..640]);
    assert!(patched[640..800].iter().all(|&sample| sample == 0));
    assert_eq!(patched[800..], all[800..]);
    let mut leapt = whole;
    for frame in &mut leapt[5..] {
        frame.timestamp = frame.timestamp.wrapping_add(1 << 30);
    }
    assert_eq!(samples_in_time(&leapt), all);
}

#[test]
fn a_wav_file_says_what_it_holds() {
    let file = wav(&[1, -1, 2]);
    assert_eq!(file.len(), 50);
    assert_eq!(&file[..4], b"RIFF");
    assert_eq!(u32::from_le_bytes([file[4], file[5], file[6], file[7]]), 42);
    assert_eq!(
        u32::from_le_bytes([file[40], file[41], file[42], file[43]]),
        6
    );
    assert_eq!(&file[44..], [1, 0, 255, 255, 2, 0]);
}

/// Returns the packets of a caller with this codec that sends a tone.
fn coded(codec: Codec, payload_type: u8, count: u16, hz: f64) -> Vec<Packet> {
    let mut encoder = Encoder::new(codec, OpusSettings::default());
    let length = codec.rate().frame_samples();
    let packet = |n: u16| {
        let sample = |k: usize| {
            let at = (usize::from(n) * length + k) as f64;
            (3_276.7 * (TAU * hz * at / f64::from(codec.rate().hz())).sin()) as i16
        };
        let samples: Vec<i16> = (0..length).map(sample).collect();
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        let bytes = encoder.encode(&samples, &mut payload);
        Packet {
            arrived: Instant(u64::from(n) * 20_000_000),
            payload_type,
            codec: Some(codec),
            marker: n == 0,
            sequence: n,
            timestamp: u32::from(n) * codec.frame_units(),
            ssrc: 7,
            payload: payload[..bytes].into(),
        }
    };
    (0..count).map(packet).collect()
}

#[test]
fn every_codec_is_heard_at_its_level_and_of_a_piece() {
    for (codec, payload_type) in [
        (Codec::Pcmu, 0),
        (Codec::Pcma, 8),
        (Codec::G722, 98),
        (Codec::Opus, 96),
    ] {
        let heard = frames(&coded(codec, payload_type, 60, 1_000.0));
        let settled = &heard[5..];
        for frame in settled {
            assert_eq!(frame.samples.len(), codec.rate().frame_samples());
            let off = frame.level(1_000.0) + 20.0;
            assert!(off.abs() < 1.0, "{codec:?}: {off} dB off");
            assert!(frame.level(1_450.0) < -48.0, "{codec:?}");
        }
        assert_eq!(phase_jumps(settled, 1_000.0, -20.0), 0, "{codec:?}");
        let found = continuity(&heard);
        assert_eq!((found.missing, found.timestamp_jumps), (0, 0), "{codec:?}");
        let seconds = samples_in_time(&heard).len() as f64 / f64::from(codec.rate().hz());
        assert!((seconds - 1.2).abs() < 1e-9, "{codec:?}: {seconds} s");
    }
}

/// Uses the records of `machine`, as the only test of its process.
#[test]
fn measurement_with_a_late_phone_is_taken_again_and_counted() {
    let mut stretches = 0;
    let measured = machine::in_time(Duration::from_millis(1), |_, to| {
        stretches += 1;
        if stretches <= 2 {
            machine::note_late(to);
        }
        Ok::<(), ()>(())
    });
    let (from, to) = measured.unwrap();
    assert_eq!((stretches, machine::repeats()), (3, 2));
    assert!(to.saturating_since(from) == Duration::from_millis(1));
}

#[test]
fn wide_voices_have_what_narrow_ones_have_not() {
    for codec in [Codec::G722, Codec::Opus] {
        let heard = frames(&coded(codec, codec.payload_type(), 30, 5_500.0));
        let level = heard[20].level(5_500.0);
        assert!(level > -23.0, "{codec:?}: {level}");
    }
}
