//! How much memory a piece of work takes at its peak: counted by the allocator itself.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Does it, and panics if it held more than so many bytes at once on top of what was held before.
/// One at a time: what other threads take counts too.
pub(crate) fn within<T>(bytes_max: usize, work: impl FnOnce() -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let done = work();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken <= bytes_max, "{taken} bytes at once, of {bytes_max}");
    done
}
