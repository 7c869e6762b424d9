//! Resources of the server's process on Linux: memory, descriptors, processor time.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::server::Server;

impl Server {
    /// Returns a value of `/proc/PID/status` in kB: `VmRSS:` for resident memory, `VmHWM:` for its
    /// peak.
    pub fn memory_kb(&self, line: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|one| one.strip_prefix(line));
        let kb = line.and_then(|line| line.split_whitespace().next());
        kb.context("memory")?.parse().context("a number of kB")
    }

    /// Returns the number of sockets, event descriptors and the like. Files are excluded: their
    /// number depends on the database.
    pub fn descriptors(&self) -> Result<usize> {
        let links = fs::read_dir(format!("/proc/{}/fd", self.pid()))?;
        let links = links.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        Ok(links.filter(|link| !link.is_absolute()).count())
    }

    /// Returns the processor time so far; Linux counts hundredths of a second.
    pub fn worked(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // After the name, which may contain any character: utime and stime are the 12th and 13th
        // fields.
        let (_, after) = stat.rsplit_once(") ").context("stat")?;
        let times = after.split(' ').skip(11).take(2);
        let ticks: Result<u64, _> = times.map(str::parse::<u64>).sum();
        Ok(Duration::from_millis(ticks? * 10))
    }
}
