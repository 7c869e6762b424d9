//! Tests of the `confab` binary: each starts it with free ports and a folder of its own.

mod calls;
mod check;
mod demo;
mod floods;
mod hostile_http;
mod log;
mod metrics;
mod outbox;
mod permits;
mod process;
mod restart;
mod settings_page;
mod sip;
mod start;
mod streams;
mod torture;
