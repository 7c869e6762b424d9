//! WAV file that grows. The header is updated after every append, so that the file is playable
//! whenever the process ends. Samples beyond the size in the header, after a kill, are recovered
//! when the file is reopened.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use confab_terms::Rate;

pub(crate) const HEADER_BYTES: u64 = 44;
/// Maximum size of the samples in bytes: sizes in the header have 32 bits.
const DATA_BYTES_MAX: u64 = u32::MAX as u64 - HEADER_BYTES;
const SAMPLE_BYTES: u64 = 2;

/// File that is being written.
#[derive(Debug)]
pub(crate) struct WavFile {
    file: File,
    rate_hz: u32,
    channels: u16,
    data_bytes: u64,
    bytes: Vec<u8>,
}

impl WavFile {
    /// Creates the file, which must not exist.
    pub(crate) fn create(path: &Path, rate: Rate, channels: u8) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create_new(true).mode(0o600);
        let wav = Self {
            file: options.open(path)?,
            rate_hz: rate.hz(),
            channels: channels.into(),
            data_bytes: 0,
            bytes: Vec::new(),
        };
        wav.write_header()?;
        Ok(wav)
    }

    /// Opens an interrupted file, and corrects its sizes; returns `None` if the header is
    /// incomplete.
    pub(crate) fn reopen(path: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let length = file.metadata()?.len();
        if length < HEADER_BYTES {
            return Ok(None);
        }
        let Head {
            channels, rate_hz, ..
        } = head(&file)?;
        let there = (length - HEADER_BYTES).min(DATA_BYTES_MAX);
        let data_bytes = there - there % (u64::from(channels) * SAMPLE_BYTES);
        let wav = Self {
            file,
            rate_hz,
            channels,
            data_bytes,
            bytes: Vec::new(),
        };
        wav.write_sizes()?;
        wav.file.set_len(HEADER_BYTES + data_bytes)?;
        Ok(Some(wav))
    }

    /// Returns the number of samples, all channels together.
    pub(crate) fn samples(&self) -> u64 {
        self.data_bytes / SAMPLE_BYTES
    }

    /// Returns the number of samples of 20 ms, all channels together.
    pub(crate) fn frame_samples(&self) -> usize {
        self.rate_hz as usize / 50 * usize::from(self.channels)
    }

    /// Reads the samples from `from` on and before `to`.
    pub(crate) fn read(&mut self, from: u64, to: u64) -> io::Result<Vec<i16>> {
        let bytes = to.saturating_sub(from) * SAMPLE_BYTES;
        self.bytes
            .resize(usize::try_from(bytes).unwrap_or(usize::MAX), 0);
        let at = HEADER_BYTES + from * SAMPLE_BYTES;
        self.file.read_exact_at(&mut self.bytes, at)?;
        let (samples, _) = self.bytes.as_chunks();
        Ok(samples.iter().map(|two| i16::from_le_bytes(*two)).collect())
    }

    /// Appends samples; returns false if the file would be too large.
    pub(crate) fn append(&mut self, samples: &[i16]) -> io::Result<bool> {
        let more = samples.len() as u64 * SAMPLE_BYTES;
        if self.data_bytes + more > DATA_BYTES_MAX {
            return Ok(false);
        }
        self.bytes.clear();
        self.bytes
            .extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let end = HEADER_BYTES + self.data_bytes;
        // Samples are written first: the header never counts missing samples.
        self.file.write_all_at(&self.bytes, end)?;
        self.data_bytes += more;
        self.write_sizes()?;
        Ok(true)
    }

    /// Removes the samples after the first `samples`, all channels together.
    pub(crate) fn truncate(&mut self, samples: u64) -> io::Result<()> {
        let bytes = samples * SAMPLE_BYTES;
        if bytes < self.data_bytes {
            self.data_bytes = bytes;
            self.write_sizes()?;
            self.file.set_len(HEADER_BYTES + bytes)?;
        }
        Ok(())
    }

    /// Returns the size of the file, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        HEADER_BYTES + self.data_bytes
    }

    pub(crate) fn duration_ms(&self) -> u64 {
        duration_ms(self.data_bytes, self.rate_hz, self.channels)
    }

    fn write_header(&self) -> io::Result<()> {
        let block = self.channels * SAMPLE_BYTES as u16;
        let mut header = Vec::with_capacity(HEADER_BYTES as usize);
        header.extend(b"RIFF");
        header.extend(sizes(self.data_bytes).0);
        header.extend(b"WAVEfmt ");
        header.extend(16_u32.to_le_bytes());
        header.extend(1_u16.to_le_bytes());
        header.extend(self.channels.to_le_bytes());
        header.extend(self.rate_hz.to_le_bytes());
        header.extend((self.rate_hz * u32::from(block)).to_le_bytes());
        header.extend(block.to_le_bytes());
        header.extend(16_u16.to_le_bytes());
        header.extend(b"data");
        header.extend(sizes(self.data_bytes).1);
        self.file.write_all_at(&header, 0)
    }

    fn write_sizes(&self) -> io::Result<()> {
        write_sizes(&self.file, self.data_bytes)
    }
}

fn write_sizes(file: &File, data_bytes: u64) -> io::Result<()> {
    let (riff, data) = sizes(data_bytes);
    file.write_all_at(&data, HEADER_BYTES - 4)?;
    file.write_all_at(&riff, 4)
}

/// Returns two sizes: of the file without the first 8 bytes, and of the samples.
fn sizes(data_bytes: u64) -> ([u8; 4], [u8; 4]) {
    let four = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    (four(HEADER_BYTES - 8 + data_bytes), four(data_bytes))
}

fn duration_ms(data_bytes: u64, rate_hz: u32, channels: u16) -> u64 {
    let a_second = u64::from(rate_hz) * u64::from(channels) * SAMPLE_BYTES;
    data_bytes * 1_000 / a_second.max(1)
}

/// Header of a recording's file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) channels: u16,
    pub(crate) rate_hz: u32,
    pub(crate) data_bytes: u64,
}

/// Parses the header of a recording's file.
pub(crate) fn head(file: &File) -> io::Result<Head> {
    let mut header = [0; HEADER_BYTES as usize];
    file.read_exact_at(&mut header, 0)?;
    let four = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&header[at..at + 4]);
        u32::from_le_bytes(bytes)
    };
    let head = Head {
        channels: u16::from_le_bytes([header[22], header[23]]),
        rate_hz: four(24),
        data_bytes: four(40).into(),
    };
    if !header.starts_with(b"RIFF") || head.channels == 0 || head.rate_hz == 0 {
        return Err(io::Error::other("it is no WAV file of ours"));
    }
    Ok(head)
}
