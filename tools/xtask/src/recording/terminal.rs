//! A line of terminal output: runs of text with their column and style.

/// Style of a run, by SGR codes 1 and 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Bold,
    Faint,
}

/// Text in one style. Each character outside ASCII is a separate run, since its width depends on
/// the font.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) column: usize,
    pub(super) style: Style,
    pub(super) text: String,
}

/// Runs from left to right, without blanks at either end of a run.
pub(super) type Line = Vec<Run>;

/// Parses a line with the SGR codes 0, 1 and 2; other escape sequences are dropped.
pub(super) fn parse(line: &str) -> Line {
    let (mut runs, mut style, mut column) = (Line::new(), Style::Plain, 0);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\x1b' {
            let code: String = characters.by_ref().take_while(|c| *c != 'm').collect();
            style = match code.as_str() {
                "[1" => Style::Bold,
                "[2" => Style::Faint,
                _ => Style::Plain,
            };
            continue;
        }
        match runs.last_mut() {
            Some(last) if is_continued(last, style, column, character) => last.text.push(character),
            _ if character == ' ' => {}
            _ => runs.push(Run {
                column,
                style,
                text: character.to_string(),
            }),
        }
        column += 1;
    }
    for run in &mut runs {
        run.text.truncate(run.text.trim_end().len());
    }
    runs
}

/// Returns whether the character extends the run; two blanks end a run.
fn is_continued(run: &Run, style: Style, column: usize, character: char) -> bool {
    let is_adjacent = run.column + run.text.chars().count() == column;
    let is_same_rule = character == '─' && run.text.starts_with('─');
    let is_ascii = character.is_ascii() && run.text.is_ascii();
    let is_gap = character == ' ' && run.text.ends_with(' ');
    run.style == style && is_adjacent && !is_gap && (is_ascii || is_same_rule)
}

#[cfg(test)]
mod tests {
    use super::{Style, parse};

    #[test]
    fn runs_have_columns_and_styles() {
        let line = parse("  \x1b[1mconfab demo\x1b[0m  ✔ \x1b[2mgray\x1b[0m");
        let runs: Vec<_> = line
            .iter()
            .map(|run| (run.column, run.style, run.text.as_str()))
            .collect();
        assert_eq!(
            runs,
            [
                (2, Style::Bold, "confab demo"),
                (15, Style::Plain, "✔"),
                (17, Style::Faint, "gray"),
            ]
        );
    }
}
