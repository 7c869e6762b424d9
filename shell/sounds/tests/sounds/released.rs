//! Sources without listeners end; slow ones leave the threads to files and speech.

use std::time::{Duration, Instant};

use confab_sounds::limits::{SLOW_SOURCES_EACH_CALL, SLOW_SOURCES_MAX};
use confab_sounds::{AudioWriter, Told};
use confab_switchboard::DecodeError;
use confab_terms::{AudioId, CallSid, DecodeId, SoundId};

use crate::ears::Ears;
use crate::wav::{Coding, sine, wav};

/// Time within which an unused source must end.
const SECOND: Duration = Duration::from_secs(1);

fn call(number: u8) -> Option<CallSid> {
    Some(CallSid::from_random(u128::from(number) + 1))
}

/// Begins a stream without an end.
fn radio(ears: &Ears) -> (AudioId, AudioWriter) {
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 4.0, 0.5));
    let begun = ears.sounds.begin_audio("http://x/radio", "audio/wav", None);
    let (audio, mut writer) = begun.expect("room");
    writer.write(&file[..48_000]).expect("room");
    (audio, writer)
}

fn is_given_up(writer: &AudioWriter) -> bool {
    let begun = Instant::now();
    while writer.is_wanted() {
        if begun.elapsed() > SECOND {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

fn no_slow_sources(ears: &Ears) {
    let begun = Instant::now();
    while ears.sounds.slow_sources().0 > 0 {
        assert!(begun.elapsed() < SECOND, "{:?}", ears.sounds.slow_sources());
        std::thread::yield_now();
    }
}

/// Returns the response to a decoding; skips other responses.
fn answer(ears: &Ears, decode: DecodeId) -> Result<SoundId, DecodeError> {
    loop {
        if let Told::Decoded { decode: of, result } = ears.next()
            && of == decode
        {
            return result;
        }
    }
}

#[test]
fn a_stream_ends_with_its_last_holder() {
    let ears = Ears::new();
    let (audio, mut writer) = radio(&ears);
    ears.sounds.decode(DecodeId(1), audio, call(1));
    let sound = answer(&ears, DecodeId(1)).expect("it can begin");
    assert!(ears.sounds.claim(audio), "a second listener is on its way");
    ears.sounds.release(DecodeId(1));
    assert!(writer.is_wanted());
    ears.sounds.decode(DecodeId(2), audio, call(2));
    assert_eq!(answer(&ears, DecodeId(2)), Ok(sound));
    assert_eq!(ears.sounds.slow_sources(), (1, 0));
    ears.sounds.release(DecodeId(2));
    assert!(is_given_up(&writer), "nobody reads it");
    assert!(writer.write(&[0; 100]).is_err());
    no_slow_sources(&ears);
    assert!(!ears.sounds.has(audio));
    ears.want(sound, 0);
    assert_eq!(ears.fed(), (0, Vec::new(), true), "its samples are gone");
}

#[test]
fn a_stream_that_is_given_back_before_it_can_begin_ends_too() {
    let ears = Ears::new();
    let begun = ears
        .sounds
        .begin_audio("http://x/radio", "audio/mpeg", None);
    let (audio, writer) = begun.expect("room");
    ears.sounds.decode(DecodeId(1), audio, None);
    ears.sounds.release(DecodeId(1));
    assert!(is_given_up(&writer));
    no_slow_sources(&ears);
    let answered = ears.told.recv_timeout(Duration::from_millis(50));
    assert!(answered.is_err(), "{answered:?}");
    // A second source is never decoded.
    let (audio, writer) = radio(&ears);
    ears.sounds.drop_audio(audio);
    assert!(is_given_up(&writer));
}

#[test]
fn a_whole_file_stays_for_the_next_one_who_asks() {
    let ears = Ears::new();
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 0.5, 0.5));
    let audio = ears.audio(&file, "audio/wav");
    assert!(ears.sounds.claim(audio));
    ears.sounds.decode(DecodeId(1), audio, None);
    let sound = answer(&ears, DecodeId(1)).expect("audio");
    assert_eq!(ears.all(sound).len(), 4_000);
    ears.sounds.release(DecodeId(1));
    ears.sounds.decode(DecodeId(2), audio, None);
    assert_eq!(answer(&ears, DecodeId(2)), Ok(sound));
    ears.sounds.release(DecodeId(2));
    assert!(ears.sounds.has(audio));
}

#[test]
fn a_whole_file_that_no_request_finds_ends_with_its_last_hold() {
    let ears = Ears::new();
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 0.5, 0.5));
    let audio = ears.audio(&file, "audio/wav");
    assert!(ears.sounds.claim(audio));
    ears.sounds.forget(audio);
    ears.sounds.decode(DecodeId(1), audio, None);
    let sound = answer(&ears, DecodeId(1)).expect("audio");
    ears.sounds.decode(DecodeId(2), audio, None);
    assert_eq!(answer(&ears, DecodeId(2)), Ok(sound));
    ears.sounds.release(DecodeId(1));
    assert_eq!(ears.all(sound).len(), 4_000);
    ears.sounds.release(DecodeId(2));
    assert!(!ears.sounds.has(audio));
}

