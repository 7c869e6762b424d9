//! Request and response as lines for people, and an example as a line of JSON.

use confab_phone::heard::Presence;
use serde_json::{Map, Value, json};

use crate::demo::matrix::{Matrix, Row};
use crate::demo::tap::Exchange;

/// Number of columns of the output.
pub(crate) const WIDTH: usize = 92;
/// Indentation of requests and responses.
const INDENT: &str = "     ";

/// Emphasis of lines: used on a terminal, not in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink(pub(crate) bool);

impl Ink {
    pub(crate) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// Returns method and path as sent, with the path broken before resources; then the form.
pub(crate) fn request(exchange: &Exchange, ink: Ink) -> Vec<String> {
    let margin = " ".repeat(exchange.method.len());
    let path = exchange
        .path
        .replace("/Conferences/", "\n/Conferences/")
        .replace("/Participants/", "\n/Participants/");
    let mut lines = Vec::new();
    for (n, part) in path.lines().enumerate() {
        let method = if n == 0 { &exchange.method } else { &margin };
        lines.push(format!("{INDENT}{method} {}", ink.faint(part)));
    }
    let fields: Vec<String> = exchange
        .form
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if fields.is_empty() {
        lines.push(format!("{INDENT}{margin} {}", ink.faint("(an empty form)")));
    }
    for line in wrap(&fields, "  ", WIDTH - INDENT.len() - margin.len() - 1) {
        lines.push(format!("{INDENT}{margin} {}", ink.strong(&line)));
    }
    lines.push(String::new());
    lines
}

/// Returns status and JSON.
pub(crate) fn response(exchange: &Exchange, tick: Option<u64>, ink: Ink) -> Vec<String> {
    let from = tick.map_or_else(String::new, |tick| format!("  in effect from tick {tick}"));
    let mut lines = vec![format!("{INDENT}{}{}", exchange.status, ink.faint(&from))];
    let Value::Object(object) = &exchange.json else {
        lines.push(format!("{INDENT}{}", exchange.json));
        return lines;
    };
    let items = object.iter().zip(1..).map(|((key, value), n)| {
        let comma = if n < object.len() { "," } else { "" };
        format!("{key:?}: {value}{comma}")
    });
    // The path of a `uri` is broken at the same places.
    let items: Vec<String> = items
        .flat_map(|item| {
            let item = item.replace("/Conferences/", "\n  /Conferences/");
            let item = item.replace("/Participants/", "\n  /Participants/");
            item.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    for (n, line) in wrap(&items, " ", WIDTH - INDENT.len() - 4)
        .iter()
        .enumerate()
    {
        let brace = if n == 0 { "{ " } else { "  " };
        lines.push(format!("{INDENT}{}", ink.faint(&format!("{brace}{line}"))));
    }
    if let Some(last) = lines.last_mut() {
        last.push_str(&ink.faint(" }"));
    }
    lines
}

/// Joins items to lines of at most `width` columns.
fn wrap(items: &[String], between: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + between.len() + item.len() <= width => {
                line.push_str(between);
                line.push_str(item);
            }
            _ => lines.push(item.clone()),
        }
    }
    lines
}

/// Returns `{"example", "request", "response", "heard"}` on a single line.
pub(crate) fn json(name: &str, exchange: &Exchange, matrix: &Matrix) -> String {
    let form: Map<String, Value> = exchange
        .form
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect();
    let heard: Map<String, Value> = matrix
        .rows
        .iter()
        .map(|row| (row.listener.to_owned(), heard(row)))
        .collect();
    json!({
        "example": name,
        "request": {"method": exchange.method, "path": exchange.path, "form": form},
        "response": {"status": exchange.status, "json": exchange.json},
        "heard": heard,
    })
    .to_string()
}

/// Returns the sources that a listener heard; sources present in some frames only are marked.
fn heard(row: &Row) -> Value {
    let names = row
        .sources
        .iter()
        .filter_map(|(source, presence)| match presence {
            Presence::Heard => Some((*source).to_owned()),
            Presence::Silent => None,
            Presence::OffLevel { by } => Some(format!("{source} ({by:+} dB off its level)")),
            Presence::Partly {
                traces,
                carried,
                of,
            } => Some(format!(
                "{source} (in part: {carried} to {traces} of {of} frames)"
            )),
        });
    names.collect()
}
