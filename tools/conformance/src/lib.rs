//! The tools that the conformance tests share: confab as a child process, a stand-in for a
//! customer's application, the vendors' libraries, and phones of three makes.

pub mod application;
pub mod server;
pub mod vendors;
