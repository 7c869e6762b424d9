//! Tools of the conformance tests: confab as a child process, a web application, the vendors'
//! libraries, and phones of several vendors.

pub mod api;
pub mod application;
pub mod attacks;
pub mod bad_web;
pub mod baresip;
pub mod by_hand;
pub mod caller;
pub mod dns;
pub mod ear;
pub mod flood;
pub mod harmed;
pub mod harmful;
pub mod held_sounds;
pub mod hostile;
pub mod lossy_line;
pub mod namespace;
pub mod nat;
pub mod natted;
pub mod party;
pub mod ports;
pub mod radio;
pub mod radio_holds;
pub mod raw_call;
pub mod rude;
pub mod server;
pub mod sipp;
pub mod soak;
pub mod table;
pub mod tap;
pub mod usage;
pub mod vendors;
