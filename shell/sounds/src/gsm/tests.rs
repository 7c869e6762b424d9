//! Compares every sample with sox, which decodes with the arithmetic of the standard.

use std::io::Cursor;

use super::{Packing, open};
use crate::decoder::{Decoded, Decoders, Step};
use crate::gsm::frame::Frame;
use crate::gsm::synthesis::Synthesis;

const GSM: &[u8] = include_bytes!("../../tests/data/mixture_8000.gsm");
const WAV: &[u8] = include_bytes!("../../tests/data/mixture_8000_gsm.wav");
const BY_SOX: &[u8] = include_bytes!("../../tests/data/mixture_8000_decoded_by_sox.s16");

fn by_sox() -> Vec<i16> {
    let samples = BY_SOX.chunks_exact(2);
    samples.map(|s| i16::from_le_bytes([s[0], s[1]])).collect()
}

#[test]
fn every_sample_of_frames_is_as_sox_decodes_it() {
    let mut synthesis = Synthesis::default();
    let frames = GSM.chunks_exact(33).map(Frame::read);
    let samples: Vec<i16> = frames.flat_map(|f| synthesis.decode(&f)).collect();
    assert_eq!(samples, by_sox());
    let loudest = samples.iter().map(|s| s.unsigned_abs()).max();
    assert!(loudest > Some(10_000), "{loudest:?}");
}

#[test]
fn every_sample_of_pairs_is_as_sox_decodes_it() {
    let mut synthesis = Synthesis::default();
    let at = WAV.windows(4).position(|name| name == b"data").unwrap() + 8;
    let pairs = WAV[at..].chunks_exact(65).map(Frame::read_pair);
    let samples: Vec<i16> = pairs
        .flat_map(|(one, two)| [synthesis.decode(&one), synthesis.decode(&two)])
        .flatten()
        .collect();
    assert_eq!(samples, by_sox());
}

#[test]
fn frames_that_do_not_follow_each_other_end_the_file_there() {
    let decoders = Decoders::new(1);
    let mut samples = 0;
    let mut broken = GSM.to_vec();
    broken[33 * 10] = 0;
    let mut decoding = open(Cursor::new(broken), 0, Packing::Frames);
    let ended = loop {
        let mut out = |decoded: Decoded<'_>| samples += decoded.narrow.len();
        match decoding.step(&decoders, &mut out) {
            Ok(Step::More) => {}
            ended => break ended,
        }
    };
    assert!(ended.is_err_and(|reason| reason.starts_with("found GSM 06.10")));
    assert_eq!(samples, 10 * 160);
}
