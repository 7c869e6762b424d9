//! Packets of libopus 1.3.1 (a voice of 140 Hz and its harmonics, in-band FEC on) and their
//! decoding by libopus. Every mode of RFC 6716 is covered, at 48 kHz, 20 ms each. Decoders need not
//! agree exactly (§6.1); these nearly do.

use confab_codec::{OpusDecoder, opus_samples};

const FRAME: usize = 960;
/// First packet whose decoding by libopus is stored.
const KEPT_FROM: usize = 10;
const LOST: usize = 14;

struct Golden {
    name: &'static str,
    packets: &'static [u8],
    decoded: &'static [u8],
    /// Recovery of packet `LOST` by libopus from the next packet.
    recovered: Option<&'static [u8]>,
}

const GOLDEN: [Golden; 4] = [
    Golden {
        name: "SILK, narrow",
        packets: include_bytes!("libopus/silk_narrow.packets"),
        decoded: include_bytes!("libopus/silk_narrow.pcm"),
        recovered: Some(include_bytes!("libopus/silk_narrow.recovered.pcm")),
    },
    Golden {
        name: "SILK, wide",
        packets: include_bytes!("libopus/silk_wide.packets"),
        decoded: include_bytes!("libopus/silk_wide.pcm"),
        recovered: Some(include_bytes!("libopus/silk_wide.recovered.pcm")),
    },
    Golden {
        name: "hybrid",
        packets: include_bytes!("libopus/hybrid.packets"),
        decoded: include_bytes!("libopus/hybrid.pcm"),
        recovered: Some(include_bytes!("libopus/hybrid.recovered.pcm")),
    },
    Golden {
        name: "CELT",
        packets: include_bytes!("libopus/celt.packets"),
        decoded: include_bytes!("libopus/celt.pcm"),
        recovered: None,
    },
];

/// Splits packets with a preceding length of two bytes, little-endian.
fn packets(mut bytes: &'static [u8]) -> Vec<&'static [u8]> {
    let mut all = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<2>() {
        let (packet, rest) = rest.split_at(u16::from_le_bytes(*head).into());
        all.push(packet);
        bytes = rest;
    }
    all
}

fn samples(bytes: &[u8]) -> Vec<i16> {
    let pairs = bytes.as_chunks::<2>().0;
    pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// Returns the power of the difference below the expected signal, in dB.
fn closeness(ours: &[i16], theirs: &[i16]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let power = |of: &mut dyn Iterator<Item = f64>| of.map(|x| x * x).sum::<f64>();
    let both = ours.iter().zip(theirs);
    let off = power(&mut both.map(|(&a, &b)| f64::from(a) - f64::from(b)));
    let whole = power(&mut theirs.iter().map(|&b| f64::from(b)));
    10.0 * (whole / off.max(1.0)).log10()
}

#[test]
fn decoding_matches_libopus_in_every_mode() {
    for golden in GOLDEN {
        let mut decoder = OpusDecoder::default();
        let mut ours = Vec::new();
        for packet in packets(golden.packets) {
            let mut out = [0; FRAME];
            assert_eq!(opus_samples(packet), Some(FRAME));
            assert_eq!(decoder.decode(packet, &mut out), FRAME, "{}", golden.name);
            ours.extend(out);
        }
        let close = closeness(&ours[KEPT_FROM * FRAME..], &samples(golden.decoded));
        println!("{}: {close:.1} dB", golden.name);
        assert!(close > 60.0, "{}: {close:.1} dB", golden.name);
    }
}

#[test]
fn recovery_from_the_next_packet_matches_libopus() {
    for golden in GOLDEN {
        let Some(recovered) = golden.recovered else {
            continue;
        };
        let packets = packets(golden.packets);
        let mut decoder = OpusDecoder::default();
        let mut out = [0; FRAME];
        for packet in &packets[..LOST] {
            decoder.decode(packet, &mut out);
        }
        let mut made_up = decoder.clone();
        let made = decoder.recover(packets[LOST + 1], FRAME, &mut out);
        assert_eq!(made, FRAME, "{}", golden.name);
        let close = closeness(&out, &samples(recovered));
        made_up.conceal(FRAME, &mut out);
        let without = closeness(&out, &samples(recovered));
        println!("{}: {close:.1} dB, made up {without:.1}", golden.name);
        assert!(close > without + 20.0, "{}: {close:.1} dB", golden.name);
    }
}
