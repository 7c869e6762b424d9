//! Measures the processor time and memory of held callers, each with a sound of five minutes (WAV,
//! 16 bits, 16 kHz):
//! `cargo run --release -p confab-sounds --example held_callers -- COUNT same|different SECONDS`.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use confab_sounds::{CacheConfig, Sounds, SoundsConfig, Told, Want};
use confab_terms::{DecodeId, LegId, PlayerId, Rate, SoundId};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| {
        let given = arguments.next();
        given.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let count = number(100);
    let is_same = std::env::args().nth(2).as_deref() == Some("same");
    let seconds = std::env::args().nth(3).and_then(|text| text.parse().ok());
    let seconds: u64 = seconds.unwrap_or(20);
    let file = five_minutes();
    let (sender, told) = channel();
    let sink = Box::new(move |one| {
        let _nobody_listens = sender.send(one);
    });
    let name = format!("confab-held-callers-{}", std::process::id());
    let cache = CacheConfig {
        dir: std::env::temp_dir().join(name),
        bytes_max: 2 << 30,
    };
    let dir = cache.dir.clone();
    let sounds = Sounds::start(SoundsConfig {
        cache,
        ..SoundsConfig::new(sink)
    });
    let (before, began) = (usage(), Instant::now());
    let mut heard: Vec<SoundId> = Vec::new();
    for decode in 0..if is_same { 1 } else { count } {
        heard.push(decoded(&sounds, &told, decode, &file));
    }
    let mut positions = vec![0_u64; usize::try_from(count).unwrap_or(0)];
    let mut missed = 0_u64;
    let mut due = Instant::now();
    for second in 0..seconds {
        for (leg, position) in (0_u64..).zip(&mut positions) {
            // Callers begin at different times, within ten seconds.
            if second < leg % 10 {
                continue;
            }
            let sound = heard[usize::try_from(leg).unwrap_or(0) % heard.len()];
            let want = Want {
                leg: LegId(leg),
                player: PlayerId(1),
                sound,
                position: *position,
                rate: Rate::Hz8000,
            };
            sounds.want(want);
            match told.recv_timeout(Duration::from_secs(1)) {
                Ok(Told::Feed { samples, .. }) => *position += samples.len() as u64,
                _ => missed += 1,
            }
        }
        due += Duration::from_secs(1);
        std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
    }
    let after = usage();
    let _may_hold_names = fs::remove_dir(dir);
    let elapsed = began.elapsed().as_secs_f64();
    let per_cent = 100.0 * (after.0 - before.0) / elapsed;
    println!(
        "{count} callers, {} sounds, {elapsed:.1} s: {per_cent:.1} % of a processor, RSS {} -> {} \
         kB, {missed} answers missed",
        heard.len(),
        before.1,
        after.1
    );
}

/// Returns a WAV file of a sawtooth wave.
fn five_minutes() -> Vec<u8> {
    const RATE: u32 = 16_000;
    let size = 300 * RATE * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((size + 36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(size.to_le_bytes());
    file.extend((0..300 * RATE).flat_map(|at| ((at % 64 * 256) as u16).to_le_bytes()));
    file
}

fn decoded(sounds: &Sounds, told: &Receiver<Told>, decode: u64, file: &[u8]) -> SoundId {
    let begun = sounds.begin_audio("http://x/", "audio/wav", Some(file.len() as u64));
    let (audio, mut writer) = begun.expect("room");
    sounds.decode(DecodeId(decode), audio, None);
    for piece in file.chunks(64_000) {
        while !writer.has_room() {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        writer.write(piece).expect("room");
    }
    writer.finish();
    match told.recv() {
        Ok(Told::Decoded { result, .. }) => result.expect("a sound"),
        other => panic!("{other:?}"),
    }
}

/// Returns processor time in seconds, and resident memory in kB.
fn usage() -> (f64, u64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
    let used = (ticks(13).unwrap_or(0.0) + ticks(14).unwrap_or(0.0)) / 100.0;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status
        .lines()
        .filter_map(|line| line.strip_prefix("VmRSS:"));
    let rss = lines
        .next()
        .and_then(|line| line.split_whitespace().next()?.parse().ok());
    (used, rss.unwrap_or(0))
}
