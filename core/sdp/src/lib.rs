//! SDP (RFC 4566/8866) and offer/answer (RFC 3264): parse, offer, answer, agree.

mod agreed;

pub use agreed::{Agreed, Direction, Local};
