//! Layers of the configuration, and the layer of each value. Values are text here, without types.

use std::collections::BTreeMap;
use std::fmt;

use super::written::{WrittenTrunk, text_of};
use super::{BadValue, SETTINGS, Setting, secret_files};

/// Layer of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Flag, such as `--http-listen`.
    Flag(String),
    /// Environment variable, such as `CONFAB_HTTP_LISTEN`.
    Environment(String),
    /// Key of a file, such as `http_listen`.
    File { name: String, file: String },
    /// Built-in default.
    Default(String),
}

impl Origin {
    /// Returns whether this layer has precedence over another.
    pub(super) fn is_above(&self, other: &Self) -> bool {
        let rank = |origin: &Self| match origin {
            Self::Flag(_) => 3,
            Self::Environment(_) => 2,
            Self::File { .. } => 1,
            Self::Default(_) => 0,
        };
        rank(self) > rank(other)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Environment(variable) | Self::Default(variable) => f.write_str(variable),
            Self::File { name, file } => write!(f, "{name} in {file}"),
        }
    }
}

/// Value and its layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) origin: Origin,
    pub(crate) value: String,
}

/// Values of all settings, each from the highest layer that sets it.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    given: BTreeMap<&'static str, Given>,
    trunks: Vec<WrittenTrunk>,
}

impl Layers {
    /// Merges the layers. Empty values are treated as unset, except for `https_listen`: there an
    /// empty value disables the listener.
    pub(crate) fn merge(
        flag: impl Fn(&Setting) -> Option<String>,
        environment: impl Fn(&str) -> Option<String>,
        file: Option<(&str, &str)>,
    ) -> Result<Self, BadValue> {
        let (written, trunks) = match file {
            Some((name, text)) => read_file(name, text)?,
            None => Default::default(),
        };
        let mut given = BTreeMap::new();
        for setting in SETTINGS {
            let from_flag = || {
                let value = flag(setting)?;
                Some((Origin::Flag(setting.flag()), value))
            };
            let from_environment = || {
                let value = environment(&setting.variable())?;
                Some((Origin::Environment(setting.variable()), value))
            };
            let from_file = || {
                let name = setting.name.to_owned();
                let file = file?.0.to_owned();
                Some((
                    Origin::File { name, file },
                    written.get(setting.name)?.clone(),
                ))
            };
            let from_default = || {
                let value = setting.default?.to_owned();
                Some((Origin::Default(setting.variable()), value))
            };
            let counts = |(_, value): &(Origin, String)| {
                !value.trim().is_empty() || setting.name == "https_listen"
            };
            let found = from_flag()
                .filter(counts)
                .or_else(|| from_environment().filter(counts))
                .or_else(|| from_file().filter(counts))
                .or_else(from_default);
            if let Some((origin, value)) = found {
                let value = value.trim().to_owned();
                given.insert(setting.name, Given { origin, value });
            }
        }
        secret_files::resolve(&mut given)?;
        Ok(Self { given, trunks })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Given> {
        self.given.get(name)
    }

    /// Returns every `[[trunk]]`.
    pub(crate) fn trunks(&self) -> &[WrittenTrunk] {
        &self.trunks
    }
}

/// Settings of a file by name, and its trunks.
type Written = (BTreeMap<String, String>, Vec<WrittenTrunk>);

fn read_file(file: &str, text: &str) -> Result<Written, BadValue> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| BadValue {
        what: file.to_owned(),
        value: None,
        wanted: format!("is not TOML: {}", error.message()),
    })?;
    let (mut values, mut trunks) = (BTreeMap::new(), Vec::new());
    for (name, value) in table {
        if let ("trunk", Some(tables)) = (name.as_str(), value.as_array()) {
            for (n, table) in (1..).zip(tables) {
                trunks.push(WrittenTrunk::read(file, n, table)?);
            }
            continue;
        }
        let bad = |wanted: &str| BadValue {
            what: format!("{name} in {file}"),
            value: Some(value.to_string()),
            wanted: wanted.to_owned(),
        };
        if !SETTINGS.iter().any(|setting| setting.name == name) {
            let names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
            return Err(bad(&format!(
                "is no setting; there are {} and [[trunk]]",
                names.join(", ")
            )));
        }
        let text = text_of(&value).map_err(bad)?;
        values.insert(name, text);
    }
    Ok((values, trunks))
}
