//! Opus: encoding and decoding, concealment of lost packets, rejection of junk.

use confab_codec::{
    OpusDecoder, OpusEncoder, OpusSettings, OpusSpares, opus_is_silent, opus_samples,
};
use proptest::prelude::*;

const FRAME: usize = 960;

/// Returns a sine at 48 kHz from sample `from` on.
fn sine(hz: f64, from: usize, amplitude: f64) -> Vec<i16> {
    let sample = |n: usize| {
        let turns = (from + n) as f64 * hz / 48_000.0;
        ((turns * std::f64::consts::TAU).sin() * amplitude) as i16
    };
    (0..FRAME).map(sample).collect()
}

/// Returns the amplitude of one frequency in a frame.
fn level(samples: &[i16], hz: f64) -> f64 {
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let angle = n as f64 * hz / 48_000.0 * std::f64::consts::TAU;
        real += f64::from(sample) * angle.cos();
        imaginary += f64::from(sample) * angle.sin();
    }
    2.0 * f64::hypot(real, imaginary) / samples.len() as f64
}

/// Returns packets of a sine.
fn packets(settings: OpusSettings, count: usize) -> Vec<Vec<u8>> {
    let mut encoder = OpusEncoder::new(settings);
    let packet = |n: usize| {
        let mut bytes = [0; 400];
        let length = encoder.encode(&sine(1_000.0, n * FRAME, 8_000.0), &mut bytes);
        bytes[..length].to_vec()
    };
    (0..count).map(packet).collect()
}

#[test]
fn opus_tone_keeps_its_level() {
    for bit_rate in [16_000, 32_000, 64_000, 128_000] {
        for complexity in [0, 5, 10] {
            let settings = OpusSettings {
                bit_rate,
                complexity,
            };
            let mut decoder = OpusDecoder::default();
            let mut out = [0; FRAME];
            for packet in packets(settings, 20) {
                assert_eq!(opus_samples(&packet), Some(FRAME));
                assert_eq!(decoder.decode(&packet, &mut out), FRAME);
            }
            let level = level(&out, 1_000.0);
            assert!((7_000.0..9_000.0).contains(&level), "{settings:?}: {level}");
        }
    }
}

#[test]
fn loss_is_concealed_and_long_loss_fades_out() {
    let mut decoder = OpusDecoder::default();
    let mut out = [0; FRAME];
    for packet in packets(OpusSettings::default(), 10) {
        decoder.decode(&packet, &mut out);
    }
    assert_eq!(decoder.conceal(FRAME, &mut out), FRAME);
    let first = level(&out, 1_000.0);
    assert!(first > 3_000.0, "{first}");
    for _ in 0..30 {
        decoder.conceal(FRAME, &mut out);
    }
    let last = level(&out, 1_000.0);
    assert!(last < 200.0, "{last}");
}

#[test]
fn restored_decoder_continues_unchanged() {
    let mut decoder = OpusDecoder::default();
    let mut out = [0; FRAME];
    let packets = packets(OpusSettings::default(), 20);
    for packet in &packets[..10] {
        decoder.decode(packet, &mut out);
    }
    let mut decoder = decoder.clone();
    for packet in &packets[10..] {
        assert_eq!(decoder.decode(packet, &mut out), FRAME);
    }
    assert!(level(&out, 1_000.0) > 7_000.0);
}

#[test]
fn durations_are_read_from_the_first_byte() {
    // RFC 6716 table 2, and the four codes of the number of frames.
    assert_eq!(opus_samples(&[]), None);
    assert_eq!(opus_samples(&[0x08, 1]), Some(960));
    assert_eq!(opus_samples(&[0x18, 1]), Some(2_880));
    assert_eq!(opus_samples(&[0x60, 1]), Some(480));
    assert_eq!(opus_samples(&[0x80, 1]), Some(120));
    assert_eq!(opus_samples(&[0xf8, 1]), Some(960));
    assert_eq!(opus_samples(&[0xf9, 1, 1]), Some(1_920));
    assert_eq!(opus_samples(&[0xf9, 1]), None, "two of one length each");
    assert_eq!(opus_samples(&[0xfb, 3]), Some(2_880));
    assert_eq!(opus_samples(&[0xf8]), Some(960), "nothing is said");
    assert_eq!(opus_samples(&[0xfb, 0]), None, "none at all");
    assert_eq!(opus_samples(&[0xfb, 63]), None, "more than 120 ms");
}

