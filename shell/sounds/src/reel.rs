//! One recording and its file: gaps are filled, silence at both ends is left out.

use std::io;
use std::path::{Path, PathBuf};

use confab_switchboard::RecordingEnd;
use confab_terms::Rate;
use confab_terms::limits::{RECORDING_GAP_MAX, TICK};

use crate::Piece;
use crate::wav::WavFile;

/// Maximum RMS of a silent frame, about -50 dBFS.
const SILENCE_RMS: i64 = 104;

/// Recording that is being written.
#[derive(Debug)]
pub(crate) struct Reel {
    path: PathBuf,
    trim: bool,
    /// File, created with the first samples that are kept.
    file: Option<WavFile>,
    /// Number of samples in the file, and number up to the end of the last sound.
    samples: u64,
    sounding: u64,
    lost_ms: u64,
}

impl Reel {
    pub(crate) fn new(path: PathBuf, trim: bool) -> Self {
        Self {
            path,
            trim,
            file: None,
            samples: 0,
            sounding: 0,
            lost_ms: 0,
        }
    }

    /// Writes a piece, and silence in place of lost ticks.
    pub(crate) fn take(&mut self, piece: &Piece) -> io::Result<()> {
        let frame = piece.rate.frame_samples() * usize::from(piece.channels);
        self.lose(piece.missing);
        if piece.missing > 0 && self.file.is_some() {
            let most = RECORDING_GAP_MAX.as_millis() / TICK.as_millis();
            let silence = vec![0; frame];
            for _ in 0..u128::from(piece.missing).min(most) {
                self.write(&silence, piece)?;
            }
        }
        let mut samples = &piece.samples[..];
        if self.trim {
            let mut frames = piece.samples.chunks(frame);
            if self.file.is_none() {
                // Silence before the first sound is left out.
                let silent = frames.by_ref().take_while(|f| is_silence(f)).count();
                samples = piece.samples.get(silent * frame..).unwrap_or_default();
            }
            if samples.is_empty() {
                return Ok(());
            }
            let sounding = samples.chunks(frame).rposition(|f| !is_silence(f));
            if let Some(last) = sounding {
                let up_to = ((last + 1) * frame).min(samples.len());
                self.sounding = self.samples + up_to as u64;
            }
        }
        self.write(samples, piece)
    }

    /// Counts lost ticks.
    pub(crate) fn lose(&mut self, ticks: u32) {
        let tick_ms = u64::try_from(TICK.as_millis()).unwrap_or(u64::MAX);
        self.lost_ms += u64::from(ticks) * tick_ms;
    }

    fn write(&mut self, samples: &[i16], piece: &Piece) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let made = WavFile::create(&self.path, piece.rate, piece.channels)?;
                self.file.insert(made)
            }
        };
        if file.append(samples)? {
            self.samples += samples.len() as u64;
        } else {
            let each = u64::from(piece.rate.hz()) * u64::from(piece.channels);
            self.lost_ms += samples.len() as u64 * 1_000 / each;
        }
        Ok(())
    }

    /// Ends the recording.
    pub(crate) fn end(mut self) -> RecordingEnd {
        let Some(file) = &mut self.file else {
            return RecordingEnd::Absent;
        };
        if self.trim
            && let Err(error) = file.truncate(self.sounding)
        {
            return self.fail(&error);
        }
        match file.duration_ms() {
            0 => RecordingEnd::Absent,
            duration_ms => RecordingEnd::Written {
                duration_ms,
                lost_ms: self.lost_ms,
                bytes: file.bytes(),
            },
        }
    }

    /// Ends the recording after an error of the disk; written samples stay.
    pub(crate) fn fail(self, error: &io::Error) -> RecordingEnd {
        RecordingEnd::Failed {
            duration_ms: self.file.map_or(0, |file| file.duration_ms()),
            message: error.to_string(),
        }
    }
}

/// Completes a recording that the end of the process interrupted; returns its duration in
/// milliseconds and its size in bytes.
pub(crate) fn end_late(path: &Path, trim: bool) -> io::Result<(u64, u64)> {
    let Some(mut file) = WavFile::reopen(path)? else {
        return Ok((0, 0));
    };
    if trim {
        let sounding = sounding(&mut file)?;
        file.truncate(sounding)?;
    }
    Ok((file.duration_ms(), file.bytes()))
}

/// Returns the number of samples up to the end of the last sound in a file; searches from the end.
fn sounding(file: &mut WavFile) -> io::Result<u64> {
    let frame = file.frame_samples();
    let second = (frame * 50) as u64;
    let mut end = file.samples();
    while end > 0 {
        let begin = (end - 1) / second * second;
        let samples = file.read(begin, end)?;
        if let Some(last) = samples.chunks(frame).rposition(|f| !is_silence(f)) {
            return Ok(begin + ((last + 1) * frame).min(samples.len()) as u64);
        }
        end = begin;
    }
    Ok(0)
}

fn is_silence(frame: &[i16]) -> bool {
    let energy: i64 = frame.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
    energy <= SILENCE_RMS * SILENCE_RMS * frame.len() as i64
}

/// Returns whether a piece has a valid rate and channel count: another count could cause a division
/// by zero.
pub(crate) fn is_sound(piece: &Piece) -> bool {
    (1..=2).contains(&piece.channels) && Rate::ALL.contains(&piece.rate)
}
