//! Comparison of the table of crates in `ARCHITECTURE.md` with each `Cargo.toml` of the workspace:
//! each dependency has its entry, each entry its dependency, and each stands in an earlier row.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::Told;
use crate::command::root;

/// Header of the table.
const HEADER: &str = "| layer | crate | responsibility | depends on (besides `terms`) |";

/// Libraries that use the operating system; forbidden in crates of the core.
const NOT_IN_CORE: &[&str] = &[
    "tokio",
    "libc",
    "reqwest",
    "axum",
    "sqlx",
    "rand",
    "getrandom",
    "mio",
    "socket2",
];

/// Row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    folder: String,
    /// Names without `confab-`.
    depends_on: Vec<String>,
}

impl Row {
    /// Returns the name without `confab-`: the last folder.
    fn name(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the name in `Cargo.toml`.
    fn package(&self) -> String {
        match self.name() {
            "server" => "confab".to_owned(),
            "xtask" => "xtask".to_owned(),
            name => format!("confab-{name}"),
        }
    }
}

/// Compares each `Cargo.toml` with the table.
pub(super) fn check(told: &mut Told) -> Result<()> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let rows = rows(&page);
    told.check(rows.len() > 20, || {
        format!("ARCHITECTURE.md: no table of crates; expected the header {HEADER}")
    });
    let places: BTreeMap<&str, usize> = rows.iter().map(Row::name).zip(0..).collect();
    let workspace = std::fs::read_to_string(root().join("Cargo.toml"))?;
    let workspace: toml::Table = workspace.parse()?;
    let members = workspace["workspace"]["members"].as_array();
    let members: Vec<&str> = members
        .into_iter()
        .flatten()
        .filter_map(|m| m.as_str())
        .collect();
    for row in &rows {
        let path = root().join(&row.folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} is in the table of crates", path.display()))?;
        let manifest: toml::Table = text.parse()?;
        told.check(
            members.contains(&row.folder.as_str()) || manifest.contains_key("workspace"),
            || {
                format!(
                    "Cargo.toml: {} is in the table but not in the workspace",
                    row.folder
                )
            },
        );
        check_crate(row, &manifest, &places, told);
    }
    for member in members {
        told.check(rows.iter().any(|row| row.folder == member), || {
            format!("ARCHITECTURE.md: {member} has no row in the table of crates")
        });
    }
    Ok(())
}

fn check_crate(row: &Row, manifest: &toml::Table, places: &BTreeMap<&str, usize>, told: &mut Told) {
    let folder = &row.folder;
    let name = manifest.get("package").and_then(|p| p.get("name"));
    let (name, package) = (name.and_then(|n| n.as_str()), row.package());
    told.check(name == Some(&package), || {
        format!("{folder}/Cargo.toml: package {name:?}: expected {package}")
    });
    let dependencies = names(manifest, "dependencies");
    for dependency in &dependencies {
        let Some(short) = dependency.strip_prefix("confab-") else {
            let is_allowed = !folder.starts_with("core/") || !NOT_IN_CORE.contains(dependency);
            told.check(is_allowed, || {
                format!("{folder}/Cargo.toml: the core may not depend on {dependency}")
            });
            continue;
        };
        let is_listed = short == "terms" || row.depends_on.iter().any(|one| one == short);
        told.check(is_listed, || {
            format!(
                "{folder}/Cargo.toml: {package} may not depend on {dependency}; if the dependency \
                 is right, add it to the table in ARCHITECTURE.md"
            )
        });
        if let (Some(own), Some(other)) = (places.get(row.name()), places.get(short)) {
            told.check(other < own, || {
                format!("ARCHITECTURE.md: {folder} depends on {short}, which has a later row")
            });
        }
    }
    let of_tests = names(manifest, "dev-dependencies");
    for listed in &row.depends_on {
        let is_used = dependencies.iter().chain(&of_tests).any(|one| {
            let short = one.strip_prefix("confab-").unwrap_or(one);
            short == listed
        });
        told.check(is_used, || {
            format!("ARCHITECTURE.md: {folder} does not depend on {listed}; remove the entry")
        });
    }
}

/// Returns the names in a section of a manifest.
fn names<'a>(manifest: &'a toml::Table, section: &str) -> Vec<&'a str> {
    let table = manifest.get(section).and_then(|one| one.as_table());
    table
        .into_iter()
        .flat_map(|one| one.keys().map(String::as_str))
        .collect()
}

/// Parses the table of crates.
fn rows(page: &str) -> Vec<Row> {
    let Some((_, table)) = page.split_once(HEADER) else {
        return Vec::new();
    };
    let lines = table.trim_start().lines().skip(1);
    let lines = lines.take_while(|line| line.starts_with('|'));
    lines.filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let folder = cells.nth(1)?;
    let depends_on = cells.nth(1)?.split(' ').filter(|name| *name != "–");
    Some(Row {
        folder: folder.trim_matches('`').to_owned(),
        depends_on: depends_on.map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::{HEADER, Row, Told, check_crate, rows};
    use std::collections::BTreeMap;

    fn faults(manifest: &str, depends_on: &[&str]) -> usize {
        let row = Row {
            folder: "core/sip".to_owned(),
            depends_on: depends_on.iter().map(ToString::to_string).collect(),
        };
        let places = BTreeMap::from([("sdp", 0), ("sip", 1), ("media", 2)]);
        let manifest = format!("[package]\nname = \"confab-sip\"\n[dependencies]\n{manifest}");
        let mut told = Told::default();
        check_crate(&row, &manifest.parse().expect("TOML"), &places, &mut told);
        told.failed()
    }

    #[test]
    fn dependencies_are_listed_used_and_earlier() {
        let terms_and_sdp = "confab-terms = \"1\"\nconfab-sdp = \"1\"";
        assert_eq!(faults(terms_and_sdp, &["sdp"]), 0);
        assert_eq!(faults(terms_and_sdp, &[]), 1, "not listed");
        assert_eq!(faults("confab-terms = \"1\"", &["sdp"]), 1, "not used");
        assert_eq!(faults("confab-media = \"1\"", &["media"]), 1, "a later row");
        assert_eq!(faults("tokio = \"1\"", &[]), 1, "not in the core");
    }

    #[test]
    fn rows_are_read_from_the_table() {
        let table = "|---|---|---|---|\n| 1 | `core/rtp` | x | codec a |\n| – | `client` | y | – |";
        let page = format!("Text\n\n{HEADER}\n{table}\n\n| no | row |");
        let found: Vec<_> = rows(&page)
            .iter()
            .map(|row| (row.package(), row.depends_on.join(" ")))
            .collect();
        let expected = [
            ("confab-rtp".to_owned(), "codec a".to_owned()),
            ("confab-client".to_owned(), String::new()),
        ];
        assert_eq!(found, expected);
    }
}
