//! The public sum without the own voice equals the separately computed sum of all others. Tested
//! exactly for random rooms, audibilities, silences, joins and leaves.

use confab_mixer::{FADE_MS, Heard, Room, Seat};
use confab_terms::{Audibility, LegId, Rate, Voice};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, option, prop_assert, prop_assert_eq, proptest};

const LEGS: u64 = 6;

#[derive(Clone, Debug)]
enum Step {
    Seat(u64, Audibility),
    Unseat(u64),
    Set(u64, Audibility),
    Beep(Option<u64>),
    Tick([Option<u16>; LEGS as usize]),
}

fn audibility() -> impl Strategy<Value = Audibility> {
    let voice = prop_oneof![
        Just(Voice::ToNobody),
        Just(Voice::ToEveryone),
        Just(Voice::ToEveryone),
        (0..LEGS).prop_map(|leg| Voice::Only(LegId(leg))),
    ];
    (voice, proptest::bool::weighted(0.8)).prop_map(|(voice, hears)| Audibility { voice, hears })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..LEGS, audibility()).prop_map(|(leg, a)| Step::Seat(leg, a)),
        1 => (0..LEGS).prop_map(Step::Unseat),
        4 => (0..LEGS, audibility()).prop_map(|(leg, a)| Step::Set(leg, a)),
        1 => option::of(0..LEGS).prop_map(Step::Beep),
        6 => proptest::array::uniform6(option::weighted(0.8, any::<u16>())).prop_map(Step::Tick),
    ]
}

fn rate() -> impl Strategy<Value = Rate> {
    prop_oneof![
        4 => Just(Rate::Hz8000),
        2 => Just(Rate::Hz16000),
        1 => Just(Rate::Hz48000),
    ]
}

/// Returns a loud voice with varying samples that depends on the seed only.
fn voice(rate: Rate, seed: u16, leg: u64) -> Vec<i16> {
    (0..rate.frame_samples() as u32)
        .map(|at| {
            let x = (u32::from(seed) << 16) | (leg as u32) << 8 | at;
            (x.wrapping_mul(2_654_435_761) >> 16) as i16
        })
        .collect()
}

fn faded(rate: Rate, x: i64, at: usize) -> i64 {
    let fade = (rate.hz() / 1_000 * FADE_MS) as usize;
    if at < fade {
        x * at as i64 / fade as i64
    } else {
        x
    }
}

/// Second implementation of the audibility rules, by pairs.
#[derive(Clone, Default)]
struct Naive {
    now: [Option<Audibility>; LEGS as usize],
    before: [Audibility; LEGS as usize],
}

impl Naive {
    fn reaches(voice: Voice, listener: u64, speaker: u64) -> bool {
        listener != speaker && (voice == Voice::ToEveryone || voice == Voice::Only(LegId(listener)))
    }

    fn hear(&self, rate: Rate, listener: u64, said: &[Option<Vec<i16>>]) -> Vec<i64> {
        let mut out = vec![0; rate.frame_samples()];
        if !self.now[listener as usize].is_some_and(|ear| ear.hears) {
            return out;
        }
        for speaker in 0..LEGS {
            let (Some(mouth), Some(said)) = (self.now[speaker as usize], &said[speaker as usize])
            else {
                continue;
            };
            if !Self::reaches(mouth.voice, listener, speaker) {
                continue;
            }
            let old = Self::reaches(self.before[speaker as usize].voice, listener, speaker);
            for (at, out) in out.iter_mut().enumerate() {
                let x = i64::from(said[at]);
                *out += if old { x } else { faded(rate, x, at) };
            }
        }
        if !self.before[listener as usize].hears {
            for (at, out) in out.iter_mut().enumerate() {
                *out = faded(rate, *out, at);
            }
        }
        out
    }
}

/// Runs one tick and returns the signal of each leg; `None` in `said` is silence.
fn tick(room: &mut Room, said: &[Option<Vec<i16>>]) -> Vec<Vec<i32>> {
    let legs: Vec<(LegId, Seat)> = room.legs().collect();
    for &(leg, seat) in &legs {
        if let Some(said) = &said[leg.0 as usize] {
            room.voice(seat).copy_from_slice(said);
            room.spoke(seat);
        }
    }
    room.mix();
    let mut heard = vec![vec![0; room.rate().frame_samples()]; LEGS as usize];
    for &(leg, seat) in &legs {
        let out = &mut heard[leg.0 as usize];
        room.hear(seat, out);
        match room.heard(seat) {
            Heard::Nothing => assert!(out.iter().all(|&x| x == 0), "{leg} heard something"),
            Heard::Public => assert_eq!(out, room.public(), "{leg} is not like the public"),
            Heard::Own => {}
        }
    }
    room.finish();
    heard
}

