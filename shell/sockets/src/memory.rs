//! The allocator's free memory. glibc keeps freed blocks that lie below a block in use.

/// Returns the number of free bytes of the allocator, given back to the system or not;
/// 0 with a C library other than glibc.
#[must_use]
pub fn free_bytes() -> u64 {
    #[cfg(target_env = "gnu")]
    // SAFETY: no arguments; the result is a plain structure of numbers.
    return unsafe { libc::mallinfo2() }.fordblks as u64;
    #[cfg(not(target_env = "gnu"))]
    0
}

/// Returns whole free pages to the system. Takes milliseconds for each 100 MB, in which threads
/// that allocate from the same arena wait.
pub fn give_back_free_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: no pointers; 0 is the number of bytes to keep at the end of the heap.
    unsafe {
        libc::malloc_trim(0);
    }
}
