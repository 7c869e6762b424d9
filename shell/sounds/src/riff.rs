//! Looks at the beginning of WAV and AIFF files before their decoder does. WAV is forgiven its
//! sizes: what writes to a pipe, or was killed, leaves wrong ones behind, and every player plays
//! them. Both are refused channels without measure, over which the decoder's arithmetic trips.

use std::io::{self, Chain, Cursor, Read};

use crate::limits::CHANNELS_MAX;

/// Where the samples must begin at the latest, to be looked at.
const PREFIX_BYTES_MAX: usize = 64 * 1024;
/// As long as it lasts.
const UNKNOWN: [u8; 4] = [0xff; 4];

/// A file, its beginning mended.
pub(crate) type Mended<R> = Chain<Cursor<Vec<u8>>, R>;

/// Puts the mended beginning before the rest. Waits for that beginning to arrive. Tells too
/// whether it is a file of chunks, WAV or AIFF.
pub(crate) fn mended<R: Read>(mut source: R) -> io::Result<(Mended<R>, bool)> {
    let mut prefix = Vec::new();
    read_to(&mut source, &mut prefix, 12)?;
    let mut is_of_chunks = true;
    if prefix.starts_with(b"RIFF") && prefix.ends_with(b"WAVE") {
        prefix[4..8].copy_from_slice(&UNKNOWN);
        walk(&mut source, &mut prefix, u32::from_le_bytes)?;
    } else if prefix.starts_with(b"FORM") && prefix[prefix.len() - 4..].starts_with(b"AIF") {
        walk(&mut source, &mut prefix, u32::from_be_bytes)?;
    } else {
        is_of_chunks = false;
    }
    Ok((Cursor::new(prefix).chain(source), is_of_chunks))
}

/// Walks the chunks up to the samples, as far as they go. `number` reads a size.
fn walk(
    source: &mut impl Read,
    prefix: &mut Vec<u8>,
    number: fn([u8; 4]) -> u32,
) -> io::Result<()> {
    loop {
        let at = prefix.len();
        if at > PREFIX_BYTES_MAX || !read_to(source, prefix, at + 8)? {
            return Ok(());
        }
        let size = [
            prefix[at + 4],
            prefix[at + 5],
            prefix[at + 6],
            prefix[at + 7],
        ];
        let name = [prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]];
        // A size of nothing was never filled in.
        if &name == b"data" && size == [0; 4] {
            prefix[at + 4..].copy_from_slice(&UNKNOWN);
        }
        if matches!(&name, b"data" | b"SSND") {
            return Ok(());
        }
        let size = number(size) as usize;
        // Chunks begin at even places.
        let end = at + 8 + size + size % 2;
        let channels = match &name {
            b"fmt " if read_to(source, prefix, at + 12)? => [prefix[at + 11], prefix[at + 10]],
            b"COMM" if read_to(source, prefix, at + 10)? => [prefix[at + 8], prefix[at + 9]],
            _ => [0, 1],
        };
        let channels = u16::from_be_bytes(channels);
        if channels == 0 || usize::from(channels) > CHANNELS_MAX {
            let message = format!("{channels} channels can't be mixed down");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        if end > PREFIX_BYTES_MAX || !read_to(source, prefix, end)? {
            return Ok(());
        }
    }
}

/// Reads until `prefix` is so long; false if the file is shorter.
fn read_to(source: &mut impl Read, prefix: &mut Vec<u8>, length: usize) -> io::Result<bool> {
    let missing = length.saturating_sub(prefix.len()) as u64;
    source.by_ref().take(missing).read_to_end(prefix)?;
    Ok(prefix.len() == length)
}
