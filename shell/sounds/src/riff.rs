//! Chunks of WAV and AIFF files before the samples. WAV headers are parsed here, also with wrong
//! sizes (from writers to a pipe), missing pads, and titles or pictures before the samples. AIFF
//! headers are only checked; symphonia parses them.

use std::io::{self, Read};

use crate::limits::{CHANNELS_MAX, SKIPPED_BYTES_MAX};
use crate::plain::{Coding, Layout, Order};

/// Maximum size of the part of an AIFF file that is checked, in bytes.
const PREFIX_BYTES_MAX: usize = 64 * 1024;
/// Maximum number of bytes of `fmt ` that are read; the rest is skipped.
const FORMAT_BYTES_MAX: usize = 1_024;
const FORMAT_BYTES_MIN: usize = 16;
/// Maximum number of chunks before the samples.
const CHUNKS_MAX: usize = 1_024;
/// `wFormatTag` of WAVE_FORMAT_EXTENSIBLE, whose sub-format begins at byte 24.
const EXTENSIBLE: u16 = 0xfffe;
const SUB_FORMAT: usize = 24;
/// Names of chunks that may follow an odd chunk without a pad.
const NAMES: &[&[u8; 4]] = &[
    b"fmt ", b"data", b"LIST", b"fact", b"bext", b"cue ", b"id3 ", b"ID3 ", b"smpl", b"inst",
    b"PEAK", b"JUNK", b"junk", b"FLLR", b"PAD ", b"iXML", b"cart", b"afsp", b"INFO", b"plst",
    b"labl", b"note", b"DISP", b"acid", b"_PMX", b"SNDM", b"minf", b"elm1", b"regn", b"umid",
];

/// Description of the samples of a WAV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wave {
    /// `wFormatTag`, or that of the sub-format if the format is extensible.
    pub(crate) format: u16,
    pub(crate) channels: u16,
    pub(crate) rate: u32,
    bits: u16,
    /// Content of `fmt `.
    pub(crate) described: Vec<u8>,
    /// Size of the samples in bytes; `None`: up to the end of the file.
    pub(crate) length: Option<u64>,
}

impl Wave {
    /// Returns the layout of samples that `plain` decodes.
    pub(crate) fn layout(&self) -> Option<Layout> {
        let order = Order::LittleEndian;
        // A sample takes whole bytes, also one of 12 or 20 bits.
        let bytes = u8::try_from(self.bits.div_ceil(8)).ok()?;
        let coding = match (self.format, bytes) {
            (1, 1) => Coding::U8,
            (1, 2..=4) => Coding::Signed(bytes, order),
            (3, 4) => Coding::Float(order),
            (3, 8) => Coding::Double(order),
            (6, _) => Coding::ALaw,
            (7, _) => Coding::MuLaw,
            _ => return None,
        };
        Some(Layout {
            coding,
            rate: self.rate,
            channels: self.channels,
        })
    }

    /// Returns a WAV header of only `fmt ` and the beginning of `data`.
    pub(crate) fn header(&self) -> Vec<u8> {
        let unknown = u32::MAX.to_le_bytes();
        let length = self.length.and_then(|length| u32::try_from(length).ok());
        let described = u32::try_from(self.described.len()).unwrap_or(u32::MAX);
        let mut header = b"RIFF".to_vec();
        header.extend(unknown);
        header.extend(b"WAVEfmt ");
        header.extend(described.to_le_bytes());
        header.extend(&self.described);
        header.extend(b"data");
        header.extend(length.map_or(unknown, u32::to_le_bytes));
        header
    }
}

