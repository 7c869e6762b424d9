//! Writer of log lines that escapes control characters: data of others must neither forge a line
//! nor control a terminal.

use std::io::{self, Write};

/// Writer of whole lines, one with each call.
pub(super) struct Escaping<W> {
    to: W,
    /// True if colors are allowed: the formatter escapes control characters in values.
    ansi: bool,
}

impl<W: Write> Escaping<W> {
    pub(super) fn new(to: W, ansi: bool) -> Self {
        Self { to, ansi }
    }

    fn passes(&self, one: char) -> bool {
        !one.is_control() || (self.ansi && one == '\u{1b}')
    }
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (text.as_ref(), ""),
        };
        if line.chars().all(|one| self.passes(one)) {
            self.to.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let mut escaped = String::with_capacity(text.len() + 16);
        for one in line.chars() {
            if self.passes(one) {
                escaped.push(one);
            } else {
                // As in JSON: correct in both formats of the log.
                escaped.push_str(&format!("\\u{:04x}", u32::from(one)));
            }
        }
        escaped.push_str(end);
        self.to.write_all(escaped.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
