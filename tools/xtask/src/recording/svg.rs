//! Draws terminal lines as an SVG that scrolls by CSS animation. Without animation, and where the
//! reader prefers reduced motion, the picture shows one screen.

use std::fmt::Write as _;
use std::time::Duration;

use super::Screen;
use super::terminal::{Line, Run, Style};

const COLUMNS: usize = 93;
const ROWS: usize = 38;
const CHARACTER: f64 = 8.4;
const ROW: f64 = 18.0;
const MARGIN: f64 = 16.0;
const BAR: f64 = 32.0;
/// Minimum duration of a screen, so that a reader can follow.
const SCREEN_MIN: Duration = Duration::from_millis(3_500);
/// Duration of the last screen.
const END: Duration = Duration::from_secs(8);
/// Heading of the screen that is shown without animation.
const STILL: &str = "Coaching a participant";

const STYLE: &str = "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',\
monospace;fill:#d8dee9;white-space:pre}.b{font-weight:700;fill:#fff}.f{fill:#8b95a7}\
.y{fill:#7ee787;font-weight:700}.n{fill:#ff7b72;font-weight:700}.t{fill:#8b95a7}";

/// Returns the picture of a session.
pub(super) fn draw(lines: &[Line], screens: &[Screen]) -> String {
    let width = COLUMNS as f64 * CHARACTER + 2.0 * MARGIN;
    let height = BAR + ROWS as f64 * ROW + 2.0 * MARGIN;
    let (frames, total) = frames(screens);
    let still = still(lines, screens);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\" aria-label=\"Terminal session of confab demo\">\n<style>{STYLE}\
         .s{{transform:translateY({:.0}px)}}\
         @media (prefers-reduced-motion:no-preference)\
         {{.s{{animation:s {:.1}s step-end infinite}}}}\n@keyframes s{{",
        shift(still),
        total.as_secs_f64()
    );
    for (at, lines) in frames {
        let percent = 100.0 * at.as_secs_f64() / total.as_secs_f64();
        let _ = write!(
            out,
            "{percent:.2}%{{transform:translateY({:.0}px)}}",
            shift(lines)
        );
    }
    let (inner, bottom) = (height - BAR, BAR + MARGIN);
    let _ = write!(
        out,
        "}}</style>\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"#161b22\"/>\n\
         <circle cx=\"20\" cy=\"16\" r=\"6\" fill=\"#ff5f56\"/>\
         <circle cx=\"40\" cy=\"16\" r=\"6\" fill=\"#ffbd2e\"/>\
         <circle cx=\"60\" cy=\"16\" r=\"6\" fill=\"#27c93f\"/>\n\
         <text class=\"t\" x=\"84\" y=\"21\">cargo run --release -- demo</text>\n\
         <clipPath id=\"c\">\
         <rect y=\"{BAR}\" width=\"{width:.0}\" height=\"{inner:.0}\"/></clipPath>\n\
         <g clip-path=\"url(#c)\"><g transform=\"translate({MARGIN} {bottom})\"><g class=\"s\">\n"
    );
    for (row, line) in lines.iter().enumerate() {
        for run in line {
            draw_run(&mut out, row, run);
        }
    }
    out.push_str("</g></g></g>\n</svg>\n");
    out
}

/// Returns the time and the lines of each screen, extended to the minimum duration, and the total
/// length.
fn frames(screens: &[Screen]) -> (Vec<(Duration, usize)>, Duration) {
    let (mut frames, mut at) = (Vec::new(), Duration::ZERO);
    for (n, screen) in screens.iter().enumerate() {
        frames.push((at, screen.lines));
        let gap = screens.get(n + 1).map(|next| next.at - screen.at);
        at += gap.map_or(END, |gap| gap.max(SCREEN_MIN));
    }
    (frames, at)
}

/// Returns the number of lines at the screen that is shown without animation.
fn still(lines: &[Line], screens: &[Screen]) -> usize {
    let is_heading = |line: &Line| line.iter().any(|run| run.text == STILL);
    let heading = lines.iter().position(is_heading).unwrap_or(0);
    let shown = screens.iter().find(|screen| screen.lines > heading);
    shown.map_or(lines.len(), |screen| screen.lines)
}

/// Returns the vertical shift that puts the last line on the bottom row.
fn shift(lines: usize) -> f64 {
    (ROWS as f64 - lines as f64) * ROW
}

fn draw_run(out: &mut String, row: usize, run: &Run) {
    let x = run.column as f64 * CHARACTER;
    let y = row as f64 * ROW + 13.0;
    let length = run.text.chars().count() as f64 * CHARACTER;
    if run.text.starts_with('─') {
        let (y, end) = (y - 5.0, x + length);
        let _ = writeln!(
            out,
            "<path d=\"M{x:.1} {y:.1}H{end:.1}\" stroke=\"#3d444d\"/>"
        );
        return;
    }
    let class = match (run.text.as_str(), run.style) {
        ("✔", _) => "y",
        ("✘", _) => "n",
        (_, Style::Bold) => "b",
        (_, Style::Faint) => "f",
        (_, Style::Plain) => "",
    };
    let class = match class {
        "" => String::new(),
        class => format!(" class=\"{class}\""),
    };
    let text = run.text.replace('&', "&amp;").replace('<', "&lt;");
    let length = match run.text.is_ascii() {
        true => format!(" textLength=\"{length:.1}\""),
        false => String::new(),
    };
    let _ = writeln!(
        out,
        "<text{class} x=\"{x:.1}\" y=\"{y:.0}\"{length}>{text}</text>"
    );
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Screen, terminal};
    use super::{draw, frames};

    fn screen(milliseconds: u64, lines: usize) -> Screen {
        let at = Duration::from_millis(milliseconds);
        Screen { at, lines }
    }

    #[test]
    fn short_screens_are_stretched_and_long_ones_kept() {
        let (frames, total) = frames(&[screen(0, 1), screen(100, 2), screen(9_100, 3)]);
        let at: Vec<_> = frames.iter().map(|(at, _)| at.as_millis()).collect();
        assert_eq!(at, [0, 3_500, 12_500]);
        assert_eq!(total.as_millis(), 20_500);
    }

    #[test]
    fn markup_in_output_is_escaped() {
        let drawn = draw(&[terminal::parse("<a&b>")], &[screen(0, 1)]);
        assert!(drawn.contains(">&lt;a&amp;b></text>"), "{drawn}");
    }
}
