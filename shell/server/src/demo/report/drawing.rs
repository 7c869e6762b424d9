//! Drawing of the audibility matrix.

use confab_phone::heard::Presence;

use super::lines::Ink;
use crate::demo::matrix::{Hears, Matrix};
use crate::demo::sources::{CALLERS, SOURCES};

const INDENT: &str = "     ";
/// Width of the listeners' column.
const NAMES: usize = 15;

/// Returns a line for each listener, with a column for each source; sounds that no listener hears
/// have no column.
pub(crate) fn matrix(matrix: &Matrix, hears: &Hears<'_>, ink: Ink) -> Vec<String> {
    let shown: Vec<&str> = SOURCES
        .iter()
        .map(|source| source.name)
        .filter(|name| {
            let caller = CALLERS.iter().any(|caller| caller.name == *name);
            let wanted = hears.iter().any(|(_, sources)| sources.contains(name));
            let heard = |row: &str| matrix.presence(row, name) != Some(Presence::Silent);
            caller || wanted || matrix.rows.iter().any(|row| heard(row.listener))
        })
        .collect();
    let mut head = format!("{:NAMES$}", "who hears ▸");
    for name in &shown {
        head.push_str(&format!("{name:^0$}", width(name)));
    }
    let mut lines = vec![format!("{INDENT}{}", ink.faint(head.trim_end()))];
    for row in &matrix.rows {
        let mut line = format!("{:NAMES$}", row.listener);
        for name in &shown {
            let presence = matrix.presence(row.listener, name);
            let mark = mark(row.listener == *name, presence);
            line.push_str(&format!("{mark:^0$}", width(name)));
        }
        lines.push(format!("{INDENT}{}", line.trim_end()));
    }
    lines
}

fn width(name: &str) -> usize {
    name.len() + 4
}

fn mark(itself: bool, presence: Option<Presence>) -> &'static str {
    match presence {
        Some(Presence::Silent) | None if itself => "·",
        Some(Presence::Heard) => "✔",
        Some(Presence::Silent) => "–",
        Some(Presence::Partly { .. } | Presence::OffLevel { .. }) => "in part",
        None => "?",
    }
}