/// Reads the chunks after `RIFF....WAVE`, and leaves the source at the first sample. An error names
/// the fault.
pub(crate) fn wave(source: &mut impl Read) -> Result<Wave, String> {
    let mut described = None;
    let mut skipped = 0;
    // Bytes that were read and not used yet.
    let mut ahead = Vec::new();
    for _ in 0..CHUNKS_MAX {
        fill(source, &mut ahead, 8)?;
        let head: Vec<u8> = ahead.drain(..8).collect();
        let (name, size) = (&head[..4], le32(&head[4..8]));
        if name == b"data" {
            let described = described.ok_or("found a WAV file without its format")?;
            return parsed(described, size);
        }
        let size = u64::from(size);
        skipped += size;
        if skipped > SKIPPED_BYTES_MAX {
            let most = SKIPPED_BYTES_MAX >> 20;
            return Err(format!(
                "found a WAV file with {most} MB before its samples"
            ));
        }
        let kept = match name {
            b"fmt " => size.min(FORMAT_BYTES_MAX as u64),
            _ => 0,
        };
        let mut chunk = Vec::new();
        let read = source.by_ref().take(kept).read_to_end(&mut chunk);
        read.map_err(|error| error.to_string())?;
        if name == b"fmt " {
            described = Some(chunk);
        }
        let rest = io::copy(&mut source.by_ref().take(size - kept), &mut io::sink());
        rest.map_err(|error| error.to_string())?;
        if size % 2 == 1 {
            // The pad, unless the writer omitted it.
            fill(source, &mut ahead, 4)?;
            if !NAMES.iter().any(|name| ahead.starts_with(&name[..])) {
                ahead.remove(0);
            }
        }
    }
    Err(format!(
        "found a WAV file with {CHUNKS_MAX} chunks before its samples"
    ))
}

/// Reads until `ahead` has this length.
fn fill(source: &mut impl Read, ahead: &mut Vec<u8>, length: usize) -> Result<(), String> {
    let missing = length.saturating_sub(ahead.len());
    let mut more = vec![0; missing];
    let read = source.read_exact(&mut more);
    read.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "found a WAV file without samples".to_owned(),
        _ => error.to_string(),
    })?;
    ahead.extend(more);
    Ok(())
}

fn parsed(mut described: Vec<u8>, size: u32) -> Result<Wave, String> {
    if described.len() < FORMAT_BYTES_MIN {
        return Err("found a WAV file whose format is cut short".to_owned());
    }
    let le16 = |at: usize| u16::from_le_bytes([described[at], described[at + 1]]);
    let (mut format, channels, bits) = (le16(0), le16(2), le16(14));
    if format == EXTENSIBLE && described.len() >= SUB_FORMAT + 2 {
        format = le16(SUB_FORMAT);
    }
    let rate = le32(&described[4..8]);
    if channels == 0 || usize::from(channels) > CHANNELS_MAX {
        return Err(format!("found a WAV file of {channels} channels"));
    }
    described.truncate(FORMAT_BYTES_MAX);
    Ok(Wave {
        format,
        channels,
        rate,
        bits,
        described,
        // A size of zero or near the maximum was never filled in.
        length: (size != 0 && size < u32::MAX - 64 * 1024).then_some(size.into()),
    })
}

fn le32(bytes: &[u8]) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(bytes);
    u32::from_le_bytes(four)
}

/// Reads the chunks of an AIFF file after the mark, up to `PREFIX_BYTES_MAX`, and rejects channel
/// counts that overflow in symphonia.
pub(crate) fn check_aiff(source: &mut impl Read, prefix: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let at = prefix.len();
        if at > PREFIX_BYTES_MAX || !read_to(source, prefix, at + 8)? {
            return Ok(());
        }
        let mut size = [0; 4];
        size.copy_from_slice(&prefix[at + 4..at + 8]);
        let size = u32::from_be_bytes(size) as usize;
        let name = [prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]];
        if &name == b"SSND" {
            return Ok(());
        }
        // Chunks begin at even offsets.
        let end = at + 8 + size + size % 2;
        if &name == b"COMM" && read_to(source, prefix, at + 10)? {
            let channels = u16::from_be_bytes([prefix[at + 8], prefix[at + 9]]);
            if channels == 0 || usize::from(channels) > CHANNELS_MAX {
                let message = format!("{channels} channels can't be mixed down");
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
        if end > PREFIX_BYTES_MAX || !read_to(source, prefix, end)? {
            return Ok(());
        }
    }
}

/// Reads until `prefix` has this length; returns false if the file is shorter.
pub(crate) fn read_to(
    source: &mut impl Read,
    prefix: &mut Vec<u8>,
    length: usize,
) -> io::Result<bool> {
    let missing = length.saturating_sub(prefix.len()) as u64;
    source.by_ref().take(missing).read_to_end(prefix)?;
    Ok(prefix.len() >= length)
}
