//! Recordings as MP3: checked with an independent decoder; concurrent requests and deletion.

use std::f64::consts::TAU;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

use confab_sounds::limits::{MP3_ASKED_MAX, MP3_WAV_BYTES_MAX};
use confab_sounds::{AudioFiles, NoMp3};
use confab_terms::RecordingSid;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::TrackType;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::MediaSourceStream;

use crate::recorder::Dir;

fn sid(number: u128) -> RecordingSid {
    RecordingSid::from_random(number)
}

/// Writes a file like those of the recorder.
fn write(path: &Path, rate: u32, channels: u16, samples: &[i16]) {
    let (bytes, block) = (samples.len() as u32 * 2, channels * 2);
    let mut file = File::create(path).expect("a new file");
    let mut put = |part: &[u8]| file.write_all(part).expect("room on the disk");
    put(b"RIFF");
    put(&(36 + bytes).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&channels.to_le_bytes());
    put(&rate.to_le_bytes());
    put(&(rate * u32::from(block)).to_le_bytes());
    put(&block.to_le_bytes());
    put(&16_u16.to_le_bytes());
    put(b"data");
    put(&bytes.to_le_bytes());
    let samples: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    put(&samples);
}

fn folder(name: &str) -> (Dir, AudioFiles) {
    let dir = Dir::new(name);
    fs::create_dir_all(&dir.0).expect("a folder");
    let files = AudioFiles::new(dir.0.clone());
    (dir, files)
}

/// Returns the channels, each with its samples, and the rate.
fn decoded(path: &Path) -> (Vec<Vec<f32>>, u32) {
    let file = Box::new(File::open(path).expect("it is there"));
    let stream = MediaSourceStream::new(file, Default::default());
    let probe = symphonia::default::get_probe();
    let format = probe.probe(&Hint::new(), stream, Default::default(), Default::default());
    let mut format = format.expect("is audio");
    let track = format.default_track(TrackType::Audio).expect("has a track");
    let coding = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .expect("is coded");
    let codecs = symphonia::default::get_codecs();
    let decoder = codecs.make_audio_decoder(coding, &AudioDecoderOptions::default());
    let mut decoder = decoder.expect("a decoder");
    let (mut channels, mut rate, mut part) = (Vec::new(), 0, Vec::<f32>::new());
    while let Some(packet) = format.next_packet().expect("goes on") {
        let audio = decoder.decode(&packet).expect("is sound");
        rate = audio.spec().rate();
        let count = audio.num_planes();
        audio.copy_to_vec_interleaved(&mut part);
        channels.resize(count, Vec::new());
        for (channel, into) in channels.iter_mut().enumerate() {
            into.extend(part.iter().skip(channel).step_by(count));
        }
    }
    (channels, rate)
}

/// Returns the ratio of a tone to everything else, in dB, after subtraction of the best sine of
/// that pitch.
fn snr(samples: &[f32], hz: f64, rate: u32) -> f64 {
    let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
    let turns = |n: usize| (TAU * hz * n as f64 / f64::from(rate)).sin_cos();
    let (mut ss, mut cc, mut sc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, &x) in middle.iter().enumerate() {
        let (s, c) = turns(n);
        (ss, cc, sc) = (ss + s * s, cc + c * c, sc + s * c);
        (xs, xc) = (xs + f64::from(x) * s, xc + f64::from(x) * c);
    }
    let whole = ss * cc - sc * sc;
    let (p, q) = ((xs * cc - xc * sc) / whole, (xc * ss - xs * sc) / whole);
    let (mut tone, mut rest) = (0.0, 0.0);
    for (n, &x) in middle.iter().enumerate() {
        let (s, c) = turns(n);
        let fit = p * s + q * c;
        (tone, rest) = (tone + fit * fit, rest + (f64::from(x) - fit).powi(2));
    }
    10.0 * (tone / rest).log10()
}

fn tone(hz: f64, rate: u32, n: usize) -> i16 {
    ((TAU * hz * n as f64 / f64::from(rate)).sin() * 8_000.0) as i16
}

