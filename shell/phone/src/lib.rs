//! A small SIP phone that sends and receives audio, for the demo and for tests. Received packets
//! are recorded one by one; `heard` analyzes them.

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
