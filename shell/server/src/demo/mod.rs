//! `confab demo`: a server, three callers, the six documented examples, and the audibility after
//! each example, measured from received audio. The demo uses SIP and the API only, like any
//! customer.

mod application;
mod callers;
mod examples;
mod folder;
mod hearing;
mod matrix;
mod report;
mod server;
mod show;
mod sounds;
mod sources;
mod tap;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use self::callers::Callers;
use self::folder::Folder;
use self::report::Report;
use self::server::Server;
use self::show::Show;
use crate::failure::Failure;
use crate::serve::runtime;

/// Options of the command line.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// True for a line of JSON for each example, without other output.
    pub(crate) json: bool,
    /// Folder of all files; `None`: a new temporary folder.
    pub(crate) folder: Option<PathBuf>,
    /// Voice of each caller, repeated.
    pub(crate) voice: fn(usize) -> Vec<i16>,
    /// Output of the demo.
    pub(crate) out: fn() -> Box<dyn Write>,
}

impl Options {
    /// Creates options with the callers' own voices.
    pub(crate) fn new(json: bool, folder: Option<PathBuf>) -> Self {
        Self {
            json,
            folder,
            voice: sounds::voice,
            out: || Box::new(io::stdout()),
        }
    }
}

/// Runs the demo; exit status 0 if everything was as documented, else 1.
pub(crate) fn demo(options: &Options) -> Result<ExitCode, Failure> {
    Ok(match run(options)? {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Runs the demo; returns the number of differences from the documentation.
fn run(options: &Options) -> Result<usize, Failure> {
    let folder = Folder::make(options.folder.as_deref())?;
    let mut report = Report::new(options.json, (options.out)());
    let runtime = runtime()?;
    let server = Server::start(&runtime, folder.path())?;
    report.begin(server.doors, folder.path());
    let mut callers = Callers::new(options.voice)?;
    let shown = Show::new(&runtime, &server)
        .and_then(|show| show.run(&mut callers, &mut report))
        .and_then(|()| server.stop(&runtime));
    // The received audio is kept in every case: it shows what went wrong.
    let files = callers.write(folder.path());
    drop(callers);
    runtime.shutdown_timeout(Duration::from_secs(1));
    shown?;
    Ok(report.end(&files?))
}

#[cfg(test)]
mod tests;
