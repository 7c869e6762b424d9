//! Figures of a process and of this machine, from /proc.

use std::fs;

use anyhow::{Context as _, Result};

/// Units of processor time per second in /proc; 100 on Linux on all architectures.
const TICKS_PER_SECOND: f64 = 100.0;
/// Index of `utime` in /proc/PID/stat, counted from the state, the first field after the name.
const UTIME: usize = 11;

/// Figures of a process at an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// User and system time so far, in seconds.
    pub(crate) cpu_s: f64,
    pub(crate) rss_kb: f64,
    pub(crate) threads: f64,
}

pub(crate) fn look(pid: u32) -> Result<Look> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("{path}: is it gone?"))?;
    // A name may contain blanks and parentheses; the fields after it contain no parenthesis.
    let (_, fields) = stat.rsplit_once(')').context("no name in /proc/PID/stat")?;
    let times = fields.split_whitespace().skip(UTIME).take(2);
    let ticks: f64 = times.filter_map(|field| field.parse::<f64>().ok()).sum();
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    Ok(Look {
        cpu_s: ticks / TICKS_PER_SECOND,
        rss_kb: number("VmRSS:").context("no VmRSS")?,
        threads: number("Threads:").context("no Threads")?,
    })
}

/// Description of the machine, and its load.
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) load: String,
}

pub(crate) fn machine() -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
    let load: Vec<String> = read("/proc/loadavg")
        .split_whitespace()
        .take(3)
        .map(str::to_owned)
        .collect();
    Machine {
        processor: name.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        load: load.join(", "),
    }
}
