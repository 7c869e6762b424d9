//! Neither inserting a packet nor a tick allocates memory, drifting clocks included; the allocator
//! counts.

mod sounds;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use confab_rtp::{Header, JitterBuffer};
use confab_terms::{Codec, Instant};
use sounds::Sound;

struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static TAKEN: AtomicU64 = AtomicU64::new(0);

#[expect(
    unsafe_code,
    reason = "an allocator cannot be written without it; a test only"
)]
// SAFETY: all calls are forwarded to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(u64::from(ON.load(Ordering::Relaxed)), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        TAKEN.fetch_add(u64::from(ON.load(Ordering::Relaxed)), Ordering::Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WARM_TICKS: usize = 100;

#[test]
fn stream_with_drift_allocates_nothing() {
    for codec in [Codec::Pcmu, Codec::G722, Codec::Opus] {
        let payloads = Sound::Sine.payloads(codec, 7_000);
        for slow_ppm in [-500.0, 500.0] {
            let arrives = |n: usize| 7.0 + n as f64 * 20.0 * (1.0 + slow_ppm / 1e6);
            let mut buffer = JitterBuffer::new(codec);
            let mut frame = vec![0; codec.rate().frame_samples()];
            let mut sent = 0;
            TAKEN.store(0, Ordering::Relaxed);
            for tick in 0..payloads.len() - 10 {
                ON.store(tick > WARM_TICKS, Ordering::Relaxed);
                while arrives(sent) <= tick as f64 * 20.0 {
                    let header = Header {
                        payload_type: codec.payload_type(),
                        marker: false,
                        sequence: sent as u16,
                        timestamp: sent as u32 * codec.frame_units(),
                        ssrc: 7,
                    };
                    // One packet in a hundred is lost.
                    if sent % 100 != 57 {
                        buffer.insert(Instant(0), &header, &payloads[sent]);
                    }
                    sent += 1;
                }
                buffer.pull(Instant(0), &mut frame);
            }
            ON.store(false, Ordering::Relaxed);
            let stats = buffer.stats();
            let stretched = stats.shortened + stats.lengthened;
            assert!(stretched > 0, "{codec:?} {slow_ppm}: {stats:?}");
            let taken = TAKEN.load(Ordering::Relaxed);
            assert_eq!(taken, 0, "{codec:?} {slow_ppm}: {stats:?}");
        }
    }
}
