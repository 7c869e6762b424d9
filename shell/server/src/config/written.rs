//! `[[trunk]]` as written, and the text that an error names. Values are text here, without types.

use std::collections::BTreeMap;

use super::{BadValue, secret_files};

/// Trunk as written: text by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct WrittenTrunk {
    /// Name of the trunk in errors.
    pub(crate) shown: String,
    values: BTreeMap<&'static str, String>,
    /// Names of values in errors, if different from their keys.
    names: BTreeMap<&'static str, String>,
}

/// Keys of a `[[trunk]]`.
pub(super) const TRUNK_KEYS: [&str; 11] = [
    "name",
    "networks",
    "user",
    "password",
    "password_file",
    "address",
    "transport",
    "srtp",
    "nat",
    "country_code",
    "trust_identity",
];

/// Keys whose value may be a TOML boolean.
const SWITCHES: [&str; 1] = ["trust_identity"];

impl WrittenTrunk {
    pub(crate) fn new(shown: String) -> Self {
        Self {
            shown,
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, key: &'static str, value: String) {
        self.values.insert(key, value);
    }

    pub(crate) fn named(&mut self, key: &'static str, name: String) {
        self.names.insert(key, name);
    }

    /// Returns the value of a key; empty values are treated as unset.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let value = self.values.get(key).map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    }

    pub(crate) fn bad(&self, key: &str, is_shown: bool, wanted: &str) -> BadValue {
        let name = self.names.get(key).cloned();
        BadValue {
            what: name.unwrap_or_else(|| format!("{key} of {}", self.shown)),
            value: self.values.get(key).filter(|_| is_shown).cloned(),
            wanted: wanted.to_owned(),
        }
    }

    /// Replaces `password_file` by the secret in the file, as `password`.
    fn read_password(&mut self) -> Result<(), BadValue> {
        let Some(path) = self.get("password_file") else {
            return Ok(());
        };
        if self.get("password").is_some() {
            return Err(self.bad("password_file", true, secret_files::BESIDE));
        }
        let read = secret_files::read(path);
        let secret = read.map_err(|wanted| self.bad("password_file", true, &wanted))?;
        self.add("password", secret);
        Ok(())
    }

    /// Parses the n-th table of the file.
    pub(super) fn read(file: &str, n: usize, table: &toml::Value) -> Result<Self, BadValue> {
        let shown = format!("[[trunk]] {n} in {file}");
        let Some(table) = table.as_table() else {
            return Err(BadValue {
                what: shown,
                value: None,
                wanted: format!("should be a table with {}", TRUNK_KEYS.join(", ")),
            });
        };
        let mut written = Self::new(shown);
        if let Some(name) = table.get("name").and_then(toml::Value::as_str) {
            written.shown = format!("[[trunk]] {name:?} in {file}");
        }
        for (key, value) in table {
            let bad = |wanted: &str| BadValue {
                what: format!("{key} of {}", written.shown),
                value: None,
                wanted: wanted.to_owned(),
            };
            let known = TRUNK_KEYS.iter().find(|known| *known == key);
            let known = known.ok_or_else(|| {
                bad(&format!(
                    "is no key of a trunk; there are {}",
                    TRUNK_KEYS.join(", ")
                ))
            })?;
            let text = match value {
                toml::Value::Boolean(on) if SWITCHES.contains(known) => on.to_string(),
                value => text_of(value).map_err(bad)?,
            };
            written.add(known, text);
        }
        written.read_password()?;
        Ok(written)
    }
}

/// Converts strings, numbers, and lists of strings (joined by commas) to text.
pub(super) fn text_of(value: &toml::Value) -> Result<String, &'static str> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Array(items) => {
            let texts = items.iter().map(toml::Value::as_str);
            let texts: Option<Vec<_>> = texts.collect();
            texts
                .map(|texts| texts.join(","))
                .ok_or("should be a list of strings")
        }
        _ => Err("should be a string, a number or a list of strings"),
    }
}
