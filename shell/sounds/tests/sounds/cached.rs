//! Encoded audio on the disk: the quota, failing disks, and files without names.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use confab_sounds::CacheConfig;
use confab_sounds::limits::SOUND_BYTES_MAX;
use confab_terms::{DecodeId, Rate, SoundId};

use crate::ahead::{chunk, hears, held, nothing_is_decoded, until};
use crate::ears::Ears;
use crate::faults::{Ballast, is_inside, mount_tmpfs};
use crate::wav::{Coding, sine, wav};

/// Size of a file of five minutes at 4 kHz, in bytes.
const FILE: u64 = 300 * 4_000;

/// Position of the second tone.
const MIDDLE: u64 = 40 * 8_000;

/// Temporary folder of a test, removed on drop.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let name = format!("confab-cached-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn config(&self, bytes_max: u64) -> CacheConfig {
        CacheConfig {
            dir: self.0.clone(),
            bytes_max,
        }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _may_be_gone = fs::remove_dir_all(&self.0);
    }
}

fn names(dir: &Path) -> usize {
    fs::read_dir(dir).map_or(0, Iterator::count)
}

/// Returns the tones of a sound, at least 3 Hz from those of any other.
fn tones(number: u64) -> (f64, f64) {
    let step = 3.0 * number as f64;
    (300.0 + step, 1_000.0 + step)
}

/// Returns five minutes at 4 kHz: one tone for 40 s, then another one.
fn file(number: u64) -> Vec<u8> {
    let second = |hertz| wav(4_000, 1, Coding::U8, &sine(4_000, hertz, 1.0, 0.5));
    let (first, second) = (second(tones(number).0), second(tones(number).1));
    let mut file = first[..44].to_vec();
    let size = FILE as u32;
    file[4..8].copy_from_slice(&(size + 36).to_le_bytes());
    file[40..44].copy_from_slice(&size.to_le_bytes());
    file.extend(first[44..].repeat(40));
    file.extend(second[44..].repeat(260));
    file
}

fn hold(ears: &Ears, number: u64) -> SoundId {
    held(ears, DecodeId(number), &file(number), "audio/wav").1
}

fn hears_all(ears: &Ears, number: u64, sound: SoundId) {
    hears(ears, number, sound, 0, tones(number).0);
    hears(ears, number, sound, MIDDLE, tones(number).1);
}

#[test]
fn two_hundred_listeners_hear_two_hundred_long_sounds_within_the_bound() {
    const LISTENERS: u64 = 200;
    let dir = Dir::new("many");
    let ears = Ears::with_cache(dir.config(1 << 30));
    let sounds: Vec<SoundId> = (0..LISTENERS).map(|number| hold(&ears, number)).collect();
    let mut most = 0;
    let mut all_hear = |position, is_second: bool| {
        for (number, sound) in (0..).zip(&sounds) {
            let (first, second) = tones(number);
            let hertz = if is_second { second } else { first };
            hears(&ears, number, *sound, position, hertz);
            most = most.max(ears.sounds.decoded_bytes());
        }
    };
    all_hear(0, false);
    all_hear(8_000, false);
    all_hear(MIDDLE, true);
    // Second round.
    all_hear(0, false);
    hears(&ears, 7, sounds[7], 299 * 8_000, tones(7).1);
    let end = chunk(&ears, 7, Rate::Hz8000, sounds[7], 300 * 8_000);
    assert_eq!(end, (vec![], true));
    assert!(LISTENERS as usize * 300 * 16_000 > 3 * SOUND_BYTES_MAX);
    assert!(most < SOUND_BYTES_MAX / 2, "{most} bytes");
    assert_eq!(ears.sounds.starved(), 0);
    until(|| ears.sounds.cache_use().bytes >= LISTENERS * FILE);
    let used = ears.sounds.cache_use();
    assert_eq!(
        (used.files as u64, used.failed, used.full),
        (LISTENERS, 0, 0)
    );
    // Files have no names: nothing is left of them, however the server ends.
    assert_eq!(names(&dir.0), 0);
    let mode = fs::metadata(&dir.0).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    for number in 0..LISTENERS {
        ears.sounds.release(DecodeId(number));
    }
    nothing_is_decoded(&ears);
    assert_eq!(
        ears.sounds.cache_use().files as u64,
        LISTENERS,
        "for the next"
    );
}

