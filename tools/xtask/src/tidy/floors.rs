//! The table of floors: which crate may lean on which. Exhaustive, `terms` apart.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::Told;
use crate::command::root;

/// (folder, package, what it leans on). The same table stands in `ARCHITECTURE.md`.
const FLOORS: &[(&str, &str, &[&str])] = &[
    ("core/terms", "confab-terms", &[]),
    ("core/codec", "confab-codec", &[]),
    ("core/rtp", "confab-rtp", &["codec"]),
    ("core/sdp", "confab-sdp", &[]),
    ("core/cxml", "confab-cxml", &[]),
    ("core/mixer", "confab-mixer", &[]),
    ("core/conference", "confab-conference", &[]),
    ("core/delivery", "confab-delivery", &[]),
    ("core/sip", "confab-sip", &["sdp"]),
    ("core/media", "confab-media", &["codec", "rtp", "mixer"]),
    (
        "core/switchboard",
        "confab-switchboard",
        &["sdp", "sip", "cxml", "conference", "media"],
    ),
    ("shell/sockets", "confab-sockets", &["rtp"]),
    ("shell/store", "confab-store", &["switchboard"]),
    ("shell/sounds", "confab-sounds", &["codec", "switchboard"]),
    ("shell/web", "confab-web", &["delivery", "switchboard"]),
    (
        "shell/rest",
        "confab-rest",
        &["switchboard", "store", "sounds"],
    ),
    (
        "shell/phone",
        "confab-phone",
        &["sdp", "sip", "rtp", "codec", "sockets"],
    ),
    (
        "shell/server",
        "confab",
        &[
            "codec",
            "rtp",
            "sdp",
            "cxml",
            "mixer",
            "conference",
            "sip",
            "media",
            "switchboard",
            "sockets",
            "store",
            "sounds",
            "web",
            "rest",
            "phone",
            "client",
        ],
    ),
    ("client", "confab-client", &[]),
    (
        "tools/simulator",
        "confab-simulator",
        &[
            "codec",
            "rtp",
            "sdp",
            "cxml",
            "mixer",
            "conference",
            "delivery",
            "sip",
            "media",
            "switchboard",
        ],
    ),
    (
        "tools/conformance",
        "confab-conformance",
        &["client", "codec", "phone"],
    ),
    (
        "tools/fuzz",
        "confab-fuzz",
        &["codec", "sip", "sdp", "rtp", "cxml", "sounds", "rest"],
    ),
    ("tools/bench", "confab-bench", &["codec", "sockets"]),
    ("tools/xtask", "xtask", &[]),
];

/// Libraries that reach for the operating system: no crate of the core may name them.
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

/// Every `Cargo.toml` against the table.
pub(super) fn check(told: &mut Told) -> Result<()> {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml"))?;
    for (folder, package, leans_on) in FLOORS {
        told.check(workspace.contains(&format!("\"{folder}\"")), || {
            format!("Cargo.toml: {folder} is in the table of floors but not in the workspace")
        });
        let path = root().join(folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} is in the table of floors", path.display()))?;
        let manifest: toml::Table = text.parse()?;
        let name = manifest
            .get("package")
            .and_then(|p| p.get("name"))
            .and_then(|n| n.as_str());
        told.check(name == Some(package), || {
            format!("{folder}/Cargo.toml: the package is to be named {package}")
        });
        let empty = toml::Table::new();
        let dependencies = manifest
            .get("dependencies")
            .and_then(|d| d.as_table())
            .unwrap_or(&empty);
        for dependency in dependencies.keys() {
            if let Some(short) = dependency.strip_prefix("confab-") {
                told.check(short == "terms" || leans_on.contains(&short), || {
                    format!(
                        "{folder}/Cargo.toml: {package} may not lean on {dependency}; if the \
                         arrow is right, add it to ARCHITECTURE.md and to xtask's floors"
                    )
                });
            } else if folder.starts_with("core/") {
                told.check(!NOT_IN_CORE.contains(&dependency.as_str()), || {
                    format!("{folder}/Cargo.toml: the core may not depend on {dependency}")
                });
            }
        }
    }
    members_in_table(&workspace, told)?;
    Ok(())
}

fn members_in_table(workspace: &str, told: &mut Told) -> Result<()> {
    let manifest: toml::Table = workspace.parse()?;
    let known: BTreeMap<&str, ()> = FLOORS.iter().map(|(folder, ..)| (*folder, ())).collect();
    let members = manifest["workspace"]["members"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for member in members.iter().filter_map(|m| m.as_str()) {
        told.check(known.contains_key(member), || {
            format!("Cargo.toml: {member} has no row in the table of floors")
        });
    }
    Ok(())
}
