//! Structure of an Opus packet (RFC 6716 §3). Packets are validated before the library processes
//! them: packets that violate a rule of §3.4 are rejected.

/// Maximum number of samples of a packet (§3.2.5): 120 ms at 48 kHz.
pub(super) const SAMPLES_MAX: usize = 5_760;
/// Maximum number of bytes of a frame (§3.4, R2).
const FRAME_BYTES_MAX: usize = 1_275;

/// Returns the number of samples at 48 kHz in a packet; `None` if the packet is invalid.
#[must_use]
pub fn opus_samples(packet: &[u8]) -> Option<usize> {
    let (&first, rest) = packet.split_first()?;
    let config = first >> 3;
    let frame = match (config, config & 3) {
        (0..=11, size) => [480, 960, 1_920, 2_880][usize::from(size)],
        (12..=15, size) => [480, 960][usize::from(size & 1)],
        (_, size) => [120, 240, 480, 960][usize::from(size)],
    };
    let frames = match first & 3 {
        0 => fits(rest.len()).then_some(1),
        1 => (rest.len() % 2 == 0 && fits(rest.len() / 2)).then_some(2),
        2 => {
            let (first, rest) = frame_length(rest)?;
            let second = rest.len().checked_sub(first)?;
            (fits(first) && fits(second)).then_some(2)
        }
        _ => any_number(rest),
    }?;
    let samples = frame * frames;
    (1..=SAMPLES_MAX).contains(&samples).then_some(samples)
}

/// Returns whether a packet is one CELT frame with the silence flag, as phones send while muted.
/// The flag has a probability of 1 in 2^15 (RFC 6716 §4.3, table 56), so fifteen ones begin the
/// frame.
#[must_use]
pub fn opus_is_silent(packet: &[u8]) -> bool {
    matches!(*packet, [first, 0xff, 0xfe..=0xff, ..] if first >= 0x80 && first & 3 == 0)
}

fn fits(bytes: usize) -> bool {
    bytes <= FRAME_BYTES_MAX
}

/// Parses the length of a frame in one or two bytes (§3.2.1). Returns the length and the rest.
fn frame_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 252 {
        return Some((usize::from(first), rest));
    }
    let (&second, rest) = rest.split_first()?;
    Some((usize::from(second) * 4 + usize::from(first), rest))
}

/// Returns the number of frames of a code 3 packet (§3.2.5); `None` if padding and lengths do not
/// match.
fn any_number(bytes: &[u8]) -> Option<usize> {
    let (&counts, mut rest) = bytes.split_first()?;
    let frames = usize::from(counts & 0x3f);
    if frames == 0 {
        return None;
    }
    if counts & 0x40 != 0 {
        let mut padding = 0;
        loop {
            let (&more, after) = rest.split_first()?;
            rest = after;
            // 255 stands for 254 and a following byte.
            padding += usize::from(more.min(254));
            if more < 255 {
                break;
            }
        }
        rest = rest.get(..rest.len().checked_sub(padding)?)?;
    }
    if counts & 0x80 == 0 {
        let each = rest.len() / frames;
        return (each * frames == rest.len() && fits(each)).then_some(frames);
    }
    let mut told = 0;
    for _ in 1..frames {
        let (length, after) = frame_length(rest)?;
        if !fits(length) {
            return None;
        }
        told += length;
        rest = after;
    }
    let last = rest.len().checked_sub(told)?;
    fits(last).then_some(frames)
}
