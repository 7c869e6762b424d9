//! Priority of threads that must keep their ticks.

/// Priority of the calling thread after `try_realtime` or `give_up_realtime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// `SCHED_FIFO` at the lowest real-time priority.
    Realtime,
    /// Nice value of −11.
    Nice,
    /// Ordinary priority, since neither was permitted (`CAP_SYS_NICE`, `RLIMIT_RTPRIO`,
    /// `RLIMIT_NICE`).
    Ordinary,
}

/// Gives the calling thread the highest permitted priority.
pub fn try_realtime() -> Priority {
    if schedule(libc::SCHED_FIFO, 1) {
        return Priority::Realtime;
    }
    try_nice()
}

/// Removes the real-time priority of the calling thread. The thread gets a nice value of −11 where
/// permitted, which leaves other threads a share of its processor.
pub fn give_up_realtime() -> Priority {
    // Fails only in a thread that never had real-time priority, and then changes nothing.
    schedule(libc::SCHED_OTHER, 0);
    try_nice()
}

/// Sets the policy and priority of the calling thread; returns true on success.
fn schedule(policy: libc::c_int, priority: libc::c_int) -> bool {
    let mut wanted: libc::sched_param = {
        // SAFETY: a sched_param of zeros is valid.
        unsafe { std::mem::zeroed() }
    };
    wanted.sched_priority = priority;
    let policy = policy | libc::SCHED_RESET_ON_FORK;
    // SAFETY: `wanted` lives through the call; 0 is the calling thread.
    unsafe { libc::sched_setscheduler(0, policy, &raw const wanted) == 0 }
}

fn try_nice() -> Priority {
    // SAFETY: no pointers. On Linux the nice value belongs to a thread, and 0 is the calling one.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -11) } == 0 {
        return Priority::Nice;
    }
    Priority::Ordinary
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> libc::c_int {
        // SAFETY: no pointers; 0 is the calling thread.
        unsafe { libc::sched_getscheduler(0) & !libc::SCHED_RESET_ON_FORK }
    }

    #[test]
    fn real_time_priority_is_given_up_and_regained() {
        let had = try_realtime();
        for _ in 0..2 {
            assert_ne!(give_up_realtime(), Priority::Realtime);
            assert_eq!(policy(), libc::SCHED_OTHER);
            assert_eq!(try_realtime(), had);
            let wanted = match had {
                Priority::Realtime => libc::SCHED_FIFO,
                Priority::Nice | Priority::Ordinary => libc::SCHED_OTHER,
            };
            assert_eq!(policy(), wanted);
        }
    }
}