#[test]
fn files_that_nobody_holds_make_room_and_a_file_in_use_stays() {
    let dir = Dir::new("quota");
    let ears = Ears::with_cache(dir.config(3 * FILE));
    let kept = hold(&ears, 0);
    hears_all(&ears, 0, kept);
    let mut audios = Vec::new();
    for number in 1..6 {
        let (audio, sound) = held(&ears, DecodeId(number), &file(number), "audio/wav");
        hears_all(&ears, number, sound);
        until(|| ears.sounds.cache_use().bytes >= FILE * (number + 1).min(2));
        ears.sounds.release(DecodeId(number));
        audios.push(audio);
        assert!(ears.sounds.cache_use().bytes <= 3 * FILE);
    }
    until(|| !ears.sounds.has(audios[0]));
    assert!(ears.sounds.has(audios[4]), "the newest");
    assert_eq!(ears.sounds.cache_use().full, 0);
    hears_all(&ears, 0, kept);
}

#[test]
fn more_audio_in_use_than_the_quota_is_played_from_memory() {
    let dir = Dir::new("in-use");
    let ears = Ears::with_cache(dir.config(2 * FILE));
    let sounds: Vec<SoundId> = (0..4).map(|number| hold(&ears, number)).collect();
    until(|| ears.sounds.cache_use().full > 0);
    for (number, sound) in (0..).zip(&sounds) {
        hears_all(&ears, number, *sound);
    }
    let used = ears.sounds.cache_use();
    assert!(used.bytes <= 2 * FILE, "{used:?}");
    assert_eq!(used.failed, 0);
}

#[test]
fn sounds_are_played_from_memory_while_the_disk_is_full() {
    if !is_inside("cached::sounds_are_played_from_memory_while_the_disk_is_full") {
        return;
    }
    let dir = Dir::new("full");
    mount_tmpfs(&dir.0, "8m");
    let ears = Ears::with_cache(dir.config(1 << 30));
    let begun = hold(&ears, 0);
    until(|| ears.sounds.cache_use().bytes >= FILE);
    let full = Ballast::fill(&dir.0);
    let sounds: Vec<SoundId> = (1..4).map(|number| hold(&ears, number)).collect();
    until(|| ears.sounds.cache_use().failed > 0);
    hears_all(&ears, 0, begun);
    for (number, sound) in (1..).zip(&sounds) {
        hears_all(&ears, number, *sound);
    }
    drop(full);
    let after = hold(&ears, 5);
    // Files that stayed in memory are written too, after a pause.
    until(|| ears.sounds.cache_use().bytes >= 5 * FILE);
    for (number, sound) in [(0, begun), (1, sounds[0]), (5, after)] {
        hears_all(&ears, number, sound);
    }
}

#[test]
fn sounds_are_played_from_memory_without_a_folder() {
    let dir = Dir::new("no-folder");
    fs::write(&dir.0, "a file in its place").unwrap();
    let ears = Ears::with_cache(dir.config(1 << 30));
    for number in 0..2 {
        let sound = hold(&ears, number);
        hears_all(&ears, number, sound);
    }
    let used = ears.sounds.cache_use();
    assert!(used.failed > 0 && used.files == 0, "{used:?}");
    fs::remove_file(&dir.0).unwrap();
}

#[test]
fn names_that_an_earlier_run_left_are_removed_at_the_start() {
    let dir = Dir::new("left");
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.0.join("7.audio"), "left").unwrap();
    let _ears = Ears::with_cache(dir.config(1 << 30));
    let begun = Instant::now();
    while names(&dir.0) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        std::thread::yield_now();
    }
}
