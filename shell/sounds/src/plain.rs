//! Audio whose samples stand one after the other: linear PCM, µ-law and A-law of WAV and AU files,
//! and of files without a header.

use std::io::{self, Read};

use crate::decoder::{Decoders, Out};
use crate::limits::CHANNELS_MAX;
use crate::mixdown::Mixdown;
use crate::telephone;

/// Bytes decoded at once.
const BLOCK_BYTES: usize = 8_000;

/// The coding of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    MuLaw,
    ALaw,
    /// Unsigned, as in WAV.
    U8,
    /// Signed, as in AU.
    S8,
    /// Signed, of so many bytes.
    Signed(u8, Order),
    Float(Order),
    Double(Order),
}

/// The order of the bytes of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    LittleEndian,
    BigEndian,
}

/// The layout of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) coding: Coding,
    pub(crate) rate: u32,
    pub(crate) channels: u16,
}

impl Layout {
    /// µ-law or A-law at 8 kHz, mono.
    pub(crate) fn telephone(coding: Coding) -> Self {
        Self {
            coding,
            rate: 8_000,
            channels: 1,
        }
    }
}

impl Coding {
    /// Bytes of one sample.
    fn bytes(self) -> usize {
        match self {
            Self::MuLaw | Self::ALaw | Self::U8 | Self::S8 => 1,
            Self::Signed(bytes, _) => bytes.into(),
            Self::Float(_) => 4,
            Self::Double(_) => 8,
        }
    }

    /// One sample, in -1..1.
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

/// A sample of a file may be no number at all.
fn finite(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-4.0, 4.0)
    } else {
        0.0
    }
}

/// Decodes samples up to the end of the source.
pub(crate) fn decode(
    decoders: &Decoders,
    mut source: impl Read,
    layout: Layout,
    out: Out<'_>,
) -> Result<(), String> {
    let channels = usize::from(layout.channels);
    if channels == 0 || channels > CHANNELS_MAX {
        return Err(format!("{channels} channels cannot be mixed down"));
    }
    let size = layout.coding.bytes();
    let frame = size * channels;
    let mut mixdown = Mixdown::new(decoders);
    let mut block = vec![0; BLOCK_BYTES / frame.max(1) * frame];
    let (mut held, mut samples) = (0, Vec::new());
    loop {
        let count = match source.read(&mut block[held..]) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                mixdown.finish(out);
                return Err(error.to_string());
            }
        };
        held += count;
        let whole = held / frame * frame;
        samples.clear();
        let coding = layout.coding;
        samples.extend(block[..whole].chunks_exact(size).map(|s| coding.sample(s)));
        if !samples.is_empty() {
            let _turn = decoders.turn();
            mixdown.push(layout.rate, channels, &samples)?;
        }
        if mixdown.hand_on(out).is_break() {
            return Ok(());
        }
        block.copy_within(whole..held, 0);
        held -= whole;
        if count == 0 {
            mixdown.finish(out);
            return Ok(());
        }
    }
}
