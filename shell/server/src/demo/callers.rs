//! The three callers: phones that call over SIP on loopback, each with its voice, and the audio
//! that each received.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use confab_phone::heard::{frames, samples_in_time, wav};
use confab_phone::{Packet, Phone, PhoneConfig, Phones, Voice};
use confab_terms::Instant;

use super::sources::CALLERS;
use crate::failure::Failure;

/// Timeout of events that are certain, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Callers that have called so far.
pub(crate) struct Callers {
    phones: Phones,
    voice: fn(usize) -> Vec<i16>,
    calls: Vec<(&'static str, Phone)>,
}

impl Callers {
    /// Creates the callers without a call.
    pub(crate) fn new(voice: fn(usize) -> Vec<i16>) -> Result<Self, Failure> {
        Ok(Self {
            phones: Phones::new()?,
            voice,
            calls: Vec::new(),
        })
    }

    /// Places the call of the next caller, and waits until its audio flows.
    pub(crate) fn call(&mut self, server: SocketAddr, conference: &str) -> Result<(), Failure> {
        let n = self.calls.len();
        let name = CALLERS[n].name;
        let voice = Voice::Samples {
            samples: (self.voice)(n).into(),
            repeats: true,
        };
        let config = PhoneConfig::new(server, conference, name).saying(voice);
        let phone = self.phones.call(&config)?;
        phone.wait_until_talking(PATIENCE)?;
        self.calls.push((name, phone));
        Ok(())
    }

    /// Returns the packets of each caller received from `from` on and before `to`.
    pub(crate) fn received(&self, from: Instant, to: Instant) -> Vec<(&'static str, Vec<Packet>)> {
        let of = |(name, phone): &(&'static str, Phone)| (*name, phone.packets_between(from, to));
        self.calls.iter().map(of).collect()
    }

    /// Waits until each caller has received a number of packets since a moment.
    pub(crate) fn listen(&self, since: Instant, packets: usize) -> Result<(), Failure> {
        for (_, phone) in &self.calls {
            let had = phone.packets_between(since, Instant(u64::MAX)).len();
            let more = u64::try_from(packets.saturating_sub(had)).unwrap_or(u64::MAX);
            phone.wait_for_packets(more, PATIENCE)?;
        }
        Ok(())
    }

    /// Waits until all calls have ended.
    pub(crate) fn wait_until_ended(&self) -> Result<(), Failure> {
        for (_, phone) in &self.calls {
            phone.wait_until_ended(PATIENCE)?;
        }
        Ok(())
    }

    /// Writes the received audio of each caller to a WAV file of its name.
    pub(crate) fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
        let write = |(name, phone): &(&'static str, Phone)| {
            let path = folder.join(format!("{name}.wav"));
            let samples = samples_in_time(&frames(&phone.packets()));
            fs::write(&path, wav(&samples)).map_err(Failure::not_written(&path))?;
            Ok(path)
        };
        self.calls.iter().map(write).collect()
    }
}