#[test]
fn a_sweep_of_tones_comes_back_as_it_was_each_channel_for_itself() {
    let (_dir, files) = folder("mp3-sweep");
    let mut number = 0;
    for (rate, channels) in [(8_000, 1), (8_000, 2), (16_000, 1), (16_000, 2)] {
        let mut hz = 150.0;
        while hz < f64::from(rate) * 0.42 {
            number += 1;
            let pitches = [hz, hz * 0.77];
            let pitches = &pitches[..usize::from(channels)];
            let frames = 0..rate as usize;
            let samples: Vec<i16> = frames
                .flat_map(|n| pitches.iter().map(move |&hz| tone(hz, rate, n)))
                .collect();
            write(&files.wav(sid(number)), rate, channels, &samples);
            let (heard, heard_rate) = decoded(&files.mp3(sid(number)).unwrap());
            assert_eq!((heard.len(), heard_rate), (pitches.len(), rate));
            for (channel, &hz) in heard.iter().zip(pitches) {
                let longer = channel.len() - rate as usize;
                assert!(longer < 3 * 576, "{longer} samples more");
                let snr = snr(channel, hz, rate);
                assert!(
                    snr > 55.0,
                    "{rate} Hz, {channels} channels: {hz} Hz at {snr} dB"
                );
            }
            hz *= 1.6;
        }
    }
    assert!(number > 20);
}

#[test]
fn it_is_made_once_and_goes_with_its_recording() {
    let (dir, files) = folder("mp3-once");
    let samples: Vec<i16> = (0..16_000).map(|n| tone(440.0, 8_000, n)).collect();
    write(&files.wav(sid(1)), 8_000, 1, &samples);
    let path = files.mp3(sid(1)).unwrap();
    // An existing MP3 is not encoded again.
    fs::write(&path, b"as it was").unwrap();
    assert_eq!(fs::read(files.mp3(sid(1)).unwrap()).unwrap(), b"as it was");
    files.remove(sid(1)).unwrap();
    assert_eq!(fs::read_dir(&dir.0).unwrap().count(), 0);
    files.remove(sid(1)).unwrap();
    assert!(matches!(files.mp3(sid(1)), Err(NoMp3::NoAudio)));
    assert_eq!(fs::read_dir(&dir.0).unwrap().count(), 0);
}

#[test]
fn what_is_too_long_or_no_file_of_ours_is_refused() {
    let (dir, files) = folder("mp3-bounds");
    write(&files.wav(sid(1)), 8_000, 1, &[]);
    let file = File::options().write(true).open(files.wav(sid(1)));
    file.unwrap().set_len(MP3_WAV_BYTES_MAX + 1).unwrap();
    assert!(matches!(files.mp3(sid(1)), Err(NoMp3::TooLong)));
    fs::write(files.wav(sid(2)), [7; 500]).unwrap();
    assert!(matches!(files.mp3(sid(2)), Err(NoMp3::Failed(_))));
    fs::write(dir.0.join("left.half"), b"").unwrap();
    files.clean();
    let mut left = fs::read_dir(&dir.0).unwrap();
    assert!(left.all(|f| f.unwrap().path().extension().unwrap() == "wav"));
}

#[test]
fn too_many_who_ask_are_told_so_and_what_is_deleted_meanwhile_is_not_made() {
    let (dir, files) = folder("mp3-busy");
    // An hour: no machine finishes it before all requests have begun.
    let samples: Vec<i16> = (0..3_600 * 8_000).map(|n| tone(440.0, 8_000, n)).collect();
    write(&files.wav(sid(1)), 8_000, 1, &samples);
    let (told, results) = channel();
    let asking: Vec<_> = (0..=MP3_ASKED_MAX)
        .map(|_| {
            let (files, told) = (files.clone(), told.clone());
            thread::spawn(move || told.send(files.mp3(sid(1))))
        })
        .collect();
    assert!(matches!(results.recv(), Ok(Err(NoMp3::Busy))));
    files.remove(sid(1)).unwrap();
    for thread in asking {
        thread.join().unwrap().unwrap();
    }
    drop(told);
    let rest: Vec<_> = results.iter().collect();
    assert_eq!(rest.len(), MP3_ASKED_MAX);
    assert!(
        rest.iter().all(|one| matches!(one, Err(NoMp3::NoAudio))),
        "{rest:?}"
    );
    assert_eq!(fs::read_dir(&dir.0).unwrap().count(), 0);
}
