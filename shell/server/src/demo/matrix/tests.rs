//! Synthetic packets of callers, and the resulting matrix.

use std::iter;

use confab_phone::heard::Presence;
use confab_phone::{FRAME_SAMPLES, Packet};
use confab_terms::{Codec, Instant};

use super::{Difference, matrix};
use crate::demo::examples::{ANNOUNCE, EVERYBODY, EXAMPLES};
use crate::demo::sounds;
use crate::demo::sources::{CALLERS, SOURCES};

const FRAMES: usize = 50;
const AGENT: usize = 0;
const CUSTOMER: usize = 1;
const SUPERVISOR: usize = 2;

/// Audio of a caller: sounds added with a gain each.
#[derive(Clone)]
struct Mix(Vec<f64>);

impl Mix {
    fn silence() -> Self {
        Self(vec![0.0; FRAMES * FRAME_SAMPLES])
    }

    fn of(callers: &[usize]) -> Self {
        let with = |mix: Self, caller: &usize| mix.plus(&sounds::voice(*caller), 1.0);
        callers.iter().fold(Self::silence(), with)
    }

    /// Adds a sound, starting in its middle.
    fn plus(mut self, sound: &[i16], gain: f64) -> Self {
        let sound = sound.iter().cycle().skip(777);
        for (sum, sample) in self.0.iter_mut().zip(sound) {
            *sum += f64::from(*sample) * gain;
        }
        self
    }

    /// Replaces these frames by those of another mix.
    fn but(mut self, frames: std::ops::Range<usize>, other: &Self) -> Self {
        let samples = frames.start * FRAME_SAMPLES..frames.end * FRAME_SAMPLES;
        self.0[samples.clone()].copy_from_slice(&other.0[samples]);
        self
    }

    fn packets(&self) -> Vec<Packet> {
        let samples: Vec<i16> = self.0.iter().map(|&sample| sample as i16).collect();
        packets(&samples)
    }
}

fn packets(samples: &[i16]) -> Vec<Packet> {
    let packet = |(frame, n): (&[i16], u16)| {
        let mut payload = vec![0; frame.len()];
        confab_codec::encode(Codec::Pcmu, frame, &mut payload);
        Packet {
            arrived: Instant(u64::from(n) * 20_000_000),
            payload_type: 0,
            codec: Some(Codec::Pcmu),
            marker: n == 0,
            sequence: n,
            timestamp: u32::from(n) * 160,
            ssrc: 1,
            payload: payload.into(),
        }
    };
    let frames = samples.chunks_exact(FRAME_SAMPLES);
    frames.zip(0..).map(packet).collect()
}

/// Returns the differences of three callers who should all hear each other.
fn wrong(mixes: &[Mix; 3]) -> Vec<Difference> {
    let names = CALLERS.iter().map(|caller| caller.name);
    let received: Vec<_> = names.zip(mixes.iter().map(Mix::packets)).collect();
    matrix(&received).differences(EVERYBODY, FRAMES)
}

fn everybody() -> [Mix; 3] {
    [
        Mix::of(&[CUSTOMER, SUPERVISOR]),
        Mix::of(&[AGENT, SUPERVISOR]),
        Mix::of(&[AGENT, CUSTOMER]),
    ]
}

#[test]
fn everybody_hears_everybody_else_and_not_itself() {
    assert_eq!(wrong(&everybody()), []);
}

#[test]
fn a_leaked_voice_is_found_wherever_it_leaks_to_and_however_briefly() {
    let all = [AGENT, CUSTOMER, SUPERVISOR];
    for listener in all {
        let mut mixes = everybody();
        mixes[listener] = Mix::of(&all);
        let name = CALLERS[listener].name;
        let leak = Difference::Leaked(name, name, Presence::Heard);
        assert_eq!(wrong(&mixes), [leak]);
        for frame in [0, 23, FRAMES - 1] {
            let mut mixes = everybody();
            mixes[listener] = mixes[listener]
                .clone()
                .but(frame..frame + 1, &Mix::of(&all));
            let partly = Presence::Partly {
                traces: 1,
                carried: 1,
                of: FRAMES,
            };
            let leak = Difference::Leaked(name, name, partly);
            assert_eq!(wrong(&mixes), [leak], "in frame {frame}");
        }
    }
}

