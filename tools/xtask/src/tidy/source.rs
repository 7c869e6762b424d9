//! Content and length of source files.

use std::path::Path;

use super::{Told, is_test};

const LINES_QUESTIONED: usize = 300;
const LINES_MAX: usize = 500;
const TEST_LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;
const HEADER_LINES_MAX: usize = 5;

/// Words forbidden in the core, with their replacement.
const BANNED_IN_CORE: &[(&str, &str)] = &[
    (
        "std::net",
        "confab_terms::{SocketAddr, IpAddr}: the core has no sockets",
    ),
    ("std::thread", "nothing: the core has no threads"),
    ("Instant::now", "the `now` that is handed in"),
    ("SystemTime", "the wall time that is handed in"),
    ("tokio", "nothing: the core is synchronous"),
    ("HashMap", "BTreeMap: its order is the same in every run"),
    ("HashSet", "BTreeSet: its order is the same in every run"),
    ("thread_rng", "the seeded ChaCha20Rng"),
    ("OsRng", "the seeded ChaCha20Rng"),
    ("getrandom", "the seeded ChaCha20Rng"),
    ("unbounded", "a queue with a limit of limits.rs"),
    ("sleep(", "a deadline"),
];

/// Names without information.
const EMPTY_NAMES: &[&str] = &[
    "Manager",
    "Handler",
    "Processor",
    "Service",
    "Context",
    "Helper",
];

/// Checks a text file of any kind.
pub(super) fn check_any(path: &Path, text: &str, told: &mut Told) {
    let lock = path.extension().is_some_and(|e| e == "lock") || path.ends_with("package-lock.json");
    for (folder, end) in [("/wor", "k/"), ("/roo", "t/"), ("/far", "m/")] {
        let banned = format!("{folder}{end}");
        told.check(lock || !text.contains(&banned), || {
            format!(
                "{}: names a folder of somebody's machine ({banned}…)",
                path.display()
            )
        });
    }
}

/// Checks a Rust file.
pub(super) fn check_rust(path: &Path, text: &str, told: &mut Told) {
    let shown = path.display();
    let header = text.lines().take_while(|l| l.starts_with("//!")).count();
    told.check((1..=HEADER_LINES_MAX).contains(&header), || {
        format!(
            "{shown}:1: opens with {header} lines of `//!`; say in 1 to 5 what it is, and is not"
        )
    });
    let lines = text.lines().count();
    if holds_tests(path) {
        told.check(lines <= TEST_LINES_MAX, || {
            format!("{shown}: {lines} lines; expected at most {TEST_LINES_MAX} in a test file")
        });
    }
    if !is_test(path) {
        told.check(lines < LINES_MAX, || {
            format!("{shown}: {lines} lines; {LINES_MAX} is too many, split it by verb")
        });
        if lines >= LINES_QUESTIONED {
            told.question(format!("{shown}: {lines} lines; does it hold two things?"));
        }
    }
    let xtask = path.starts_with("tools/xtask");
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        told.check(line.chars().count() <= COLUMNS_MAX, || {
            format!("{shown}:{number}: more than {COLUMNS_MAX} columns")
        });
        check_line(path, number, line, xtask, told);
    }
}

/// Returns whether a file is below a folder `tests` or named `tests.rs`.
fn holds_tests(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

fn check_line(path: &Path, number: usize, line: &str, xtask: bool, told: &mut Told) {
    let shown = path.display();
    let code = line.split("//").next().unwrap_or_default();
    for word in ["todo!(", "unimplemented!(", "FIXME", "XXX:"] {
        told.check(xtask || !line.contains(word), || {
            format!("{shown}:{number}: {word} is not finished work")
        });
    }
    let defines = ["struct ", "enum ", "trait ", "mod "]
        .iter()
        .any(|k| code.contains(k));
    if defines && !xtask {
        for name in EMPTY_NAMES {
            told.check(!code.contains(name), || {
                format!("{shown}:{number}: {name} says nothing; name it for what it does")
            });
        }
        told.check(!code.contains("mod utils"), || {
            format!("{shown}:{number}: `utils` says nothing; name it for what it does")
        });
    }
    let in_core = path.starts_with("core") && !is_test(path);
    if in_core {
        for (banned, instead) in BANNED_IN_CORE {
            told.check(!code.contains(banned), || {
                format!("{shown}:{number}: core may not say {banned}; use {instead}")
            });
        }
    }
    let may_be_unsafe = path.starts_with("shell/sockets") || is_test(path) || xtask;
    told.check(
        may_be_unsafe || !code.contains("unsafe ") || code.contains("unsafe_code"),
        || format!("{shown}:{number}: unsafe belongs into shell/sockets"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, lines: usize) -> Vec<String> {
        let mut told = Told::default();
        let text = format!("//! A file.\n{}", "\n".repeat(lines - 1));
        check_rust(Path::new(path), &text, &mut told);
        told.faults
    }

    #[test]
    fn rejects_test_files_beyond_600_lines() {
        for path in ["core/sip/tests/agent/calls.rs", "shell/web/src/tests.rs"] {
            assert_eq!(faults(path, 600), Vec::<String>::new());
            let expected = format!("{path}: 601 lines; expected at most 600 in a test file");
            assert_eq!(faults(path, 601), [expected]);
        }
        assert_eq!(
            faults("core/media/benches/tick.rs", 601),
            Vec::<String>::new()
        );
        assert_eq!(faults("core/sip/src/calls.rs", 500).len(), 1);
    }
}
