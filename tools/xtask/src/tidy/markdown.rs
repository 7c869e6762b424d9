//! Markdown: columns of running text, links and paths, head and index of decisions. Tables, code
//! blocks and generated pages have no limit of columns; a line with a link may be longer.

use std::path::Path;

use anyhow::Result;

use super::Told;
use crate::command::root;

const COLUMNS_MAX: usize = 100;

/// Generated pages.
const GENERATED: &[&str] = &["docs/benchmarks.md", "docs/jitter.md"];

/// Pages with paths of former versions.
const HISTORICAL: &[&str] = &["docs/planted-faults.md"];

/// Top folders of paths in pages.
const FOLDERS: &[&str] = &["core/", "shell/", "tools/", "client/", "deploy/", "docs/"];

/// Checks a Markdown file.
pub(super) fn check(path: &Path, text: &str, told: &mut Told) {
    let shown = path.display();
    let is_one_of = |pages: &[&str]| pages.iter().any(|page| path == Path::new(page));
    let (is_generated, is_historical) = (is_one_of(GENERATED), is_one_of(HISTORICAL));
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            continue;
        }
        let is_table = line.trim_start().starts_with('|');
        let has_link = line.contains("](") || line.contains("http") || line.contains("<img");
        told.check(
            is_generated || is_table || has_link || line.chars().count() <= COLUMNS_MAX,
            || format!("{shown}:{number}: more than {COLUMNS_MAX} columns of running text"),
        );
        for named in paths(line).filter(|_| !is_historical) {
            told.check(root().join(named).exists(), || {
                format!("{shown}:{number}: no such file or folder: {named}")
            });
        }
        for target in links(line) {
            told.check(is_reachable(path, text, target), || {
                format!("{shown}:{number}: broken link {target:?}: expected a file and heading")
            });
        }
    }
}

/// Checks that each decision has a date and a status, and a row in the index.
pub(super) fn check_decisions(told: &mut Told) -> Result<()> {
    let folder = root().join("docs/decisions");
    let index = std::fs::read_to_string(folder.join("README.md"))?;
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == "README.md" {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let has = |start: &str| text.lines().take(4).any(|line| line.starts_with(start));
        told.check(has("Date: 20") && has("Status: "), || {
            format!("docs/decisions/{name}: expected `Date:` and `Status:` below the title")
        });
        told.check(index.contains(&format!("]({name})")), || {
            format!("docs/decisions/README.md: no row for {name}")
        });
    }
    Ok(())
}

/// Returns the code spans of a line that are paths of the repository.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter(move |span| {
        FOLDERS.iter().any(|folder| span.starts_with(folder)) && span.chars().all(is_of_path)
    })
}

/// Returns the targets of links and images within the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// Returns whether a link's file, and its heading if it is Markdown, exist.
fn is_reachable(from: &Path, text: &str, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    if file.is_empty() {
        return has_heading(text, anchor);
    }
    let folder = from.parent().unwrap_or(Path::new(""));
    let path = root().join(folder).join(file);
    match (path.exists(), anchor.is_empty()) {
        (false, _) => false,
        (true, true) => true,
        (true, false) => std::fs::read_to_string(path).is_ok_and(|text| has_heading(&text, anchor)),
    }
}

fn has_heading(text: &str, anchor: &str) -> bool {
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|line| slug(line.trim_start_matches('#').trim()) == anchor)
}

/// Returns a heading's anchor: lower case, hyphens for blanks, without punctuation.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' | '-' => Some('-'),
        '_' => Some('_'),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Told;
    use super::check;

    fn faults(text: &str) -> usize {
        let mut told = Told::default();
        check(Path::new("docs/page.md"), text, &mut told);
        told.failed()
    }

    #[test]
    fn long_lines_are_rejected_outside_of_tables_and_code() {
        let long = "word ".repeat(21);
        assert_eq!(faults(&long), 1);
        assert_eq!(faults(&format!("| {long} |")), 0);
        assert_eq!(faults(&format!("```\n{long}\n```")), 0);
    }

    #[test]
    fn paths_exist() {
        assert_eq!(faults("`core/terms/src/lib.rs` and `core/nowhere.rs`"), 1);
        assert_eq!(faults("`core/…` `npm run core/x` core/nowhere"), 0);
    }

    #[test]
    fn links_lead_to_files_and_headings() {
        assert_eq!(faults("# A page\n[a](#a-page) [b](testing.md#fuzzing)"), 0);
        assert_eq!(faults("[a](#no) [b](nowhere.md) [c](testing.md#no)"), 3);
        assert_eq!(faults("[d](https://nowhere.example/x.md)"), 0);
    }
}
