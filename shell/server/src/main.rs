//! The `confab` binary: configuration, threads, queues, drain. Connects the core with sockets,
//! clocks and the disk; contains no rules.

mod after_disk;
mod certificate;
mod check;
mod cli;
mod config;
mod demo;
mod drain;
mod failure;
mod fetches;
mod gauges;
mod handshakes;
mod logging;
mod media_loop;
mod memory;
mod metrics;
mod names;
mod outbox;
mod outlets;
mod queues;
mod recordings;
mod restart;
mod retention;
mod serve;
mod sounds;
mod streams;
mod switchboard_loop;
mod threads;
mod watchdog;
mod webs;

use std::process::ExitCode;

use cli::Asked;

fn main() -> ExitCode {
    let result = cli::read().and_then(|asked| match asked {
        Asked::Serve(config) => serve::serve(&config).map(|()| ExitCode::SUCCESS),
        Asked::Check(config) => Ok(check::check(config)),
        Asked::Demo(options) => demo::demo(&options),
    });
    let status = result.unwrap_or_else(|failure| failure.tell());
    logging::flush();
    status
}
