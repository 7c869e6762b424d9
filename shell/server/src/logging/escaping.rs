//! A writer of log lines that lets no control character through: what others sent must neither
//! forge a line nor steer a terminal.

use std::io::{self, Write};

/// Writes whole lines, one a call.
pub(super) struct Escaping<W> {
    to: W,
    /// Colours are ours: the formatter escapes those of others.
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
                // As JSON has it: right in both forms of the log.
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
