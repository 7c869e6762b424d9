//! Built-in music for callers without configured music. Slow chords under a soft arpeggio,
//! generated from the tables below: free to use and identical on all platforms.

/// Samples per second of the music.
pub const RATE_HZ: u32 = 8_000;

const RATE: f64 = RATE_HZ as f64;
/// Samples per bar: eight bars of four beats at 96 beats a minute last 20 s.
const BAR: usize = 20_000;
const EIGHTH: usize = BAR / 8;
const LENGTH: usize = BAR * BARS.len();
/// Level of −20 dBFS, which does not mask speech.
const RMS: f64 = 3_276.8;
/// Level of the soft limiter, which keeps all samples below −9 dBFS.
const CEILING: f64 = 11_200.0;

/// Partials of a note of the arpeggio: harmonic, share of the level, and seconds of the decay. The
/// overtones decay faster.
const OVERTONES: [(f64, f64, f64); 3] = [(1.0, 1.0, 0.55), (2.0, 0.28, 0.30), (3.0, 0.10, 0.16)];

/// Bar: bass, chord, and order of the chord's notes in the arpeggio. Pitches are MIDI notes (69 is
/// 440 Hz) in the range of telephones.
struct Bar {
    bass: u8,
    chord: [u8; 5],
    order: [u8; 8],
}

const RISING: [u8; 8] = [0, 1, 2, 3, 4, 3, 2, 1];
const ROCKING: [u8; 8] = [0, 2, 1, 3, 2, 4, 3, 2];
const FALLING: [u8; 8] = [4, 3, 2, 1, 2, 3, 1, 2];
const RESTING: [u8; 8] = [0, 2, 3, 4, 4, 3, 2, 0];

const BARS: [Bar; 8] = [
    // C major 7, A minor 7, F major 7, G 6.
    Bar {
        bass: 48,
        chord: [64, 67, 71, 74, 76],
        order: RISING,
    },
    Bar {
        bass: 45,
        chord: [64, 67, 69, 72, 76],
        order: ROCKING,
    },
    Bar {
        bass: 53,
        chord: [65, 69, 72, 76, 77],
        order: RISING,
    },
    Bar {
        bass: 55,
        chord: [62, 67, 71, 74, 76],
        order: FALLING,
    },
    // E minor 7, A minor 9, D minor 7, G with a suspended fourth, which resolves to the first
    // chord.
    Bar {
        bass: 52,
        chord: [64, 67, 71, 74, 79],
        order: ROCKING,
    },
    Bar {
        bass: 45,
        chord: [64, 67, 71, 72, 76],
        order: RISING,
    },
    Bar {
        bass: 50,
        chord: [65, 69, 72, 74, 77],
        order: FALLING,
    },
    Bar {
        bass: 55,
        chord: [62, 67, 72, 74, 79],
        order: RESTING,
    },
];

/// Returns one round of the music at 8 kHz, 20 s. The end continues seamlessly at the start.
#[must_use]
pub fn built_in() -> Vec<i16> {
    let mut mix = vec![0.0; LENGTH];
    let swell = swell();
    let overtones = OVERTONES.map(|(harmonic, share, seconds)| (harmonic, share, decay(seconds)));
    for (bar, start) in BARS.iter().zip((0..).step_by(BAR)) {
        pad(&mut mix, start, bar, &swell);
        for (&index, at) in bar.order.iter().zip((start..).step_by(EIGHTH)) {
            // The first note of each group of four has a slight accent.
            let accent = if (at - start) % (4 * EIGHTH) == 0 {
                0.30
            } else {
                0.23
            };
            let hz = hz(bar.chord[usize::from(index)]);
            for (harmonic, share, envelope) in &overtones {
                add(&mut mix, at, hz * harmonic, accent * share, envelope);
            }
        }
    }
    let mix = with_echo(&mix);
    let energy: f64 = mix.iter().map(|sample| sample * sample).sum();
    let gain = RMS / (energy / LENGTH as f64).sqrt();
    mix.iter()
        .map(|sample| (CEILING * (sample * gain / CEILING).tanh()) as i16)
        .collect()
}

/// Adds a chord; each note is a pair of slightly detuned sines.
fn pad(mix: &mut [f64], start: usize, bar: &Bar, swell: &[f64]) {
    let notes = bar.chord[..4]
        .iter()
        .map(|&note| (note, 0.055))
        .chain([(bar.bass, 0.12)]);
    for (note, level) in notes {
        for detune in [-0.35, 0.35] {
            let hz = hz(note) + detune;
            for (harmonic, share) in [(1.0, 1.0), (2.0, 0.30), (3.0, 0.12)] {
                add(mix, start, hz * harmonic, level * share, swell);
            }
        }
    }
}

/// Adds a sine under an envelope. Samples beyond the end wrap to the start, so that the round is
/// seamless.
fn add(mix: &mut [f64], start: usize, hz: f64, level: f64, envelope: &[f64]) {
    let (turn_im, turn_re) = (core::f64::consts::TAU * hz / RATE).sin_cos();
    let (mut re, mut im) = (1.0, 0.0);
    let round = mix.len();
    for (age, factor) in envelope.iter().enumerate() {
        mix[(start + age) % round] += im * level * factor;
        (re, im) = (re * turn_re - im * turn_im, re * turn_im + im * turn_re);
    }
}

/// Returns the envelope of a chord, which swells and fades into the next.
fn swell() -> Vec<f64> {
    envelope(BAR + 6_000, |age, length| {
        let rise = (age / 0.7).min(1.0);
        let fall = ((length - age) / 1.1).clamp(0.0, 1.0);
        bend(rise) * bend(fall)
    })
}

/// Returns the envelope of a note like a soft bell: a quick rise and a decay by 1/e in `seconds`.
fn decay(seconds: f64) -> Vec<f64> {
    envelope(18_000, |age, length| {
        let fall = ((length - age) / 0.2).clamp(0.0, 1.0);
        bend((age / 0.012).min(1.0)) * (-age / seconds).exp() * fall
    })
}

/// Returns the values of a function of age and length in seconds, for this number of samples.
fn envelope(samples: usize, value: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let length = samples as f64 / RATE;
    let ages = (0..samples).map(|sample| sample as f64 / RATE);
    ages.map(|age| value(age, length)).collect()
}

fn with_echo(dry: &[f64]) -> Vec<f64> {
    let before = |i: usize, by: usize| dry[(i + dry.len() - by) % dry.len()];
    let wet = |(i, sample): (usize, &f64)| {
        sample + 0.22 * before(i, EIGHTH * 3 / 2) + 0.10 * before(i, EIGHTH * 3)
    };
    dry.iter().enumerate().map(wet).collect()
}

/// Maps 0 to 1 onto half a cosine, without corners.
fn bend(x: f64) -> f64 {
    0.5 - 0.5 * (core::f64::consts::PI * x).cos()
}

fn hz(note: u8) -> f64 {
    440.0 * ((f64::from(note) - 69.0) / 12.0).exp2()
}
