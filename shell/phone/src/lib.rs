//! A small SIP phone that talks and listens: the demo's callers, and the tests'. It records what
//! it hears packet by packet; `heard` judges it.

mod config;
mod ear;
pub mod heard;
mod line;
pub mod machine;
mod order;
mod phone;
mod phones;
mod secrecy;
mod speech;
mod state;
mod streams;
mod tape;
mod voice;

pub use confab_sip::Transport;
pub use confab_sockets::now;
pub use confab_terms::Srtp;
pub use config::PhoneConfig;
pub use ear::Ear;
pub use phone::Phone;
pub use phones::Phones;
pub use state::{PhoneError, State};
pub use tape::{PACKETS_MAX, Packet};
pub use voice::{FRAME_SAMPLES, Voice};
