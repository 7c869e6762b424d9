//! Table of requests and their fields, and comparison of received requests with it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use anyhow::{Context as _, Result, bail, ensure};

use crate::application::Received;
use crate::server::ACCOUNT;

/// Requests by name, each with its fields.
pub struct Table {
    requests: BTreeMap<String, BTreeMap<String, Field>>,
}

#[derive(Clone, Debug)]
struct Field {
    always: bool,
    value: String,
}

const END_REASONS: [&str; 5] = [
    "conference-ended-via-api",
    "last-participant-left",
    "last-participant-kicked",
    "participant-with-end-conference-on-exit-left",
    "participant-with-end-conference-on-exit-kicked",
];
const LEAVE_REASONS: [&str; 5] = [
    "conference_ended_via_api",
    "moderator_ended_conference",
    "participant_updated_via_api",
    "participant_hung_up",
    "participant_add_failed",
];

impl Table {
    /// Parses a table; a later line for the same field of a request replaces an earlier one.
    pub fn read(text: &str) -> Result<Self> {
        let mut requests: BTreeMap<String, BTreeMap<String, Field>> = BTreeMap::new();
        let mut current = String::new();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                let (name, blocks) = head.split_once(':').unwrap_or((head, ""));
                let mut fields = BTreeMap::new();
                for block in blocks.split_whitespace() {
                    let of = requests.get(block);
                    fields.extend(of.with_context(|| format!("no [{block}]"))?.clone());
                }
                current = name.trim().to_owned();
                requests.insert(current.clone(), fields);
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let [name, when @ ("always" | "maybe"), value, _source, ..] = words[..] else {
                bail!("a line of the table that is none: {line}");
            };
            let field = Field {
                always: when == "always",
                value: value.to_owned(),
            };
            let of = requests.get_mut(&current).context("a field of nothing")?;
            of.insert(name.to_owned(), field);
        }
        Ok(Self { requests })
    }

    /// Compares a request with the table; the error lists all differences.
    pub fn check(&self, request: &str, received: &Received) -> Result<()> {
        let fields = self.requests.get(request);
        let fields = fields.with_context(|| format!("the table has no [{request}]"))?;
        let mut wrong = Vec::new();
        if received.repeated > 0 {
            wrong.push("a field came twice".to_owned());
        }
        let came: BTreeSet<&String> = received.fields.keys().collect();
        for (name, field) in fields.iter().filter(|(_, field)| field.always) {
            if !came.contains(name) {
                wrong.push(format!("{name} is missing ({})", field.value));
            }
        }
        for (name, value) in &received.fields {
            match fields.get(name).or_else(|| begins(fields, name)) {
                None => wrong.push(format!("{name}={value:?} is not in the table")),
                Some(field) if !looks_like(&field.value, value) => {
                    wrong.push(format!("{name}={value:?} is not {}", field.value));
                }
                Some(_) => {}
            }
        }
        ensure!(wrong.is_empty(), "[{request}] {wrong:#?} of {received:#?}");
        Ok(())
    }
}

fn begins<'a>(fields: &'a BTreeMap<String, Field>, name: &str) -> Option<&'a Field> {
    let starts = |known: &str| {
        known
            .strip_suffix('*')
            .is_some_and(|it| name.starts_with(it))
    };
    fields
        .iter()
        .find_map(|(known, field)| starts(known).then_some(field))
}

fn looks_like(wanted: &str, value: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(literal) = wanted.strip_prefix('=') {
        return value == literal;
    }
    match wanted {
        "account" => value == ACCOUNT,
        "uuid" => is_uuid(value),
        "sip" => value
            .strip_prefix("sip:")
            .is_some_and(|rest| rest.contains('@') && !rest.contains([';', '<', '>', ' ', '?'])),
        "time" => is_time(value),
        "number" => is_number(value),
        "boolean" => matches!(value, "true" | "false"),
        "text" => !value.is_empty(),
        "ip" => value.parse::<IpAddr>().is_ok(),
        "url" => value.starts_with("http://") && value.len() > 10,
        "score" => value
            .parse::<f64>()
            .is_ok_and(|score| (0.0..=5.0).contains(&score)),
        "end-reason" => END_REASONS.contains(&value),
        "leave-reason" => LEAVE_REASONS.contains(&value),
        words => words.split('|').any(|word| word == value),
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let hex = |b: u8| b == b'-' || matches!(b, b'0'..=b'9' | b'a'..=b'f');
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(hex)
}

/// Returns whether a text has the form `Tue, 17 Nov 2026 12:34:56 +0000`.
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|one| match one {
            '0'..='9' => '9',
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            other => other,
        })
        .collect();
    shape == "Aaa, 99 Aaa 9999 99:99:99 +9999" && text.ends_with(" +0000")
}
