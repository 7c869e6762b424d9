//! MP4 files with the index (`moov`) after the samples, which are read whole before decoding. Other
//! MP4 files are decoded while they arrive.

use std::io::{self, Chain, Cursor, Read};
use std::sync::Arc;

use crate::budget::Budget;
use crate::limits::{WHOLE_BYTES_EACH, WHOLE_BYTES_MAX};
use crate::pipe::AudioReader;
use crate::riff::read_to;

/// Maximum size of the boxes before the samples that are inspected, in bytes.
const BOXES_BYTES_MAX: usize = 64 * 1024;
const BOX_HEAD_BYTES: usize = 8;
const STEP_BYTES: usize = 64 * 1024;

/// Source preceded by the bytes that were already read.
type Rewound<R> = Chain<Cursor<Vec<u8>>, R>;

/// File that is ready to be decoded.
pub(crate) enum Ordered<S> {
    /// File with the index before the samples.
    Streamed(S),
    /// File that was received completely and is kept.
    Kept(AudioReader),
    Whole(Whole),
}

/// File in memory; returned to the budget on drop.
pub(crate) struct Whole {
    bytes: Vec<u8>,
    budget: Arc<Budget>,
    taken: usize,
}

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        self.budget.give_back(self.taken);
    }
}

/// Inspects the boxes of a file, and reads the whole file if the index is not first. `again` is
/// another reader of the file, if its bytes are kept.
pub(crate) fn in_order<R: Read>(
    mut source: R,
    again: Option<AudioReader>,
    budget: &Arc<Budget>,
) -> Result<Ordered<Rewound<R>>, String> {
    let mut read = Vec::new();
    let mut at = 0;
    loop {
        let end = at + BOX_HEAD_BYTES;
        let is_there = read_to(&mut source, &mut read, end);
        if !is_there.map_err(|error| error.to_string())? {
            return Err("found an MP4 file without samples".to_owned());
        }
        let size = [read[at], read[at + 1], read[at + 2], read[at + 3]];
        let size = u32::from_be_bytes(size) as usize;
        match &read[at + 4..end] {
            b"moov" | b"moof" => {
                return Ok(Ordered::Streamed(Cursor::new(read).chain(source)));
            }
            b"mdat" => return whole(source, read, again, budget),
            _ if size < BOX_HEAD_BYTES || at + size > BOXES_BYTES_MAX => {
                return whole(source, read, again, budget);
            }
            _ => at += size,
        }
    }
}

fn whole<R: Read, S>(
    mut source: R,
    bytes: Vec<u8>,
    again: Option<AudioReader>,
    budget: &Arc<Budget>,
) -> Result<Ordered<S>, String> {
    if let Some(again) = again {
        let rest = io::copy(&mut source, &mut io::sink());
        return rest
            .map(|_| Ordered::Kept(again))
            .map_err(|error| error.to_string());
    }
    let mut whole = Whole {
        bytes,
        budget: budget.clone(),
        taken: 0,
    };
    loop {
        let end = whole.bytes.len() + STEP_BYTES;
        if end > WHOLE_BYTES_EACH || !budget.take(STEP_BYTES) {
            return Err(format!(
                "found an MP4 file whose index (moov) is behind its samples: up to {} MB of such a \
                 file, and {} MB of all, are read; move the index to the front (faststart)",
                WHOLE_BYTES_EACH >> 20,
                WHOLE_BYTES_MAX >> 20
            ));
        }
        whole.taken += STEP_BYTES;
        let is_there = read_to(&mut source, &mut whole.bytes, end);
        if !is_there.map_err(|error| error.to_string())? {
            return Ok(Ordered::Whole(whole));
        }
    }
}
