//! A function for each parser of external input. Each function accepts any bytes, and panics if a
//! required property is violated. `tests/short.rs` runs all from a seed; `cargo xtask fuzz` runs
//! one for long, guided by coverage.

mod cxml;
#[cfg(feature = "form")]
mod form;
mod memory;
mod mutate;
mod opus;
mod rtcp;
mod rtp;
mod sdp;
mod sip;
mod sip_agent;
mod sounds;
mod srtp;

pub use mutate::Mutator;

use std::path::{Path, PathBuf};

/// Parser with the properties that hold for any input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name for `cargo xtask fuzz`.
    pub name: &'static str,
    /// Function that panics if a property is violated.
    pub run: fn(&[u8]),
    /// Folders of initial inputs, relative to the workspace.
    seeds: &'static [&'static str],
    /// Maximum length of an input.
    pub bytes_max: usize,
    /// Number of mutated inputs in a short run.
    pub rounds: u32,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "sip",
        run: sip::run,
        seeds: &[
            "tools/fuzz/corpus/sip",
            "core/sip/tests/torture/rfc4475",
            "core/sip/tests/torture/rfc5118",
        ],
        bytes_max: 8_192,
        rounds: 30_000,
    },
    Target {
        name: "sdp",
        run: sdp::run,
        seeds: &["tools/fuzz/corpus/sdp", "core/sdp/tests/offers/phones"],
        bytes_max: 4_096,
        rounds: 100_000,
    },
    Target {
        name: "rtp",
        run: rtp::run,
        seeds: &["tools/fuzz/corpus/rtp"],
        bytes_max: 2_048,
        rounds: 30_000,
    },
    Target {
        name: "rtcp",
        run: rtcp::run,
        seeds: &["tools/fuzz/corpus/rtcp"],
        bytes_max: 1_500,
        rounds: 100_000,
    },
    Target {
        name: "srtp",
        run: srtp::run,
        seeds: &["tools/fuzz/corpus/srtp"],
        bytes_max: 2_048,
        rounds: 100_000,
    },
    Target {
        name: "opus",
        run: opus::run,
        seeds: &["tools/fuzz/corpus/opus"],
        bytes_max: 4_096,
        rounds: 6_000,
    },
    Target {
        name: "cxml",
        run: cxml::run,
        seeds: &["tools/fuzz/corpus/cxml"],
        bytes_max: 70_000,
        rounds: 40_000,
    },
    #[cfg(feature = "form")]
    Target {
        name: "form",
        run: form::run,
        seeds: &["tools/fuzz/corpus/form"],
        bytes_max: 16_384,
        rounds: 40_000,
    },
    Target {
        name: "wav",
        run: sounds::wav,
        seeds: &["tools/fuzz/corpus/wav"],
        bytes_max: 16_384,
        rounds: 10_000,
    },
    Target {
        name: "mp3",
        run: sounds::mp3,
        seeds: &["tools/fuzz/corpus/mp3", "tools/fuzz/corpus/wav"],
        bytes_max: 16_384,
        rounds: 3_000,
    },
    Target {
        name: "audio",
        run: sounds::audio,
        seeds: &["tools/fuzz/corpus/audio", "shell/sounds/tests/data"],
        bytes_max: 16_384,
        rounds: 3_000,
    },
];

impl Target {
    /// Returns the folders of initial inputs.
    pub fn folders(&self) -> impl Iterator<Item = PathBuf> {
        self.seeds.iter().map(|folder| root().join(folder))
    }

    /// Returns the initial inputs, ordered by name.
    ///
    /// # Panics
    /// If a folder of the repository is missing.
    #[must_use]
    pub fn corpus(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for folder in self.folders() {
            let listed = std::fs::read_dir(&folder);
            let listed = listed.unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
            for path in listed.filter_map(|entry| Some(entry.ok()?.path())) {
                if let Ok(mut bytes) = std::fs::read(&path) {
                    bytes.truncate(self.bytes_max);
                    files.push((path, bytes));
                }
            }
        }
        files.sort();
        files
    }

    /// Returns the words of the grammar, which random changes would not find.
    #[must_use]
    pub fn words(&self) -> Vec<Vec<u8>> {
        let path = format!("tools/fuzz/dictionaries/{}.dict", self.name);
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        text.lines().filter_map(mutate::word).collect()
    }
}

/// Returns the root of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
