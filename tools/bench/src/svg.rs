//! Plots as SVG: bar charts, and line charts with logarithmic scales.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const FONT: &str = "font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\"";

/// Bar of a bar chart.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) colour: &'static str,
}

/// Line of a line chart; its points are (x, y).
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) colour: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

fn framed(height: f64, title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"26\" {FONT} font-weight=\"bold\">{title}</text>\n{body}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// Draws a chart of horizontal bars with a scale from zero.
pub(crate) fn bars(title: &str, unit: &str, digits: usize, bars: &[Bar]) -> String {
    const LEFT: f64 = 210.0;
    const RIGHT: f64 = 100.0;
    const STEP: f64 = 28.0;
    const TOP: f64 = 44.0;
    let largest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / largest.max(f64::MIN_POSITIVE);
    let mut body = String::new();
    for (n, bar) in bars.iter().filter(|bar| bar.value.is_finite()).enumerate() {
        let y = TOP + STEP * n as f64;
        let length = bar.value * scale;
        let (name, value) = (escaped(&bar.name), bar.value);
        let _infallible = writeln!(
            body,
            "<text x=\"{:.0}\" y=\"{:.0}\" {FONT} text-anchor=\"end\">{name}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y:.0}\" width=\"{length:.1}\" height=\"20\" fill=\"{}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.0}\" {FONT}>{value:.digits$} {}</text>",
            LEFT - 8.0,
            y + 15.0,
            bar.colour,
            LEFT + length + 6.0,
            y + 15.0,
            escaped(unit)
        );
    }
    framed(TOP + STEP * bars.len() as f64 + 12.0, title, &body)
}

/// Draws a line chart with two logarithmic axes and the given ticks.
pub(crate) fn lines(
    title: &str,
    (x_ticks, x_name): (&[f64], &str),
    (y_ticks, y_name): (&[f64], &str),
    lines: &[Line],
) -> String {
    const HEIGHT: f64 = 420.0;
    const LEFT: f64 = 64.0;
    const RIGHT: f64 = 150.0;
    const TOP: f64 = 60.0;
    const BOTTOM: f64 = 56.0;
    let along = |ticks: &[f64], value: f64| {
        let (first, last) = (ticks.first().copied(), ticks.last().copied());
        let (first, last) = (first.unwrap_or(1.0).ln(), last.unwrap_or(10.0).ln());
        (value.max(f64::MIN_POSITIVE).ln() - first) / (last - first)
    };
    let x = |value| LEFT + (WIDTH - LEFT - RIGHT) * along(x_ticks, value);
    let y = |value| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * along(y_ticks, value);
    let mut body = String::new();
    let (low, high) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for &tick in x_ticks {
        let at = x(tick);
        body += &format!(
            "<path d=\"M{at:.1} {TOP}V{low}\" stroke=\"#eee\"/>\
             <text x=\"{at:.1}\" y=\"{:.0}\" {FONT} text-anchor=\"middle\">{tick}</text>\n",
            low + 18.0
        );
    }
    for &tick in y_ticks {
        let at = y(tick);
        body += &format!(
            "<path d=\"M{LEFT} {at:.1}H{high}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" {FONT} text-anchor=\"end\">{tick}</text>\n",
            LEFT - 8.0,
            at + 4.0
        );
    }
    body += &format!(
        "<text x=\"{:.0}\" y=\"{:.0}\" {FONT} text-anchor=\"middle\">{}</text>\n\
         <text x=\"16\" y=\"46\" {FONT}>{}</text>\n",
        (LEFT + high) / 2.0,
        HEIGHT - 14.0,
        escaped(x_name),
        escaped(y_name)
    );
    for line in lines {
        body += &drawn(line, x, y);
    }
    framed(HEIGHT, title, &body)
}

/// Draws a line with its name at its end.
fn drawn(line: &Line, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let finite = |(x, y): &&(f64, f64)| x.is_finite() && y.is_finite() && *y > 0.0;
    let points: Vec<(f64, f64)> = (line.points.iter().filter(finite))
        .map(|&(at, value)| (x(at), y(value)))
        .collect();
    let Some(&(end, height)) = points.last() else {
        return String::new();
    };
    let path: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let colour = line.colour;
    let mut out = format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
        path.join(" ")
    );
    for (x, y) in &points {
        out += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>\n");
    }
    out += &format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" {FONT}>{}</text>\n",
        end + 8.0,
        height + 4.0,
        escaped(&line.name)
    );
    out
}
