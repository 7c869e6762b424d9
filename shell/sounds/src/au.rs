//! Header of AU files (`.snd`, big-endian): 24 bytes, an annotation, then the samples.

use std::io::{self, Read};

use crate::limits::SKIPPED_BYTES_MAX;
use crate::plain::{Coding, Layout, Order};

/// Size of the header without the annotation, in bytes.
const HEADER_BYTES: usize = 24;

/// Reads the header, and leaves the source at the first sample. An error names the unsupported
/// content.
pub(crate) fn layout(source: &mut impl Read) -> Result<Layout, String> {
    let mut header = [0; HEADER_BYTES];
    source
        .read_exact(&mut header)
        .map_err(|_| "found an AU file that ends in its header".to_owned())?;
    let number = |at: usize| {
        let mut four = [0; 4];
        four.copy_from_slice(&header[at..at + 4]);
        u32::from_be_bytes(four)
    };
    let (begins, coding, rate, channels) = (number(4), number(12), number(16), number(20));
    let annotation = u64::from(begins).saturating_sub(HEADER_BYTES as u64);
    if annotation > SKIPPED_BYTES_MAX {
        return Err(format!("found an AU file whose samples begin at {begins}"));
    }
    let skipped = io::copy(&mut source.take(annotation), &mut io::sink());
    skipped.map_err(|error| error.to_string())?;
    let coding = match coding {
        1 => Coding::MuLaw,
        2 => Coding::S8,
        3 => Coding::Signed(2, Order::BigEndian),
        4 => Coding::Signed(3, Order::BigEndian),
        5 => Coding::Signed(4, Order::BigEndian),
        6 => Coding::Float(Order::BigEndian),
        7 => Coding::Double(Order::BigEndian),
        27 => Coding::ALaw,
        other => {
            return Err(format!(
                "found AU coding {other}: 1 (µ-law), 2 to 5 (linear), 6, 7 (floating point) and \
                 27 (A-law) can be played"
            ));
        }
    };
    let channels =
        u16::try_from(channels).map_err(|_| format!("found an AU file of {channels} channels"))?;
    Ok(Layout {
        coding,
        rate,
        channels,
    })
}
