//! Peak of allocated memory, counted by the allocator.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Runs a function, and panics if its additional memory exceeded a maximum. Must not run in
/// parallel: memory of other threads is counted too.
pub(crate) fn within<T>(bytes_max: usize, work: impl FnOnce() -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let done = work();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken <= bytes_max, "{taken} bytes at once, of {bytes_max}");
    done
}
