//! The tools that the conformance tests share: confab as a child process, a stand-in for a
//! customer's application, the vendors' libraries, and phones of three makes.

pub mod api;
pub mod application;
pub mod baresip;
pub mod caller;
pub mod ear;
pub mod namespace;
pub mod party;
pub mod server;
pub mod sipp;
pub mod vendors;