#[test]
fn rejects_packet_with_inconsistent_lengths() {
    // RFC 6716 §3.4, rule by rule; 0xf8 to 0xfb: 20 ms of CELT, codes 0 to 3.
    let long = |head: &[u8], length: usize| [head, &vec![1; length]].concat();
    for (packet, samples) in [
        (long(&[0xf8], 1_275), Some(960)),
        (long(&[0xf8], 1_276), None),
        (long(&[0xf9], 2 * 1_275), Some(1_920)),
        (long(&[0xf9], 2 * 1_276), None),
        (long(&[0xfa, 3], 3), Some(1_920)),
        (long(&[0xfa, 3], 5), Some(1_920)),
        (long(&[0xfa, 3], 2), None),
        (long(&[0xfa, 252, 2], 260), Some(1_920)),
        (long(&[0xfa, 252, 2], 259), None),
        (vec![0xfa, 252], None),
        (vec![0xfa], None),
        (vec![0xfb], None),
        (long(&[0xfb, 3], 9), Some(2_880)),
        (long(&[0xfb, 3], 10), None),
        (long(&[0xfb, 0x80 | 3, 2, 3], 7), Some(2_880)),
        (long(&[0xfb, 0x80 | 3, 2, 3], 4), None),
        (long(&[0xfb, 0x80 | 3, 2], 0), None),
        // Padding: five bytes of six, six of six, seven of six.
        (long(&[0xfb, 0x40 | 1, 5], 6), Some(960)),
        (long(&[0xfb, 0x40 | 1, 6], 6), Some(960)),
        (long(&[0xfb, 0x40 | 1, 7], 6), None),
        (long(&[0xfb, 0x40 | 1, 255, 2], 256), Some(960)),
        (long(&[0xfb, 0x40 | 1, 255, 3], 256), None),
        (vec![0xfb, 0x40 | 1, 255], None),
    ] {
        assert_eq!(
            opus_samples(&packet),
            samples,
            "{:?}",
            &packet[..packet.len().min(6)]
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_packets_do_not_break_the_decoder(
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8),
    ) {
        let mut decoder = OpusDecoder::default();
        let mut out = [0; 5_760];
        for packet in &packets {
            decoder.decode(packet, &mut out);
            decoder.recover(packet, FRAME, &mut out);
            decoder.conceal(FRAME, &mut out);
        }
    }
}

/// Packet of a muted phone: libopus and this encoder produce the same three bytes.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];

#[test]
fn silent_packet_decodes_to_zeros() {
    let mut encoder = OpusEncoder::new(OpusSettings::default());
    let mut bytes = [0; 400];
    assert_eq!(encoder.encode(&[0; FRAME], &mut bytes), SILENCE.len());
    assert_eq!(bytes[..SILENCE.len()], SILENCE);
    for (packet, samples) in [
        (SILENCE.to_vec(), FRAME),
        (vec![0xf8, 0xff, 0xff, 0, 0], FRAME),
        (vec![0x80, 0xff, 0xfe], 120),
    ] {
        let (mut decoder, mut out) = (OpusDecoder::default(), [1; FRAME]);
        assert!(opus_is_silent(&packet), "{packet:02x?}");
        assert_eq!(decoder.decode(&packet, &mut out), samples);
        let is_silence = out[..samples].iter().all(|&sample| sample == 0);
        assert!(is_silence, "{packet:02x?}");
    }
    // Voice, SILK mode, a missing frame, and two frames are not silent.
    for packet in packets(OpusSettings::default(), 3) {
        assert!(!opus_is_silent(&packet));
    }
    for packet in [&[0x08, 0xff, 0xfe][..], &[0xf8], &[0xf9, 0xff, 0xfe]] {
        assert!(!opus_is_silent(packet), "{packet:02x?}");
    }
}

#[test]
fn reused_decoder_keeps_no_former_state() {
    let mut spares = OpusSpares::default();
    let settings = OpusSettings::default();
    let tone = packets(settings, 10);
    let (mut decoder, mut out) = (OpusDecoder::default(), [0; FRAME]);
    decoder.equip(&mut spares);
    for packet in &tone {
        decoder.decode(packet, &mut out);
    }
    decoder.release(&mut spares);
    assert!(!decoder.is_equipped());
    let mut next = OpusDecoder::default();
    next.equip(&mut spares);
    // Concealment would otherwise continue the voice of the previous user.
    next.conceal(FRAME, &mut out);
    assert_eq!(out, [0; FRAME]);

    let mut encoder = OpusEncoder::new(settings);
    encoder.equip(&mut spares);
    let mut bytes = [0; 400];
    encoder.encode(&sine(1_000.0, 0, 8_000.0), &mut bytes);
    encoder.release(&mut spares);
    let mut next = OpusEncoder::new(settings);
    next.equip(&mut spares);
    assert_eq!(next.encode(&[0; FRAME], &mut bytes), SILENCE.len());
    assert_eq!(bytes[..SILENCE.len()], SILENCE);
}
