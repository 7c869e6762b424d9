//! Limits of a phone for received Opus (RFC 7587 §6.1).

use confab_terms::OpusLimit;

/// Playback rates in Hz, each with the highest useful bit rate in bit/s (RFC 7587 §3.1.1, its
/// maximum for speech).
const WORTH: [(u32, u32); 4] = [
    (8_000, 12_000),
    (12_000, 16_000),
    (16_000, 20_000),
    (24_000, 28_000),
];

/// Parses the parameters of `a=fmtp`. Invalid or absurd values count as absent; the strictest limit
/// applies.
pub(crate) fn opus_limit(parameters: &str) -> OpusLimit {
    let parameters = parameters.split(';').filter_map(|one| one.split_once('='));
    let limits = parameters.filter_map(|(name, value)| {
        let value: u32 = value.trim().parse().ok()?;
        let name = name.trim();
        if name.eq_ignore_ascii_case("maxaveragebitrate") {
            (value > 0).then(|| OpusLimit::within(value))
        } else if name.eq_ignore_ascii_case("maxplaybackrate") {
            let (_, bits) = WORTH.into_iter().find(|(rate, _)| value <= *rate)?;
            (value > 0).then(|| OpusLimit::within(bits))
        } else {
            None
        }
    });
    limits.min().unwrap_or_default()
}