fn change(room: &mut Room, naive: &mut Naive, step: &Step) {
    match *step {
        Step::Seat(leg, audibility) => {
            room.seat(LegId(leg), audibility);
            naive.now[leg as usize] = Some(audibility);
        }
        Step::Unseat(leg) => {
            room.unseat(LegId(leg));
            naive.now[leg as usize] = None;
            naive.before[leg as usize] = Audibility::default();
        }
        Step::Set(leg, audibility) => {
            if room.set_audibility(LegId(leg), audibility) {
                naive.now[leg as usize] = Some(audibility);
            }
        }
        Step::Beep(_) | Step::Tick(_) => {}
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(1_000))]

    #[test]
    fn mix_equals_the_sum_of_all_others(
        rate in rate(),
        steps in collection::vec(step(), 1..60),
    ) {
        let mut room = Room::new(rate);
        let mut naive = Naive::default();
        for step in &steps {
            change(&mut room, &mut naive, step);
            let Step::Tick(seeds) = step else { continue };
            let said: Vec<_> = seeds.iter().enumerate()
                .map(|(leg, seed)| seed.map(|seed| voice(rate, seed, leg as u64)))
                .collect();
            let heard = tick(&mut room, &said);
            for listener in 0..LEGS {
                let expected = naive.hear(rate, listener, &said);
                let heard: Vec<i64> =
                    heard[listener as usize].iter().map(|&x| i64::from(x)).collect();
                prop_assert_eq!(heard, expected, "listener {}", listener);
            }
            for leg in 0..LEGS as usize {
                naive.before[leg] = naive.now[leg].unwrap_or_default();
            }
        }
    }

    /// Runs the same history twice, once with the whisperers silent. The signal of all others,
    /// beeps included, must be identical.
    #[test]
    fn whisper_is_audible_to_its_target_only(
        rate in rate(),
        steps in collection::vec(step(), 1..60),
    ) {
        let mut rooms = [Room::new(rate), Room::new(rate)];
        let mut naive = Naive::default();
        for step in &steps {
            for room in &mut rooms {
                change(room, &mut naive, step);
                if let Step::Beep(except) = step {
                    room.beep(880, except.map(LegId));
                }
            }
            let Step::Tick(seeds) = step else { continue };
            let said: Vec<_> = seeds.iter().enumerate()
                .map(|(leg, seed)| seed.map(|seed| voice(rate, seed, leg as u64)))
                .collect();
            let targets: Vec<Option<LegId>> = naive.now.iter().map(|now| match now {
                Some(Audibility { voice: Voice::Only(target), .. }) => Some(*target),
                _ => None,
            }).collect();
            let mut hushed = said.clone();
            for (said, _) in hushed.iter_mut().zip(&targets).filter(|(_, t)| t.is_some()) {
                *said = None;
            }
            let [with, without] = &mut rooms;
            let (with, without) = (tick(with, &said), tick(without, &hushed));
            for listener in 0..LEGS {
                let whispered_to = targets.contains(&Some(LegId(listener)));
                prop_assert!(
                    whispered_to || with[listener as usize] == without[listener as usize],
                    "a whisper reached {}", listener
                );
            }
        }
    }

    #[test]
    fn audible_agrees_with_the_mix(
        rate in rate(),
        steps in collection::vec(step(), 1..60),
    ) {
        let mut room = Room::new(rate);
        let mut naive = Naive::default();
        for step in &steps {
            change(&mut room, &mut naive, step);
        }
        // One leg at a time speaks; exactly the legs that hear it receive a signal.
        for speaker in 0..LEGS {
            let mut said = vec![None; LEGS as usize];
            said[speaker as usize] = Some(voice(rate, 77, speaker));
            let heard = tick(&mut room, &said);
            for listener in 0..LEGS {
                let got = heard[listener as usize].iter().any(|&x| x != 0);
                prop_assert_eq!(got, room.audible(LegId(listener), LegId(speaker)));
            }
        }
    }
}
