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
    if schedule(libc::SCHED_FIFO, 1) {
        return Priority::Realtime;
    }
    try_nice()
}

/// Takes real-time priority away from the calling thread. It stays more urgent than others where
/// that is allowed, but leaves each of them a part of its processor.
pub fn give_up_realtime() -> Priority {
    // Only where the thread never had real-time priority is this refused, and changes nothing.
    schedule(libc::SCHED_OTHER, 0);
    try_nice()
}

/// Asks for a policy and a priority of the calling thread; true if it has got them.
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
