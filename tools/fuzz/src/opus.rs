//! Opus: packets in any order, complete, mutated, lost, or with FEC requested. A decoder writes the
//! number of samples in the packet's header or none, writes nothing else, and continues.

use confab_codec::{OpusDecoder, opus_samples};

/// 120 ms at 48 kHz; further samples must remain unchanged.
const SAMPLES_MAX: usize = 5_760;
const UNTOUCHED: i16 = 0x5a5a;
/// Unit of concealed samples: 2.5 ms.
const STEP_SAMPLES: usize = 120;
/// Maximum number of consecutive packets.
const ORDERS_MAX: usize = 64;

/// Executes orders: an action (two bits), a length (twelve bits), and that number of bytes.
pub(crate) fn run(bytes: &[u8]) {
    let mut decoder = OpusDecoder::default();
    let mut rest = bytes;
    for _ in 0..ORDERS_MAX {
        let Some((&[order, length], after)) = rest.split_first_chunk::<2>() else {
            return;
        };
        let length = usize::from(order >> 4) << 8 | usize::from(length);
        let (packet, after) = after.split_at(length.min(after.len()));
        rest = after;
        let asked = STEP_SAMPLES * (1 + length % 48);
        match order & 3 {
            2 => made(asked, |out| decoder.conceal(asked, out)),
            3 => made(asked, |out| decoder.recover(packet, asked, out)),
            _ => {
                let samples = opus_samples(packet);
                made(samples.unwrap_or(0), |out| decoder.decode(packet, out));
            }
        }
    }
}

/// Checks that the number of samples is the requested one or zero.
fn made(samples: usize, make: impl FnOnce(&mut [i16]) -> usize) {
    let mut out = [UNTOUCHED; SAMPLES_MAX + 1];
    let n = make(&mut out[..SAMPLES_MAX]);
    assert!(n == 0 || n == samples, "{n} samples instead of {samples}");
    let beyond = &out[samples..];
    assert!(beyond.iter().all(|sample| *sample == UNTOUCHED), "touched");
}