#[test]
fn a_leak_20_db_down_is_found() {
    let mut mixes = everybody();
    mixes[CUSTOMER] = Mix::of(&[AGENT, SUPERVISOR]).plus(&sounds::voice(CUSTOMER), 0.1);
    let found = wrong(&mixes);
    let [Difference::Leaked("customer", "customer", Presence::Partly { traces, .. })] = found[..]
    else {
        panic!("{found:?}");
    };
    assert_eq!(traces, FRAMES);
}

#[test]
fn a_missing_voice_is_found_wherever_it_is_missing_and_however_briefly() {
    for listener in [AGENT, CUSTOMER, SUPERVISOR] {
        for speaker in [AGENT, CUSTOMER, SUPERVISOR] {
            if listener == speaker {
                continue;
            }
            let rest = Mix::of(&[3 - listener - speaker]);
            let names = (CALLERS[listener].name, CALLERS[speaker].name);
            let mut mixes = everybody();
            mixes[listener] = rest.clone();
            let missing = Difference::Missing(names.0, names.1, Presence::Silent);
            assert_eq!(wrong(&mixes), [missing]);
            let mut mixes = everybody();
            mixes[listener] = mixes[listener].clone().but(31..32, &rest);
            let partly = Presence::Partly {
                traces: FRAMES - 1,
                carried: FRAMES - 1,
                of: FRAMES,
            };
            let missing = Difference::Missing(names.0, names.1, partly);
            assert_eq!(wrong(&mixes), [missing]);
        }
    }
}

#[test]
fn one_who_receives_nothing_does_not_hear_silence() {
    let received: Vec<_> = CALLERS.map(|caller| (caller.name, Vec::new())).into();
    let nobody = &[("agent", &[][..]), ("customer", &[]), ("supervisor", &[])];
    let found = matrix(&received).differences(nobody, FRAMES);
    let deaf = |caller: crate::demo::sources::Source| Difference::Deaf {
        listener: caller.name,
        frames: 0,
    };
    assert_eq!(found, CALLERS.map(deaf));
}

#[test]
fn silence_holds_no_trace_of_anything() {
    let received = [("agent", Mix::silence().packets())];
    let nobody = &[("agent", &[][..])];
    assert_eq!(matrix(&received).differences(nobody, FRAMES), []);
}

/// Each sound alone, at full length: present in every frame, and no other sound in any frame.
#[test]
fn every_sound_is_itself_and_nothing_else() {
    let voices = (0..CALLERS.len()).map(sounds::voice);
    let sounds = voices.chain([sounds::music(), sounds::announcement()]);
    for (source, sound) in SOURCES.iter().zip(sounds) {
        for start in [0, 53, 80, 101] {
            let received = [("agent", packets(&sound[start..]))];
            let frames = received[0].1.len();
            let only: &[&str] = &[source.name];
            let found = matrix(&received).differences(&[("agent", only)], frames);
            assert_eq!(found, [], "{} from sample {start}", source.name);
        }
    }
}

#[test]
fn the_built_in_music_is_no_voice_and_never_ours_for_long() {
    let music: Vec<_> = confab_codec::music::built_in();
    let round = packets(&music);
    let heard = matrix(&[("agent", round.clone())]);
    for (source, presence) in &heard.rows[0].sources[..3] {
        assert_eq!(
            *presence,
            Presence::Silent,
            "{source} in the built-in music"
        );
    }
    // Fifteen frames count as settled.
    for window in round.windows(15) {
        let heard = matrix(&[("agent", window.to_vec())]);
        assert_ne!(heard.presence("agent", "music"), Some(Presence::Heard));
    }
}

#[test]
fn a_voice_that_makes_way_for_an_announcement_is_heard() {
    let hears = ANNOUNCE.hears;
    let ducked = Mix::silence()
        .plus(&sounds::voice(SUPERVISOR), 0.25)
        .plus(&sounds::announcement(), 1.0);
    let held = Mix::silence().plus(&sounds::music(), 1.0);
    let received: Vec<_> = ["agent", "customer", "supervisor"]
        .into_iter()
        .zip([ducked, held, Mix::silence()].iter().map(Mix::packets))
        .collect();
    assert_eq!(matrix(&received).differences(hears, FRAMES), []);
}

#[test]
fn no_two_examples_that_change_something_are_heard_alike() {
    let matrices: Vec<_> = EXAMPLES.iter().map(|example| example.hears).collect();
    for (n, hears) in matrices.iter().enumerate().skip(1) {
        assert_ne!(*hears, matrices[n - 1], "{}", EXAMPLES[n].name);
    }
    assert!(iter::once(EVERYBODY).eq(matrices.first().copied()));
}
