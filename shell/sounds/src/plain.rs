//! Audio whose samples are coded one by one: linear PCM, µ-law and A-law of WAV and AU files, and
//! of files without a header.

use std::io::{self, Read};

use crate::decoder::{Decoders, Decoding, Out, Step};
use crate::limits::CHANNELS_MAX;
use crate::mixdown::Mixdown;
use crate::telephone;

/// Maximum number of bytes decoded in one step.
const BLOCK_BYTES: usize = 8_000;

/// Coding of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    MuLaw,
    ALaw,
    /// Unsigned 8 bits, as in WAV.
    U8,
    /// Signed 8 bits, as in AU.
    S8,
    /// Signed integer with this number of bytes.
    Signed(u8, Order),
    Float(Order),
    Double(Order),
}

/// Byte order of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    LittleEndian,
    BigEndian,
}

/// Layout of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) coding: Coding,
    pub(crate) rate: u32,
    pub(crate) channels: u16,
}

impl Layout {
    /// Returns the layout of µ-law or A-law at 8 kHz, mono.
    pub(crate) fn telephone(coding: Coding) -> Self {
        Self {
            coding,
            rate: 8_000,
            channels: 1,
        }
    }
}

impl Coding {
    /// Returns the number of bytes of a sample.
    fn bytes(self) -> usize {
        match self {
            Self::MuLaw | Self::ALaw | Self::U8 | Self::S8 => 1,
            Self::Signed(bytes, _) => bytes.into(),
            Self::Float(_) => 4,
            Self::Double(_) => 8,
        }
    }

    /// Decodes a sample to -1..1.
    fn sample(self, bytes: &[u8]) -> f32 {
        let mut all = [0; 8];
        let order = match self {
            Self::Signed(_, order) | Self::Float(order) | Self::Double(order) => order,
            _ => Order::LittleEndian,
        };
        // The most significant byte first.
        for (at, to) in all.iter_mut().enumerate().take(bytes.len()) {
            *to = match order {
                Order::BigEndian => bytes[at],
                Order::LittleEndian => bytes[bytes.len() - 1 - at],
            };
        }
        let four = [all[0], all[1], all[2], all[3]];
        match self {
            Self::MuLaw => telephone::expand(bytes[0]),
            Self::ALaw => telephone::expand_a(bytes[0]),
            Self::U8 => (f32::from(bytes[0]) - 128.0) / 128.0,
            Self::S8 | Self::Signed(..) => i32::from_be_bytes(four) as f32 / 2_147_483_648.0,
            Self::Float(_) => finite(f32::from_be_bytes(four)),
            Self::Double(_) => finite(f64::from_be_bytes(all) as f32),
        }
    }
}

/// Clamps a sample to -4..4; replaces infinity and NaN by silence.
fn finite(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-4.0, 4.0)
    } else {
        0.0
    }
}

/// Decoder of blocks of samples.
struct Plain<R> {
    source: R,
    layout: Layout,
    mixdown: Mixdown,
    block: Vec<u8>,
    /// Number of bytes at the beginning of the block that belong to an incomplete frame.
    held: usize,
    samples: Vec<f32>,
}

/// Returns the decoder of a source.
pub(crate) fn open(
    source: impl Read + Send + 'static,
    layout: Layout,
) -> Result<Box<dyn Decoding>, String> {
    let channels = usize::from(layout.channels);
    if channels == 0 || channels > CHANNELS_MAX {
        return Err(format!("{channels} channels cannot be mixed down"));
    }
    let frame = layout.coding.bytes() * channels;
    Ok(Box::new(Plain {
        source,
        layout,
        mixdown: Mixdown::default(),
        block: vec![0; BLOCK_BYTES / frame.max(1) * frame],
        held: 0,
        samples: Vec::new(),
    }))
}

impl<R: Read + Send> Decoding for Plain<R> {
    fn step(&mut self, decoders: &Decoders, out: Out<'_>) -> Result<Step, String> {
        let count = match self.source.read(&mut self.block[self.held..]) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Step::More),
            Err(error) => {
                self.mixdown.finish(out);
                return Err(error.to_string());
            }
        };
        let Layout {
            coding,
            rate,
            channels,
        } = self.layout;
        let (size, channels) = (coding.bytes(), usize::from(channels));
        self.held += count;
        let whole = self.held / (size * channels) * (size * channels);
        self.samples.clear();
        let samples = self.block[..whole].chunks_exact(size);
        self.samples.extend(samples.map(|s| coding.sample(s)));
        if !self.samples.is_empty() {
            let _turn = decoders.turn();
            self.mixdown.push(decoders, rate, channels, &self.samples)?;
        }
        self.mixdown.hand_on(out);
        self.block.copy_within(whole..self.held, 0);
        self.held -= whole;
        if count == 0 {
            self.mixdown.finish(out);
            return Ok(Step::Ended);
        }
        Ok(Step::More)
    }
}
