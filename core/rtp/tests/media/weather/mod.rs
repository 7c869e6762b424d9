//! Simulated network, generated from a seed: packets of a tone go in, and the output of a jitter
//! buffer at each tick is measured strictly. Time is simulated.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses its own part"
)]

use confab_codec::tone::Sine;
use confab_rtp::{Header, JitterBuffer, Pulled};
use confab_terms::{Codec, Instant};

pub const TONE_HZ: f32 = 1_010.0;
pub const FRAME: usize = 160;
const TICK_US: i64 = 20_000;

/// SplitMix64: a small seeded generator with the same results on all platforms.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn unit(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Returns a uniform value in −1..1.
    pub fn swing(&mut self) -> f64 {
        self.unit() * 2.0 - 1.0
    }
}

/// Packet and its arrival time in microseconds.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at_us: i64,
    pub header: Header,
    pub payload: Vec<u8>,
}

/// Phone that sends a tone.
pub struct Phone {
    pub sine: Sine,
    pub header: Header,
    pub now_us: f64,
    /// Excess length of the phone's 20 ms, in ppm.
    pub slow_ppm: f64,
}

impl Phone {
    pub fn new(phase_us: i64) -> Self {
        Self {
            sine: Sine::new(8_000, TONE_HZ, -10.0),
            header: Header {
                payload_type: 0,
                marker: false,
                sequence: 65_500,
                timestamp: u32::MAX - 30_000,
                ssrc: 0x1234_5678,
            },
            now_us: phase_us as f64,
            slow_ppm: 0.0,
        }
    }

    /// Returns the next `ms` of tone in one packet, sent at the end of its last sample.
    pub fn packet(&mut self, ms: usize) -> Sent {
        let mut samples = vec![0; ms * 8];
        self.sine.fill(&mut samples);
        let mut payload = vec![0; samples.len()];
        confab_codec::encode(Codec::Pcmu, &samples, &mut payload);
        self.now_us += ms as f64 * 1_000.0 * (1.0 + self.slow_ppm / 1e6);
        let sent = Sent {
            at_us: self.now_us as i64,
            header: self.header,
            payload,
        };
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(ms as u32 * 8);
        sent
    }

    pub fn packets(&mut self, count: usize, ms: usize) -> Vec<Sent> {
        (0..count).map(|_| self.packet(ms)).collect()
    }

    /// Sends nothing for `ms`; the clock of the stream continues (DTX).
    pub fn pause(&mut self, ms: u32) {
        self.now_us += f64::from(ms) * 1_000.0;
        self.header.timestamp = self.header.timestamp.wrapping_add(ms * 8);
        let mut silent = vec![0; ms as usize * 8];
        self.sine.fill(&mut silent);
    }
}

/// Output of one tick.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    pub pulled: Pulled,
    /// Phase of the tone at the frame's first sample, in radians.
    pub phase: f64,
    /// Peak of the tone.
    pub amplitude: f64,
}

/// Result of a strict measurement over several ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub voice: usize,
    pub concealed: usize,
    pub silent: usize,
    pub phase_jumps: usize,
    pub weak: usize,
}

impl Verdict {
    pub fn flawless(self) -> bool {
        self.concealed + self.silent + self.phase_jumps + self.weak == 0
    }
}

/// Plays packets into a buffer, tick by tick; tick `n` is `tick_off_us(n)` late.
pub fn play(
    buffer: &mut JitterBuffer,
    mut packets: Vec<Sent>,
    ticks: i64,
    mut tick_off_us: impl FnMut(i64) -> i64,
) -> Vec<Heard> {
    packets.sort_by_key(|sent| sent.at_us);
    let mut packets = packets.into_iter().peekable();
    let mut heard = Vec::new();
    for tick in 0..ticks {
        let now_us = tick * TICK_US + tick_off_us(tick);
        let now = Instant(now_us.max(0) as u64 * 1_000);
        while let Some(sent) = packets.next_if(|sent| sent.at_us <= now_us) {
            buffer.insert(now, &sent.header, &sent.payload);
        }
        heard.push(listen(buffer, now));
    }
    heard
}

pub fn listen(buffer: &mut JitterBuffer, now: Instant) -> Heard {
    let mut frame = [0; FRAME];
    let pulled = buffer.pull(now, &mut frame);
    let (mut re, mut im) = (0.0, 0.0);
    let step = std::f64::consts::TAU * f64::from(TONE_HZ) / 8_000.0;
    for (i, &sample) in frame.iter().enumerate() {
        // A Hann window keeps the other end of the spectrum out of the phase.
        let window = 1.0 - (std::f64::consts::TAU * (i as f64 + 0.5) / FRAME as f64).cos();
        re += f64::from(sample) * window * (step * i as f64).cos();
        im -= f64::from(sample) * window * (step * i as f64).sin();
    }
    let amplitude = re.hypot(im) * 2.0 / FRAME as f64;
    Heard {
        pulled,
        phase: im.atan2(re),
        amplitude,
    }
}

/// Measures the output: each frame must be voice that continues exactly at the end of the last one.
pub fn judge(heard: &[Heard]) -> Verdict {
    let mut verdict = Verdict::default();
    let advance = std::f64::consts::TAU * f64::from(TONE_HZ) / 8_000.0 * FRAME as f64;
    for (i, now) in heard.iter().enumerate() {
        match now.pulled {
            Pulled::Voice => verdict.voice += 1,
            Pulled::Concealed => verdict.concealed += 1,
            Pulled::Silence | Pulled::Fading => verdict.silent += 1,
        }
        // −10 dBFS is a peak of 10,362.
        verdict.weak += usize::from((now.amplitude / 10_362.0 - 1.0).abs() > 0.05);
        if let Some(before) = i.checked_sub(1).map(|i| heard[i]) {
            let off = now.phase - before.phase - advance;
            let off = (off + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU);
            let jump = (off - std::f64::consts::PI).abs();
            verdict.phase_jumps += usize::from(jump > 0.1);
        }
    }
    verdict
}
