//! Length of functions: lines between a `fn` and its closing brace, which rustfmt puts at the same
//! indentation.

use std::path::Path;

use super::{Told, is_test};

const FUNCTION_LINES_MAX: usize = 70;

/// Checks that functions of more than 70 lines have `// long: why` above them.
pub(super) fn check(path: &Path, text: &str, told: &mut Told) {
    if is_test(path) {
        return;
    }
    let lines: Vec<&str> = text.lines().collect();
    for (start, line) in lines.iter().enumerate() {
        if !opens_function(line) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let Some(end) = lines[start..].iter().position(|l| closes(l, indent)) else {
            continue;
        };
        let excused = lines[..start]
            .iter()
            .rev()
            .take_while(|l| l.trim_start().starts_with("//") || l.trim_start().starts_with("#["))
            .any(|l| l.trim_start().starts_with("// long: "));
        told.check(excused || end < FUNCTION_LINES_MAX, || {
            format!(
                "{}:{}: a function of {} lines; {FUNCTION_LINES_MAX} at most, or `// long: why`",
                path.display(),
                start + 1,
                end + 1
            )
        });
    }
}

fn opens_function(line: &str) -> bool {
    let code = line.trim_start();
    let code = ["pub(crate) ", "pub(super) ", "pub "]
        .iter()
        .find_map(|p| code.strip_prefix(p))
        .unwrap_or(code);
    let code = ["const ", "async ", "unsafe "]
        .iter()
        .fold(code, |c, p| c.strip_prefix(p).unwrap_or(c));
    code.starts_with("fn ") && !line.trim_end().ends_with(';')
}

fn closes(line: &str, indent: usize) -> bool {
    line.len() > indent
        && line.is_char_boundary(indent)
        && line[..indent].trim().is_empty()
        && (line[indent..] == *"}" || line[indent..] == *"};")
}
