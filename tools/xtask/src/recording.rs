//! `cargo xtask recording`: runs `confab demo` on a pseudo-terminal and draws the session as an
//! animated SVG, `docs/images/demo.svg`.

mod svg;
mod terminal;

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::command::{program, root, run, target};
use terminal::Line;

/// Output that arrives within this time of the previous output belongs to the same screen.
const BURST: Duration = Duration::from_millis(300);

/// A point in time at which the screen changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Screen {
    /// Time since the start.
    at: Duration,
    /// Number of lines printed by then.
    lines: usize,
}

/// Records the demo of the release binary, or of the given one.
pub(crate) fn recording(options: &[&str]) -> Result<bool> {
    let binary = match options {
        [] => {
            let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
            let built = run(program(&cargo, &["build", "--release", "-p", "confab"]))?;
            ensure!(built.ok, "confab does not build");
            target().join("release/confab")
        }
        ["--binary", path] => PathBuf::from(path),
        _ => anyhow::bail!("unknown options {options:?}: expected none or --binary PATH"),
    };
    let (text, screens) = capture(&binary)?;
    let lines: Vec<Line> = text.lines().map(terminal::parse).collect();
    let path = root().join("docs/images/demo.svg");
    std::fs::write(&path, svg::draw(&lines, &screens))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    println!("{}: {} lines", path.display(), lines.len());
    Ok(true)
}

/// Returns the terminal output and the times of its bursts.
fn capture(binary: &std::path::Path) -> Result<(String, Vec<Screen>)> {
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg(format!("{} demo", binary.display()))
        .arg("/dev/null")
        .current_dir(root())
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("script (util-linux) did not start")?;
    let mut pipe = child.stdout.take().context("script has no output")?;
    let start = Instant::now();
    let (mut bytes, mut screens) = (Vec::new(), Vec::<Screen>::new());
    let mut buffer = [0; 4096];
    loop {
        let read = pipe.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&buffer[..read]);
        let at = start.elapsed();
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        match screens.last_mut() {
            Some(last) if at.saturating_sub(last.at) < BURST => last.lines = lines,
            _ => screens.push(Screen { at, lines }),
        }
    }
    ensure!(child.wait()?.success(), "{} demo failed", binary.display());
    Ok((String::from_utf8(bytes)?.replace('\r', ""), screens))
}
