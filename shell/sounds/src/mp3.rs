//! One WAV file of ours as MP3: read, encoded and written piece by piece, so that its length costs
//! no memory.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

use crate::wav;

/// A whole number of samples of two channels.
const PIECE_BYTES: usize = 64 * 1024;
/// Of a channel: 4 kbit/s for each kHz up to 8, half of that beyond. Speech needs no more.
const KBPS_NARROW: u32 = 32;
const KBPS_WIDE: u32 = 48;

/// False: it was told to stop. What is there then is of no use.
pub(crate) fn encode(
    from: &Path,
    into: &Path,
    goes_on: &mut dyn FnMut() -> bool,
) -> io::Result<bool> {
    let mut wav = File::open(from)?;
    let head = wav::head(&wav)?;
    wav.seek(SeekFrom::Start(wav::HEADER_BYTES))?;
    let mut wav = wav.take(head.data_bytes);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut mp3 = BufWriter::new(options.open(into)?);
    let each = if head.rate_hz > 8_000 {
        KBPS_WIDE
    } else {
        KBPS_NARROW
    };
    let mut encoder = Mp3Encoder::new(Mp3EncoderConfig {
        bitrate_kbps: each * u32::from(head.channels),
        vbr_quality: None,
    });
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        if !goes_on() {
            return Ok(false);
        }
        let read = fill(&mut wav, &mut piece)?;
        let pushed = encoder.push_pcm_s16le(&piece[..read], head.channels, head.rate_hz);
        pushed.map_err(io::Error::other)?;
        if read < PIECE_BYTES {
            encoder.finish();
        }
        while let Ok(packet) = encoder.next_packet() {
            mp3.write_all(&packet)?;
        }
        if read < PIECE_BYTES {
            break;
        }
    }
    // How long it is stands in its first frame, and is known only now.
    if let Some(first) = encoder.lame_tag_frame() {
        mp3.seek(SeekFrom::Start(0))?;
        mp3.write_all(first)?;
    }
    mp3.flush()?;
    // It is kept for good by its name alone.
    mp3.get_ref().sync_data()?;
    Ok(true)
}

/// As much as there is room for; less only at the end.
fn fill(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match from.read(&mut into[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
