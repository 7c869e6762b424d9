//! The urgency of a thread that must keep its ticks.

/// What `try_realtime` got for the calling thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// `SCHED_FIFO` at the lowest real-time priority.
    Realtime,
    /// A nice value of −11.
    Nice,
    /// Neither was allowed (`CAP_SYS_NICE`, `RLIMIT_RTPRIO`, `RLIMIT_NICE`).
    Ordinary,
}

/// Makes the calling thread as urgent as it is allowed to be.
pub fn try_realtime() -> Priority {
    let mut wanted: libc::sched_param = {
        // SAFETY: a sched_param of zeros is valid.
        unsafe { std::mem::zeroed() }
    };
    wanted.sched_priority = 1;
    // SAFETY: `wanted` lives through the call; 0 is the calling thread.
    let failed = unsafe {
        libc::sched_setscheduler(
            0,
            libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK,
            &raw const wanted,
        )
    };
    if failed == 0 {
        return Priority::Realtime;
    }
    // SAFETY: no pointers. On Linux the nice value belongs to a thread, and 0 is the calling one.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -11) } == 0 {
        return Priority::Nice;
    }
    Priority::Ordinary
}
