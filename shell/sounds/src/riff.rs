//! Forgives WAV files their sizes: what writes to a pipe, or was killed, leaves wrong ones behind,
//! and every player plays them. Only the sizes are mended; the decoder judges the rest.

use std::io::{self, Chain, Cursor, Read};

/// Where the `data` chunk must begin at the latest.
const PREFIX_BYTES_MAX: usize = 64 * 1024;
/// As long as it lasts.
const UNKNOWN: [u8; 4] = [0xff; 4];

/// Puts the mended beginning before the rest. Waits for that beginning to arrive.
pub(crate) fn mended<R: Read>(mut source: R) -> io::Result<Chain<Cursor<Vec<u8>>, R>> {
    let mut prefix = Vec::new();
    read_to(&mut source, &mut prefix, 12)?;
    if prefix.starts_with(b"RIFF") && prefix.ends_with(b"WAVE") {
        prefix[4..8].copy_from_slice(&UNKNOWN);
        mend_data(&mut source, &mut prefix)?;
    }
    Ok(Cursor::new(prefix).chain(source))
}

/// Walks the chunks up to `data`; a size of nothing means that it was never filled in.
fn mend_data(source: &mut impl Read, prefix: &mut Vec<u8>) -> io::Result<()> {
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
        if &prefix[at..at + 4] == b"data" {
            if size == [0; 4] {
                prefix[at + 4..at + 8].copy_from_slice(&UNKNOWN);
            }
            return Ok(());
        }
        let size = u32::from_le_bytes(size) as usize;
        // Chunks begin at even places.
        let end = at + 8 + size + size % 2;
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
