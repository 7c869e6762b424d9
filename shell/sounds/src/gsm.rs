//! GSM 06.10 full-rate speech (ETSI EN 300 961). Frames have 33 bytes in files without a header;
//! pairs of frames have 65 bytes in WAV (format 0x31). Decoding only, in the fixed-point arithmetic
//! of the standard.

mod frame;
mod synthesis;
#[cfg(test)]
mod tests;

use std::io::Read;

use crate::decoder::{Decoders, Decoding, Out, Step};
use crate::mixdown::Mixdown;
use frame::Frame;
use synthesis::Synthesis;

/// Samples of a frame, 20 ms.
pub(crate) const FRAME_SAMPLES: usize = 160;
/// Size of a frame in a file without a header, in bytes.
const FRAME_BYTES: usize = 33;
/// Size of two frames in WAV, in bytes.
const PAIR_BYTES: usize = 65;
/// Upper half of the first byte of each frame in a file without a header.
const MARK: u8 = 0xd;
const RATE: u32 = 8_000;

/// Packing of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// One frame in 33 bytes.
    Frames,
    /// Two frames in 65 bytes.
    Pairs,
}

/// Returns whether the data consists of consecutive frames of 33 bytes, at least three.
pub(crate) fn is_gsm(head: &[u8]) -> bool {
    let marks = head.iter().step_by(FRAME_BYTES);
    marks.len() >= 3 && marks.clone().all(|byte| byte >> 4 == MARK)
}

/// Decoder of single frames or pairs.
struct Frames<R> {
    source: R,
    rate: u32,
    packing: Packing,
    synthesis: Synthesis,
    mixdown: Mixdown,
}

/// Returns the decoder of all frames of a source. An incomplete frame ends the sound.
pub(crate) fn open(
    source: impl Read + Send + 'static,
    rate: u32,
    packing: Packing,
) -> Box<dyn Decoding> {
    Box::new(Frames {
        source,
        rate: if rate == 0 { RATE } else { rate },
        packing,
        synthesis: Synthesis::default(),
        mixdown: Mixdown::default(),
    })
}

impl<R: Read + Send> Decoding for Frames<R> {
    fn step(&mut self, decoders: &Decoders, out: Out<'_>) -> Result<Step, String> {
        let mut block = [0; PAIR_BYTES];
        let block = match self.packing {
            Packing::Frames => &mut block[..FRAME_BYTES],
            Packing::Pairs => &mut block[..],
        };
        if self.source.read_exact(block).is_err() {
            self.mixdown.finish(out);
            return Ok(Step::Ended);
        }
        let frames = match self.packing {
            Packing::Frames if block[0] >> 4 != MARK => {
                self.mixdown.finish(out);
                return Err("found GSM 06.10 whose frames do not follow each other".to_owned());
            }
            Packing::Frames => [Some(Frame::read(block)), None],
            Packing::Pairs => {
                let (first, second) = Frame::read_pair(block);
                [Some(first), Some(second)]
            }
        };
        let turn = decoders.turn();
        for frame in frames.into_iter().flatten() {
            let samples = self.synthesis.decode(&frame);
            let samples = samples.map(|sample| f32::from(sample) / 32_768.0);
            self.mixdown.push(decoders, self.rate, 1, &samples)?;
        }
        drop(turn);
        self.mixdown.hand_on(out);
        Ok(Step::More)
    }
}
