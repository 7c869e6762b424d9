//! Hold music, wait music and announcements, as received by phones.

use std::time::Duration;

use confab_conformance::application::Application;
use confab_conformance::party::{DBFS, TONES, heard, settle};
use confab_conformance::server::pause;
use confab_phone::heard::{Frame, wav};

use crate::matrix::Desk;

const MUSIC_HZ: f64 = 1_777.0;
const SPEECH_HZ: f64 = 2_300.0;

/// Returns a WAV file with a tone at 8 kHz.
pub fn tone(hz: f64, seconds: f64) -> Vec<u8> {
    tone_at(8_000, hz, seconds)
}

/// Returns a WAV file with a tone at a rate.
pub fn tone_at(rate: u32, hz: f64, seconds: f64) -> Vec<u8> {
    let peak = 32_767.0 * 10_f64.powf(DBFS / 20.0);
    let samples: Vec<i16> = (0..(f64::from(rate) * seconds) as usize)
        .map(|i| (peak * (std::f64::consts::TAU * hz * i as f64 / f64::from(rate)).sin()) as i16)
        .collect();
    let mut file = wav(&samples);
    // Header fields: samples per second, and bytes per second.
    file[24..28].copy_from_slice(&rate.to_le_bytes());
    file[28..32].copy_from_slice(&(2 * rate).to_le_bytes());
    file
}

/// Returns whether a frame has energy outside the callers' tones: the built-in music.
fn is_music(frame: &Frame) -> bool {
    let loudest = frame
        .samples
        .iter()
        .map(|s| s.unsigned_abs())
        .max()
        .unwrap_or(0);
    loudest > 300 && TONES.iter().all(|hz| frame.level(*hz) < DBFS - 10.0)
}

fn with(app: &Application) -> Desk {
    app.serve("/hold.wav", "audio/wav", tone(MUSIC_HZ, 0.73));
    app.serve("/speech.wav", "audio/wav", tone(SPEECH_HZ, 1.0));
    Desk::start()
}

fn listen(three: &Desk, who: usize, ms: u64) -> Vec<Frame> {
    three.callers[who]
        .phone
        .listen(Duration::from_millis(ms))
        .unwrap()
}

#[test]
fn hold_plays_the_url_in_a_loop_and_unhold_ends_it() {
    let app = Application::start().unwrap();
    let three = with(&app);
    let url = app.url("/hold.wav");
    three.update(1, &[("Hold", "true"), ("HoldUrl", &url)]);
    pause(Duration::from_millis(900));
    let voices = [
        ("agent", TONES[0]),
        ("supervisor", TONES[2]),
        ("music", MUSIC_HZ),
    ];
    // Longer than the file, which repeats without a gap.
    let frames = listen(&three, 1, 2_000);
    assert_eq!(heard("customer", &frames, &voices).unwrap(), ["music"]);
    let others = listen(&three, 0, 300);
    assert_eq!(
        heard("agent", &others, &[("music", MUSIC_HZ)]).unwrap(),
        [""; 0]
    );
    let request = &app.received_at("/hold.wav")[0];
    assert_eq!(request.method, "GET");
    assert_eq!(request.fields["Hold"], "true");

    three.update(1, &[("Hold", "false")]);
    settle();
    let frames = listen(&three, 1, 400);
    assert_eq!(
        heard("customer", &frames, &voices).unwrap(),
        ["agent", "supervisor"]
    );
}

#[test]
fn hold_without_a_url_or_with_a_dead_one_plays_the_built_in_music() {
    let app = Application::start().unwrap();
    let three = with(&app);
    app.refuse("/gone.wav", 404);
    let gone = app.url("/gone.wav");
    let forms: [&[(&str, &str)]; 2] =
        [&[("Hold", "true")], &[("Hold", "true"), ("HoldUrl", &gone)]];
    for form in forms {
        three.update(1, form);
        pause(Duration::from_millis(1_000));
        let frames = listen(&three, 1, 1_500);
        let music = frames.iter().filter(|f| is_music(f)).count();
        assert!(
            music * 10 > frames.len() * 8,
            "{form:?}: {music} of {} frames",
            frames.len()
        );
        three.update(1, &[("Hold", "false")]);
        settle();
    }
    three.update(1, &[("Hold", "true"), ("HoldUrl", "")]);
    settle();
    let frames = listen(&three, 1, 1_000);
    assert!(
        frames
            .iter()
            .all(|f| f.samples.iter().all(|s| s.abs() < 16)),
        "HoldUrl= is silence"
    );
}

