//! `confab demo`: a server, three callers, the page's six examples, and who hears whom after each,
//! measured from the audio that arrived. It uses only what any customer has: SIP and the API.

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

/// What the command line says.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// One line of JSON an example, and nothing else.
    pub(crate) json: bool,
    /// Where everything is put; none: a new temporary one.
    pub(crate) folder: Option<PathBuf>,
    /// What each caller says, over and over.
    pub(crate) voice: fn(usize) -> Vec<i16>,
    /// Where it is told.
    pub(crate) out: fn() -> Box<dyn Write>,
}

impl Options {
    /// With the callers' own voices.
    pub(crate) fn new(json: bool, folder: Option<PathBuf>) -> Self {
        Self {
            json,
            folder,
            voice: sounds::voice,
            out: || Box::new(io::stdout()),
        }
    }
}

/// Runs it; 0 if all was as documented, else 1.
pub(crate) fn demo(options: &Options) -> Result<ExitCode, Failure> {
    Ok(match run(options)? {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Runs it; how many things were not as documented.
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
    // What was heard is kept, however it went: it shows what went wrong.
    let files = callers.write(folder.path());
    drop(callers);
    runtime.shutdown_timeout(Duration::from_secs(1));
    shown?;
    Ok(report.end(&files?))
}

#[cfg(test)]
mod tests;
