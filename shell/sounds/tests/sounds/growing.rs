//! Sounds that are played while they arrive.

use std::time::Duration;

use confab_sounds::{Told, Want};
use confab_terms::{DecodeId, LegId, PlayerId, Rate, SoundId};

use crate::ears::{Ears, tone};
use crate::wav::{Coding, sine, wav};

#[test]
fn a_sound_plays_while_it_arrives() {
    let ears = Ears::new();
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 4.0, 0.5));
    let (audio, mut writer) = ears
        .sounds
        .begin_audio("http://x/", "audio/wav", None)
        .expect("room");
    ears.sounds.decode(DecodeId(7), audio, None);
    assert!(
        ears.told.recv_timeout(Duration::from_millis(100)).is_err(),
        "too early"
    );
    writer.write(&file[..48_000]).expect("room");
    let sound = ears.decoded().expect("it can begin");
    ears.want(sound, 0);
    let (position, first, last) = ears.fed();
    assert!(position == 0 && !last && first.len() >= 1_600);
    // A request beyond the available samples is served when they arrive.
    ears.want(sound, 30_000);
    assert!(
        ears.told.recv_timeout(Duration::from_millis(100)).is_err(),
        "too early"
    );
    writer.write(&file[48_000..]).expect("room");
    writer.finish();
    let (position, end, _) = ears.fed();
    assert_eq!(position, 30_000);
    assert!(!end.is_empty());
    let all = ears.all(sound);
    assert_eq!(all.len(), 32_000);
    assert!((tone(&all, 440.0) - 0.5).abs() < 0.01);
    ears.want(sound, 32_000);
    assert_eq!(ears.fed(), (32_000, Vec::new(), true));
    ears.want(sound, u64::MAX);
    assert_eq!(ears.fed(), (u64::MAX, Vec::new(), true));
}

#[test]
fn a_file_is_taken_faster_than_it_is_played() {
    let ears = Ears::new();
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 100.0, 0.5));
    let (audio, mut writer) = ears
        .sounds
        .begin_audio("http://x/", "audio/wav", None)
        .expect("room");
    ears.sounds.decode(DecodeId(7), audio, None);
    for piece in file.chunks(10_000) {
        assert!(writer.has_room());
        writer.write(piece).expect("room");
    }
    writer.finish();
    let sound = ears.decoded().expect("it can begin");
    let decoded = ears.sounds.decoded_bytes();
    assert!(decoded < 10 * 16_000, "{decoded} bytes, and nobody plays");
    assert_eq!(ears.all(sound).len(), 800_000);
}

#[test]
fn a_sound_that_breaks_off_plays_up_to_there_and_is_not_kept() {
    let ears = Ears::new();
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 4.0, 0.5));
    let (audio, mut writer) = ears
        .sounds
        .begin_audio("http://x/", "audio/wav", None)
        .expect("room");
    ears.sounds.decode(DecodeId(7), audio, None);
    writer.write(&file[..44 + 16_000]).expect("room");
    let sound = ears.decoded().expect("it can begin");
    ears.want(sound, 20_000);
    writer.fail("the network is gone");
    assert_eq!(ears.fed(), (20_000, Vec::new(), true));
    let all = ears.all(sound);
    assert!(all.len() <= 8_000 && all.len() > 6_000, "{}", all.len());
    assert!(!ears.sounds.has(audio), "broken audio is fetched anew");
}

#[test]
fn audio_that_never_comes_is_an_error_that_says_why() {
    let ears = Ears::new();
    let (audio, writer) = ears
        .sounds
        .begin_audio("http://x/", "audio/wav", None)
        .expect("room");
    ears.sounds.decode(DecodeId(7), audio, None);
    writer.fail("nothing came for 5000 ms");
    let error = ears.decoded().expect_err("no audio");
    assert_eq!(error.code, 13420);
    assert!(
        error.message.contains("nothing came for 5000 ms"),
        "{}",
        error.message
    );
    ears.sounds.decode(DecodeId(8), audio, None);
    assert_eq!(ears.decoded().expect_err("gone").code, 13420);
}

#[test]
fn a_writer_that_is_dropped_leaves_nobody_waiting() {
    let ears = Ears::new();
    let (audio, writer) = ears
        .sounds
        .begin_audio("http://x/", "audio/mpeg", None)
        .expect("room");
    ears.sounds.decode(DecodeId(7), audio, None);
    drop(writer);
    assert_eq!(ears.decoded().expect_err("no audio").code, 13420);
}

#[test]
fn a_sound_that_is_not_there_ends_at_once() {
    let ears = Ears::new();
    let want = Want {
        leg: LegId(3),
        player: PlayerId(4),
        sound: SoundId(99),
        position: 5,
        rate: Rate::Hz16000,
    };
    ears.sounds.want(want);
    let samples = [].into();
    let gone = Told::Feed {
        want,
        samples,
        last: true,
    };
    assert_eq!(ears.next(), gone);
}

#[test]
fn slow_arrivals_do_not_hold_up_others() {
    let ears = Ears::new();
    let mut slow = Vec::new();
    for id in 0..40 {
        let (audio, writer) = ears
            .sounds
            .begin_audio("http://x/", "audio/wav", None)
            .expect("room");
        ears.sounds.decode(DecodeId(100 + id), audio, None);
        slow.push(writer);
    }
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 0.5, 0.5));
    let heard = ears.play(&file, "audio/wav").expect("audio");
    assert_eq!(heard.len(), 4_000);
}

#[test]
fn too_much_for_one_file_is_refused() {
    let ears = Ears::new();
    let (audio, mut writer) = ears
        .sounds
        .begin_audio("http://x/", "audio/wav", None)
        .expect("room");
    let piece = vec![0; 1 << 20];
    let written = (0..200)
        .take_while(|_| writer.write(&piece).is_ok())
        .count();
    assert_eq!(written, 100);
    assert!(ears.sounds.has(audio));
}

#[test]
fn too_much_in_all_is_refused() {
    let ears = Ears::new();
    let piece = vec![0; 1 << 20];
    let mut writers = Vec::new();
    let mut written = 0;
    for _ in 0..4 {
        let (_, mut writer) = ears
            .sounds
            .begin_audio("http://x/", "audio/wav", None)
            .expect("room");
        written += (0..90).take_while(|_| writer.write(&piece).is_ok()).count();
        writers.push(writer);
    }
    assert_eq!(written, 256);
}
