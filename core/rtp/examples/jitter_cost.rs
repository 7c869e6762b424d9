//! Cost of the jitter buffer in nanoseconds per call: 200 legs, each with a packet and a playout on
//! every tick. Run with `--release`; absolute figures differ between machines, ratios hardly.

use std::hint::black_box;
use std::time::Instant as Clock;

use confab_rtp::{Header, JitterBuffer};
use confab_terms::{Codec, Instant};

fn main() {
    for (name, loss) in [("clean", 0), ("one in 20 lost", 20)] {
        let mut buffers = vec![JitterBuffer::new(Codec::Pcmu); 200];
        let payload: Vec<u8> = (0..160).map(|i| (i * 37) as u8).collect();
        let mut header = Header {
            payload_type: 0,
            marker: false,
            sequence: 0,
            timestamp: 0,
            ssrc: 1,
        };
        let (mut insert_ns, mut pull_ns) = (0, 0);
        let ticks = 2_000;
        for tick in 0..ticks {
            let now = Instant(tick * 20_000_000);
            let before = Clock::now();
            for (leg, buffer) in buffers.iter_mut().enumerate() {
                if loss == 0 || !(tick as usize + leg).is_multiple_of(loss) {
                    buffer.insert(now, &header, black_box(&payload));
                }
            }
            let between = Clock::now();
            for buffer in &mut buffers {
                let mut frame = [0; 160];
                black_box(buffer.pull(now, &mut frame));
                black_box(&frame);
            }
            insert_ns += (between - before).as_nanos();
            pull_ns += between.elapsed().as_nanos();
            header.sequence = header.sequence.wrapping_add(1);
            header.timestamp = header.timestamp.wrapping_add(160);
        }
        let calls = u128::from(ticks) * buffers.len() as u128;
        println!(
            "{name}: insert {} ns, pull {} ns",
            insert_ns / calls,
            pull_ns / calls
        );
    }
}
