//! Batched UDP sockets, non-blocking TCP and TLS, wake-ups, clocks and absolute ticks. No policy.
//! The only crate with `unsafe` outside of tests, for system calls that the standard library does
//! not offer.
#![allow(
    unsafe_code,
    reason = "recvmmsg, ppoll, clock_nanosleep and their kin have no safe face in std"
)]

mod address;
mod batch;
mod clock;
mod limits;
mod memory;
mod pair;
mod poll;
mod priority;
mod random;
mod tcp;
mod tls;
mod udp;
mod wake;

pub use batch::{Batch, Datagram};
pub use clock::{now, now_both, sleep_until, wall};
pub use limits::{raise_open_files, reserve_descriptors};
pub use memory::{free_bytes, give_back_free_memory};
pub use pair::{Lease, Pair, PortRange, Ports};
pub use poll::Poll;
pub use priority::{Priority, give_up_realtime, try_realtime};
pub use random::random_seed;
pub use tcp::{Listening, Tcp};
pub use tls::Carrier;
pub use udp::Udp;
pub use wake::Wake;
