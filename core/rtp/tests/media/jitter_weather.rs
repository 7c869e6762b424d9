//! The jitter buffer under simulated network conditions, judged by the tone at its output.

use crate::weather::{Dice, Phone, Sent, judge, play};
use confab_rtp::{JitterBuffer, Pulled};
use confab_terms::Codec;

const SECOND: usize = 50;

fn delayed(mut packets: Vec<Sent>, mut delay_us: impl FnMut(usize) -> i64) -> Vec<Sent> {
    for (i, sent) in packets.iter_mut().enumerate() {
        sent.at_us += delay_us(i);
    }
    packets
}

#[test]
fn clean_line_is_flawless_from_its_first_frame_at_any_phase() {
    for phase_ms in 0..20 {
        let packets = Phone::new(phase_ms * 1_000).packets(30 * SECOND, 20);
        let first = packets[0].at_us;
        let mut buffer = JitterBuffer::new(Codec::Pcmu);
        let heard = play(&mut buffer, packets, 30 * 50, |_| 0);
        let start = heard
            .iter()
            .position(|h| h.pulled == Pulled::Voice)
            .expect("voice");
        // A frame is mixed on the first tick after its arrival.
        assert_eq!(start as i64, (first + 19_999) / 20_000, "phase {phase_ms}");
        let verdict = judge(&heard[start..]);
        assert!(
            verdict.flawless(),
            "phase {phase_ms}: {verdict:?} {:?}",
            buffer.stats()
        );
        assert_eq!(buffer.stats().grown + buffer.stats().resynchronised, 0);
    }
}

#[test]
fn uniform_jitter_is_learnt_in_3_s_and_then_flawless() {
    for seed in 0..150 {
        let mut dice = Dice(seed);
        let packets = Phone::new((dice.unit() * 20_000.0) as i64).packets(24 * SECOND, 20);
        let packets = delayed(packets, |_| 40_000 + (dice.swing() * 30_000.0) as i64);
        let mut buffer = JitterBuffer::new(Codec::Pcmu);
        let heard = play(&mut buffer, packets, 24 * 50, |_| 0);
        let start = heard
            .iter()
            .position(|h| h.pulled == Pulled::Voice)
            .expect("voice");
        let verdict = judge(&heard[start + 3 * SECOND..start + 23 * SECOND - 5]);
        assert!(
            verdict.flawless(),
            "seed {seed}: {verdict:?} {:?}",
            buffer.stats()
        );
        assert!(
            buffer.stats().depth_ms <= 160,
            "seed {seed}: {:?}",
            buffer.stats()
        );
    }
}

#[test]
fn packets_about_the_edge_of_a_tick_cost_one_adaption_at_most() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let swing = [1_000.0, 2_000.0, 3_000.0][seed as usize % 3];
        let packets = Phone::new((dice.swing() * 4_000.0) as i64).packets(120 * SECOND, 20);
        let packets = delayed(packets, |_| 5_000 + (dice.swing() * swing) as i64);
        let mut late = Dice(seed + 1_000);
        let mut buffer = JitterBuffer::new(Codec::Pcmu);
        let heard = play(&mut buffer, packets, 120 * 50, |_| {
            (late.unit() * 1_000.0) as i64
        });
        let start = heard
            .iter()
            .position(|h| h.pulled == Pulled::Voice)
            .expect("voice");
        let verdict = judge(&heard[start..heard.len() - 5]);
        let stats = buffer.stats();
        assert!(
            stats.grown <= 1 && stats.shrunk == 0,
            "seed {seed}: {verdict:?} {stats:?}"
        );
        assert!(
            verdict.concealed as u64 <= stats.grown,
            "seed {seed}: {verdict:?} {stats:?}"
        );
        assert!(verdict.phase_jumps <= 2, "seed {seed}: {verdict:?}");
    }
}

#[test]
fn each_loss_costs_its_own_frame_only() {
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let mut packets = Phone::new(7_000).packets(60 * SECOND, 20);
        let sent = packets.len();
        let mut n = 0;
        packets.retain(|_| {
            n += 1;
            n == 1 || n == sent || dice.unit() >= 0.05
        });
        let lost = (sent - packets.len()) as u64;
        let mut buffer = JitterBuffer::new(Codec::Pcmu);
        let heard = play(&mut buffer, packets, 60 * 50 + 2, |_| 0);
        let stats = buffer.stats();
        let verdict = judge(&heard[2..]);
        assert_eq!(stats.lost, lost, "seed {seed}");
        assert_eq!(
            verdict.concealed as u64, lost,
            "seed {seed}: {verdict:?} {stats:?}"
        );
        assert_eq!(
            stats.grown + stats.resynchronised + stats.late,
            0,
            "seed {seed}: {stats:?}"
        );
        // A gap has two edges.
        assert!(
            verdict.phase_jumps as u64 <= 2 * lost,
            "seed {seed}: {verdict:?}"
        );
    }
}

