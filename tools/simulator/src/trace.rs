//! Trace of inputs and outputs, one line each.

use confab_switchboard::{Input, Output};

const WIDTH: usize = 400;

pub(crate) fn input(input: &Input) -> String {
    match input {
        Input::Datagram { from, bytes } => format!("{from} {}", datagram(bytes)),
        other => cut(format!("{other:?}")),
    }
}

pub(crate) fn output(output: &Output) -> String {
    match output {
        Output::Datagram { to, bytes } => format!("{to} {}", datagram(bytes)),
        other => cut(format!("{other:?}")),
    }
}

fn datagram(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let of = |name: &str| {
        text.lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
    };
    cut(format!("{first} | {} | {}", of("Call-ID"), of("CSeq")))
}

fn cut(text: String) -> String {
    if text.chars().count() <= WIDTH {
        return text;
    }
    text.chars().take(WIDTH).chain("…".chars()).collect()
}
