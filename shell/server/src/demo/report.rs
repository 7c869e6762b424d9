//! Output of the demo while it runs: for people, or a line of JSON for each example. The report
//! also counts differences from the documentation.

mod drawing;
mod lines;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::examples::{EVERYBODY, Example};
use super::hearing::Heard;
use super::matrix::Matrix;
use super::tap::Exchange;
use crate::serve::Doors;
use lines::Ink;

/// Result of an update.
pub(crate) struct Shown {
    pub(crate) exchange: Exchange,
    pub(crate) applied_tick: Option<u64>,
    pub(crate) matrix: Matrix,
    /// Differences from the documentation, in words.
    pub(crate) wrong: Vec<String>,
}

/// Output, and the number of differences so far.
pub(crate) struct Report {
    json: bool,
    ink: Ink,
    out: Box<dyn Write>,
    wrong: usize,
}

impl Report {
    pub(crate) fn new(json: bool, out: Box<dyn Write>) -> Self {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            json,
            ink: Ink(colour),
            out,
            wrong: 0,
        }
    }

    /// Prints that the server accepts calls.
    pub(crate) fn begin(&mut self, doors: Doors, folder: &Path) {
        let ink = self.ink;
        self.say(&[
            String::new(),
            format!("  {}", ink.strong("confab demo")),
            String::new(),
            "  An agent, a customer and a supervisor call a conference on this machine, and are"
                .to_owned(),
            "  steered through the documented updates. Who hears whom is measured from the audio"
                .to_owned(),
            "  that each of them receives.".to_owned(),
            String::new(),
            format!("  SIP     {}", doors.sip),
            format!("  API     http://{}/api/laml", doors.http),
            format!("  folder  {}", folder.display()),
        ]);
    }

    /// Prints the audibility after all three callers have joined.
    pub(crate) fn joined(&mut self, heard: &Heard, disagree: &[String]) {
        let mut wrong: Vec<String> = heard.wrong.iter().map(ToString::to_string).collect();
        wrong.extend_from_slice(disagree);
        self.say(&["", "  Three calls, one conference.", ""].map(str::to_owned));
        self.say(&drawing::matrix(&heard.matrix, EVERYBODY, self.ink));
        self.tell_wrong("three calls", &wrong);
    }

    /// Prints the result of a documented example.
    pub(crate) fn example(&mut self, n: usize, example: &Example, shown: &Shown) {
        if self.json {
            let line = lines::json(example.name, &shown.exchange, &shown.matrix);
            self.print(&[line]);
        }
        self.update(&format!("{n}  "), example, shown);
    }

    /// Prints the result of the announcement, which is not a documented example.
    pub(crate) fn announcement(&mut self, example: &Example, shown: &Shown) {
        self.update("   ", example, shown);
    }

    fn update(&mut self, number: &str, example: &Example, shown: &Shown) {
        let ink = self.ink;
        self.say(&[
            String::new(),
            ink.faint(&format!("  {}", "─".repeat(lines::WIDTH - 4))),
            String::new(),
            format!("  {number}{}", ink.strong(example.name)),
            format!("     {}", example.means),
            String::new(),
        ]);
        self.say(&lines::request(&shown.exchange, ink));
        self.say(&lines::response(&shown.exchange, shown.applied_tick, ink));
        self.say(&[String::new()]);
        self.say(&drawing::matrix(&shown.matrix, example.hears, ink));
        self.tell_wrong(example.name, &shown.wrong);
    }

    /// Prints that the API has ended the conference and all of its calls.
    pub(crate) fn ended(&mut self, exchange: &Exchange) {
        let ink = self.ink;
        self.say(&[
            String::new(),
            ink.faint(&format!("  {}", "─".repeat(lines::WIDTH - 4))),
            String::new(),
            format!("     {}", ink.strong("The end")),
            "     The conference is completed, and all three calls have ended.".to_owned(),
            String::new(),
        ]);
        self.say(&lines::request(exchange, ink));
        self.say(&[format!("     {}", exchange.status)]);
    }

    /// Prints the paths of the recordings and the outcome; returns the number of differences.
    pub(crate) fn end(&mut self, files: &[PathBuf]) -> usize {
        let mut said = vec![String::new(), "  What each of them heard:".to_owned()];
        said.extend(files.iter().map(|file| format!("    {}", file.display())));
        said.push(String::new());
        self.say(&said);
        let verdict = match self.wrong {
            0 => "All was as documented.".to_owned(),
            n => format!("Not as documented: {n}, marked ✘ above."),
        };
        self.say(&[format!("  {}", self.ink.strong(&verdict)), String::new()]);
        self.wrong
    }

    fn tell_wrong(&mut self, name: &str, wrong: &[String]) {
        self.wrong += wrong.len();
        for wrong in wrong {
            if self.json {
                eprintln!("confab: {name}: {wrong}");
            } else {
                self.say(&[format!("     ✘ {wrong}")]);
            }
        }
    }

    /// Prints lines for people.
    fn say(&mut self, lines: &[String]) {
        if !self.json {
            self.print(lines);
        }
    }

    /// Prints lines. A closed output does not end the demo.
    fn print(&mut self, lines: &[String]) {
        for line in lines {
            let _gone = writeln!(self.out, "{line}");
        }
        let _gone = self.out.flush();
    }
}
