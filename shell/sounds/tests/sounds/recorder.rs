//! Files of recordings: valid at every moment, trimmed, with silence for lost ticks; errors of the
//! disk.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use confab_sounds::{Piece, Recorder, file_of, repair};
use confab_switchboard::RecordingEnd;
use confab_terms::{Rate, RecordingSid};

const FRAME: usize = 160;

pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        let dir = format!("confab-recorder-{name}-{}", std::process::id());
        let dir = std::env::temp_dir().join(dir);
        let _ = std::fs::remove_dir_all(&dir);
        Self(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sid(number: u128) -> RecordingSid {
    RecordingSid::from_random(number)
}

fn piece(values: &[i16]) -> Piece {
    Piece {
        recording: sid(1),
        rate: Rate::Hz8000,
        channels: 1,
        missing: 0,
        samples: values.iter().flat_map(|&value| [value; FRAME]).collect(),
    }
}

type Ended = Receiver<(RecordingSid, RecordingEnd)>;

fn recorder(dir: &Path) -> (Recorder, Ended) {
    let (told, ended) = channel();
    let told = Box::new(move |sid, end| told.send((sid, end)).expect("somebody listens"));
    let (recorder, _) = Recorder::start(dir.to_owned(), told).expect("a thread");
    (recorder, ended)
}

fn end(ended: &Ended) -> RecordingEnd {
    ended
        .recv_timeout(Duration::from_secs(20))
        .expect("its end")
        .1
}

/// Returns the samples that the header declares, one value for each frame.
fn played(file: &[u8]) -> Vec<i16> {
    let size =
        |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 bytes")) as usize;
    assert_eq!(&file[..4], b"RIFF");
    assert_eq!(size(4), size(40) + 36);
    let data = &file[44..44 + size(40)];
    let samples = data
        .chunks_exact(2)
        .map(|b| i16::from_le_bytes([b[0], b[1]]));
    samples.step_by(FRAME).collect()
}

fn written(frames: u64) -> RecordingEnd {
    RecordingEnd::Written {
        duration_ms: frames * 20,
        lost_ms: 0,
        bytes: 44 + frames * 2 * FRAME as u64,
    }
}

#[test]
fn it_is_written_as_it_came() {
    let dir = Dir::new("whole");
    let (recorder, ended) = recorder(&dir.0);
    assert!(recorder.open(sid(1), false));
    for values in [&[0, 5_000][..], &[0], &[7_000, 0]] {
        recorder.write(piece(values)).unwrap();
    }
    assert!(recorder.over(sid(1), 0));
    assert_eq!(end(&ended), written(5));
    let file = std::fs::read(file_of(&dir.0, sid(1))).unwrap();
    assert_eq!(played(&file), [0, 5_000, 0, 7_000, 0]);
}

#[test]
fn silence_at_its_ends_is_left_out_and_what_is_only_silence_is_absent() {
    let dir = Dir::new("trim");
    let (recorder, ended) = recorder(&dir.0);
    assert!(recorder.open(sid(1), true) && recorder.open(sid(2), true));
    for values in [&[0, 0][..], &[50, 5_000], &[0, 0], &[7_000, 0], &[0, 90]] {
        recorder.write(piece(values)).unwrap();
    }
    let quiet = Piece {
        recording: sid(2),
        ..piece(&[0, 40, 0])
    };
    recorder.write(quiet).unwrap();
    assert!(recorder.over(sid(1), 0) && recorder.over(sid(2), 0));
    assert_eq!(end(&ended), written(4));
    assert_eq!(end(&ended), RecordingEnd::Absent);
    let file = std::fs::read(file_of(&dir.0, sid(1))).unwrap();
    assert_eq!(played(&file), [5_000, 0, 0, 7_000]);
    assert!(!file_of(&dir.0, sid(2)).exists());
}

#[test]
fn what_was_lost_is_silence_and_is_told() {
    let dir = Dir::new("lost");
    let (recorder, ended) = recorder(&dir.0);
    assert!(recorder.open(sid(1), false));
    recorder.write(piece(&[5_000])).unwrap();
    let late = Piece {
        missing: 3,
        ..piece(&[6_000])
    };
    recorder.write(late).unwrap();
    assert!(recorder.over(sid(1), 2));
    let (duration_ms, lost_ms) = (100, 100);
    let told = RecordingEnd::Written {
        duration_ms,
        lost_ms,
        bytes: 44 + 5 * 2 * FRAME as u64,
    };
    assert_eq!(end(&ended), told);
    let file = std::fs::read(file_of(&dir.0, sid(1))).unwrap();
    assert_eq!(played(&file), [5_000, 0, 0, 0, 6_000]);
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_mended() {
    let dir = Dir::new("mend");
    let (recorder, ended) = recorder(&dir.0);
    assert!(recorder.open(sid(1), false));
    recorder.write(piece(&[1_000, 2_000, 3_000])).unwrap();
    assert!(recorder.over(sid(1), 0));
    end(&ended);
    let path = file_of(&dir.0, sid(1));
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        // A kill after the samples were written, before the header.
        let mut cut = whole[..length].to_vec();
        if length >= 44 {
            cut[40..44].fill(0);
        }
        std::fs::write(&path, &cut).unwrap();
        let frames = length.saturating_sub(44) as u64 / 2;
        match repair(&dir.0, sid(1), false) {
            RecordingEnd::Absent => assert!(frames * 1_000 / 8_000 == 0, "{length}"),
            RecordingEnd::Written { duration_ms, .. } => {
                assert_eq!(duration_ms, frames * 1_000 / 8_000, "{length}");
                played(&std::fs::read(&path).unwrap());
            }
            failed @ RecordingEnd::Failed { .. } => panic!("{length}: {failed:?}"),
        }
    }
    std::fs::write(&path, vec![7; 100]).unwrap();
    assert!(matches!(
        repair(&dir.0, sid(1), false),
        RecordingEnd::Failed { .. }
    ));
    assert_eq!(repair(&dir.0, sid(2), true), RecordingEnd::Absent);
}

#[test]
fn what_was_cut_off_is_trimmed_where_that_was_asked() {
    let dir = Dir::new("trim-late");
    let (recorder, ended) = recorder(&dir.0);
    // Longer than one step of the search, with silence across the border of two steps.
    let mut frames = vec![5_000; 60];
    frames.extend([0; 70]);
    for n in 1..=3 {
        assert!(recorder.open(sid(n), false));
        let first = if n == 3 { &[0; 130][..] } else { &frames };
        recorder
            .write(Piece {
                recording: sid(n),
                ..piece(first)
            })
            .unwrap();
        assert!(recorder.over(sid(n), 0));
        end(&ended);
    }
    assert_eq!(repair(&dir.0, sid(1), true), written(60));
    assert_eq!(repair(&dir.0, sid(1), true), written(60), "again");
    let file = std::fs::read(file_of(&dir.0, sid(1))).unwrap();
    assert_eq!(played(&file), [5_000; 60]);
    assert_eq!(repair(&dir.0, sid(2), false), written(130));
    assert_eq!(repair(&dir.0, sid(3), true), RecordingEnd::Absent);
}

#[test]
fn a_disk_that_refuses_ends_that_recording_alone() {
    let dir = Dir::new("refuse");
    let (recorder, ended) = recorder(&dir.0);
    assert!(recorder.open(sid(1), false) && recorder.open(sid(2), false));
    // A folder occupies the path of the first recording.
    recorder
        .write(Piece {
            recording: sid(2),
            ..piece(&[1_000])
        })
        .unwrap();
    std::fs::create_dir_all(file_of(&dir.0, sid(1))).unwrap();
    recorder.write(piece(&[1_000])).unwrap();
    assert!(matches!(
        end(&ended),
        RecordingEnd::Failed { duration_ms: 0, .. }
    ));
    recorder.write(piece(&[1_000])).unwrap();
    assert!(recorder.over(sid(1), 0) && recorder.over(sid(2), 0));
    assert_eq!(end(&ended), written(1), "the other one goes on");
}

#[test]
fn what_a_piece_was_in_is_filled_again() {
    let dir = Dir::new("again");
    let (recorder, ended) = recorder(&dir.0);
    assert!(recorder.open(sid(1), false));
    let first = Piece {
        samples: recorder.copy(&[1_000; 160]),
        ..piece(&[])
    };
    let place = first.samples.as_ptr();
    recorder.write(first).unwrap();
    assert!(recorder.over(sid(1), 0));
    end(&ended);
    assert_eq!(recorder.backlog().waiting(), 0);
    let second = recorder.copy(&[7; 80]);
    assert_eq!((second.as_ptr(), &second[..]), (place, &[7; 80][..]));
    let third = recorder.copy(&[7; 80]);
    assert_ne!(third.as_ptr(), place, "once");
}
