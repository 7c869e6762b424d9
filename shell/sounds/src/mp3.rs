//! Encoding of the WAV file of a recording as MP3, in pieces, so that memory use does not depend on
//! the length.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

use crate::wav;

/// Size of a piece in bytes: a whole number of stereo samples.
const PIECE_BYTES: usize = 64 * 1024;
/// Bit rates of a channel: 4 kbit/s for each kHz of the sampling rate up to 8, half of that beyond.
/// Sufficient for speech.
const KBPS_NARROW: u32 = 32;
const KBPS_WIDE: u32 = 48;

/// Encodes a WAV file. Returns false if `goes_on` returned false; the output is then incomplete.
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
    // The first frame contains the length, which is known only now.
    if let Some(first) = encoder.lame_tag_frame() {
        mp3.seek(SeekFrom::Start(0))?;
        mp3.write_all(first)?;
    }
    mp3.flush()?;
    // The caller renames the file: the content must be on the disk before the name.
    mp3.get_ref().sync_data()?;
    Ok(true)
}

/// Reads until `into` is full or the source ends; returns the number of bytes.
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