#[test]
fn a_hold_document_plays_speaks_pauses_and_starts_over() {
    let app = Application::start().unwrap();
    let three = with(&app);
    let document = "<Response><Play>/hold.wav</Play><Pause length=\"1\"/>\
         <Redirect>/more</Redirect></Response>";
    app.serve("/hold", "text/xml", document);
    app.serve(
        "/more",
        "text/xml",
        "<Response><Say>Please wait.</Say></Response>",
    );
    let url = app.url("/hold");
    three.update(
        1,
        &[("Hold", "true"), ("HoldUrl", &url), ("HoldMethod", "POST")],
    );
    let audible = |frames: &[Frame]| {
        frames
            .iter()
            .filter(|f| f.level(MUSIC_HZ) > DBFS - 6.0)
            .count()
    };
    let frames = listen(&three, 1, 2_000);
    assert!(
        (30..=40).contains(&audible(&frames)),
        "0.73 s: {} frames",
        audible(&frames)
    );
    app.wait_for("the redirect", Duration::from_secs(5), |all| {
        all.iter().find(|r| r.path == "/more").cloned()
    })
    .unwrap();
    assert_eq!(app.received_at("/hold")[0].method, "POST");
}

#[test]
fn an_announcement_is_heard_by_one_alone_over_everything_else() {
    let app = Application::start().unwrap();
    let three = with(&app);
    let url = app.url("/speech.wav");
    three.update(1, &[("AnnounceUrl", &url)]);
    let frames = listen(&three, 1, 1_500);
    let during: Vec<Frame> = frames
        .into_iter()
        .filter(|f| f.level(SPEECH_HZ) > DBFS - 3.0)
        .collect();
    assert!(
        (45..=51).contains(&during.len()),
        "{} frames of one second",
        during.len()
    );
    // 12 dB lower during the announcement, except at its edges.
    let ducked = &during[5..during.len() - 5];
    for hz in [TONES[0], TONES[2]] {
        let mean: f64 = ducked.iter().map(|f| f.level(hz)).sum::<f64>() / ducked.len() as f64;
        assert!(
            (mean - (DBFS - 12.0)).abs() < 1.5,
            "{hz} Hz at {mean:.1} dBFS under it"
        );
    }
    for other in [0, 2] {
        let phone = &three.callers[other].phone;
        let all = confab_phone::heard::frames(&phone.packets());
        assert!(
            all.iter().all(|f| f.level(SPEECH_HZ) < DBFS - 30.0),
            "heard by {other}"
        );
    }
    settle();
    let voices = [("agent", TONES[0]), ("supervisor", TONES[2])];
    assert_eq!(
        heard("customer", &listen(&three, 1, 400), &voices)
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn announcements_queue_and_one_to_the_conference_is_heard_by_all() {
    let app = Application::start().unwrap();
    let three = with(&app);
    let url = app.url("/speech.wav");
    three.update(0, &[("AnnounceUrl", &url)]);
    three.update(0, &[("AnnounceUrl", &url), ("AnnounceMethod", "GET")]);
    let frames = listen(&three, 0, 3_000);
    let during = frames
        .iter()
        .filter(|f| f.level(SPEECH_HZ) > DBFS - 3.0)
        .count();
    assert!((92..=102).contains(&during), "two seconds: {during} frames");

    let path = format!("/Conferences/{}", three.conference);
    assert_eq!(
        three
            .api
            .post(&path, &[("AnnounceUrl", &url)])
            .unwrap()
            .status,
        200
    );
    pause(Duration::from_millis(1_800));
    for caller in &three.callers {
        let all = confab_phone::heard::frames(&caller.phone.packets());
        let newest = &all[all.len().saturating_sub(95)..];
        let during = newest
            .iter()
            .filter(|f| f.level(SPEECH_HZ) > DBFS - 3.0)
            .count();
        assert!(during > 40, "{} heard {during} frames of it", caller.name);
    }
}
