//! The jitter buffer while it owes delay that a line needs: when all packets then arrive one tick
//! later, voice continues at once.

use confab_rtp::{JitterBuffer, Pulled};
use confab_terms::{Codec, Instant};

use crate::sine::{level, packets};

const CODECS: [Codec; 3] = [Codec::Pcmu, Codec::G722, Codec::Opus];
/// The tick on which a packet arrives after its successors.
const OVERTAKEN: usize = 60;
const TICKS: usize = 200;

/// Plays a line on which one packet is `late` ticks late, and all packets one tick from then on.
/// Returns the ticks with concealment, and those that are almost silent.
fn broken(codec: Codec, late: usize, from: usize) -> (Vec<usize>, Vec<usize>) {
    let mut buffer = JitterBuffer::new(codec);
    let mut frame = vec![0; codec.rate().frame_samples()];
    let packets = packets(codec, TICKS, (0, 0));
    let at = |n: usize| match n {
        OVERTAKEN => n + late,
        n => n + usize::from(n >= from),
    };
    let (mut made, mut faint) = (Vec::new(), Vec::new());
    for tick in 0..TICKS {
        for (n, (header, payload)) in packets.iter().enumerate() {
            if at(n) == tick {
                buffer.insert(Instant(0), header, payload);
            }
        }
        let pulled = buffer.pull(Instant(0), &mut frame);
        if tick >= from {
            if pulled != Pulled::Voice {
                made.push(tick);
            }
            if level(codec, &frame) < 2_000.0 {
                faint.push(tick);
            }
        }
    }
    (made, faint)
}

#[test]
fn voice_resumes_at_once_after_a_delay_step_during_pending_removal() {
    for codec in CODECS {
        for late in 2..5 {
            for from in OVERTAKEN + late..OVERTAKEN + late + 30 {
                let (made, faint) = broken(codec, late, from);
                let case = format!("{codec:?}, {late} late, then from tick {from}");
                assert!(made.len() <= late + 2, "{case}: made up on {made:?}");
                assert!(faint.len() <= 1, "{case}: faint on {faint:?}");
            }
        }
    }
}