#[test]
fn reordering_within_the_depth_is_inaudible() {
    for seed in 0..50 {
        let mut dice = Dice(seed);
        // About every tenth packet is five packets late, as on a line with two routes.
        let packets = Phone::new(3_000).packets(30 * SECOND, 20);
        let packets = delayed(packets, |_| if dice.unit() < 0.1 { 100_000 } else { 1_000 });
        let mut buffer = JitterBuffer::new(Codec::Pcmu);
        let heard = play(&mut buffer, packets, 30 * 50, |_| 0);
        let verdict = judge(&heard[4 * SECOND..29 * SECOND]);
        let stats = buffer.stats();
        assert!(verdict.flawless(), "seed {seed}: {verdict:?} {stats:?}");
        assert!(
            stats.reordered > 100 && stats.lost <= 5,
            "seed {seed}: {stats:?}"
        );
    }
}

#[test]
fn duplicates_have_no_effect() {
    let packets = Phone::new(3_000).packets(20 * SECOND, 20);
    let twice = packets
        .iter()
        .cloned()
        .chain(delayed(packets.clone(), |_| 31_000))
        .collect();
    let (mut once_buffer, mut twice_buffer) = (
        JitterBuffer::new(Codec::Pcmu),
        JitterBuffer::new(Codec::Pcmu),
    );
    let once = play(&mut once_buffer, packets, 20 * 50, |_| 0);
    let twice = play(&mut twice_buffer, twice, 20 * 50 + 4, |_| 0);
    for (a, b) in once.iter().zip(&twice) {
        assert_eq!((a.pulled, a.phase), (b.pulled, b.phase));
    }
    assert_eq!(twice_buffer.stats().duplicated, 20 * SECOND as u64);
}

#[test]
fn drift_costs_single_frames_and_does_not_grow_the_delay() {
    for slow_ppm in [-200.0, -50.0, 50.0, 200.0] {
        for phase_ms in [0, 5, 13] {
            let mut dice = Dice(phase_ms as u64);
            let mut phone = Phone::new(phase_ms * 1_000);
            phone.slow_ppm = slow_ppm;
            let packets = phone.packets(1_200 * SECOND, 20);
            let packets = delayed(packets, |_| (dice.unit() * 2_000.0) as i64);
            let mut buffer = JitterBuffer::new(Codec::Pcmu);
            let heard = play(&mut buffer, packets, 1_190 * 50, |_| 0);
            let verdict = judge(&heard[SECOND..]);
            let stats = buffer.stats();
            // 20 minutes at 200 ppm are 240 ms: 12 frames.
            let frames = (1_200.0 * f64::abs(slow_ppm) / 20_000.0) as usize + 2;
            let context = format!("{slow_ppm} ppm, {phase_ms} ms: {verdict:?} {stats:?}");
            assert!(verdict.concealed <= frames, "{context}");
            assert!(verdict.phase_jumps <= 2 * frames, "{context}");
            assert!(stats.depth_ms <= 80, "{context}");
            assert_eq!(stats.resynchronised + stats.lost, 0, "{context}");
        }
    }
}

#[test]
fn late_ticks_have_no_effect() {
    // One tick is 50 ms late, and the two after it follow at once: the loop catches up.
    for phase_ms in 0..20 {
        for at in [3, 20, 400] {
            let packets = Phone::new(phase_ms * 1_000).packets(20 * SECOND, 20);
            let mut buffer = JitterBuffer::new(Codec::Pcmu);
            let late = |n: i64| (at + 3 - n).clamp(0, 3) * i64::from(n >= at) * 17_000;
            let heard = play(&mut buffer, packets, 20 * 50, late);
            let verdict = judge(&heard[2..]);
            assert!(
                verdict.flawless(),
                "{phase_ms} {at}: {verdict:?} {:?}",
                buffer.stats()
            );
        }
    }
}