#[test]
fn streams_beyond_their_number_are_refused_and_files_and_speech_are_not() {
    let ears = Ears::new();
    let mut streams = Vec::new();
    for number in 0..SLOW_SOURCES_MAX as u64 {
        let (audio, writer) = radio(&ears);
        let decode = DecodeId(1_000 + number);
        ears.sounds.decode(decode, audio, None);
        answer(&ears, decode).expect("it can begin");
        streams.push((decode, writer));
    }
    assert_eq!(ears.sounds.slow_sources(), (SLOW_SOURCES_MAX, 0));
    let (one_more, writer) = radio(&ears);
    ears.sounds.decode(DecodeId(1), one_more, call(1));
    let error = answer(&ears, DecodeId(1)).expect_err("too many");
    assert_eq!(error.code, 20429, "{error:?}");
    assert!(is_given_up(&writer));
    // Files, with and without a length, and speech still get threads.
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 0.5, 0.5));
    for (decode, length) in [(DecodeId(2), Some(file.len() as u64)), (DecodeId(3), None)] {
        let begun = Instant::now();
        let (audio, mut writer) = ears
            .sounds
            .begin_audio("http://x/", "audio/wav", length)
            .expect("room");
        writer.write(&file).expect("room");
        writer.finish();
        ears.sounds.decode(decode, audio, call(2));
        let sound = answer(&ears, decode).expect("a file");
        assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
        assert_eq!(ears.all(sound).len(), 4_000);
    }
    ears.sounds.say(DecodeId(4), "Hello there.", None, None);
    answer(&ears, DecodeId(4)).expect("speech");
    assert_eq!(ears.sounds.slow_sources(), (SLOW_SOURCES_MAX, 1));
    for (decode, _) in &streams {
        ears.sounds.release(*decode);
    }
    no_slow_sources(&ears);
    assert!(streams.iter().all(|(_, writer)| is_given_up(writer)));
}

#[test]
fn a_call_has_only_so_many_streams() {
    let ears = Ears::new();
    let mut writers = Vec::new();
    for number in 0..SLOW_SOURCES_EACH_CALL as u64 {
        let (audio, writer) = radio(&ears);
        ears.sounds.decode(DecodeId(number), audio, call(1));
        answer(&ears, DecodeId(number)).expect("it can begin");
        writers.push(writer);
    }
    let (audio, writer) = radio(&ears);
    ears.sounds.decode(DecodeId(10), audio, call(1));
    let error = answer(&ears, DecodeId(10)).expect_err("too many");
    assert_eq!(error.code, 20429, "{error:?}");
    assert!(is_given_up(&writer));
    let (audio, writer) = radio(&ears);
    ears.sounds.decode(DecodeId(11), audio, call(2));
    answer(&ears, DecodeId(11)).expect("another call");
    writers.push(writer);
}

#[test]
fn a_file_that_arrives_slowly_plays_and_leaves_its_thread_to_others() {
    let ears = Ears::new();
    let mut writers = Vec::new();
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 4.0, 0.5));
    for number in 0..100 {
        let length = Some(file.len() as u64);
        let begun = ears.sounds.begin_audio("http://x/", "audio/wav", length);
        let (audio, mut writer) = begun.expect("room");
        writer.write(&file[..10_000]).expect("room");
        ears.sounds.decode(DecodeId(number), audio, None);
        writers.push(writer);
    }
    let begun = Instant::now();
    let heard = ears.audio(&file, "audio/wav");
    ears.sounds.decode(DecodeId(1_000), heard, None);
    answer(&ears, DecodeId(1_000)).expect("a file");
    assert!(begun.elapsed() < 3 * SECOND, "{:?}", begun.elapsed());
    for mut writer in writers {
        writer.write(&file[10_000..]).expect("it is still played");
        writer.finish();
    }
    no_slow_sources(&ears);
}
