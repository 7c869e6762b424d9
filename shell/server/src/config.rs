//! Configuration: flags over environment over `confab.toml` over defaults, then parsed to types.
//! The error of an invalid value is a line with the setting, its value and the expectation.

mod layers;
mod secret_files;
mod settings;
mod trunks;
mod typed;
mod values;
mod written;

#[cfg(test)]
mod tests;

pub(crate) use layers::{Given, Layers};
pub(crate) use settings::{SETTINGS, Setting};
pub(crate) use trunks::{ConfiguredTrunk, access};
pub(crate) use typed::{Config, LogFormat};
pub(crate) use values::BadValue;
