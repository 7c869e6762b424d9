//! The `confab` binary: configuration, threads, queues, drain. Here the core meets sockets,
//! clocks and the disk; nothing is decided.

mod cli;
mod config;
mod drain;
mod failure;
mod gauges;
mod logging;
mod media_loop;
mod outlets;
mod queues;
mod serve;
mod sounds;
mod switchboard_loop;
mod threads;
mod webs;

use std::process::ExitCode;

fn main() -> ExitCode {
    let result = match cli::read() {
        Ok(config) => serve::serve(&config),
        Err(failure) => Err(failure),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
