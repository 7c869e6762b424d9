//! Days and moments as requests spell them: `2026-11-17`, `2026-11-17T12:34:56Z`,
//! `Tue, 17 Nov 2026 12:34:56 +0000`. A moment covers the precision of its spelling: a day, a
//! second.

use confab_terms::WallTime;

const DAY_MS: i64 = 86_400_000;
const SECOND_MS: i64 = 1_000;

/// Time range: its first millisecond, and the first millisecond after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) first: i64,
    pub(crate) after: i64,
}

/// Parses a day or a time; `None` for other texts.
pub(crate) fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    if text.len() == 10 {
        let first = day_start(text)?;
        let after = first + DAY_MS;
        return Some(Moment { first, after });
    }
    let first = iso_8601(text).or_else(|| rfc_2822(text))?;
    let after = first + SECOND_MS;
    Some(Moment { first, after })
}

/// Parses `2026-11-17T12:34:56Z`, with an optional fraction and offset.
fn iso_8601(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let time = time.strip_prefix(['T', ' '])?;
    let zone = time.find(['Z', '+', '-', ' ']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone)?;
    let clock = clock.split('.').next()?;
    Some(day_start(date)? + clock_ms(clock)? - zone_ms(zone)?)
}

/// Parses `Tue, 17 Nov 2026 12:34:56 +0000`; the weekday is optional, `GMT` is accepted too.
fn rfc_2822(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let parts: Vec<&str> = text.split_whitespace().take(6).collect();
    let [day, month, year, clock, zone] = parts[..] else {
        return None;
    };
    let month = MONTHS
        .iter()
        .position(|name| name.eq_ignore_ascii_case(month))?
        + 1;
    let date = format!("{year}-{month:02}-{day:0>2}");
    Some(day_start(&date)? + clock_ms(clock)? - zone_ms(zone)?)
}

/// Parses `12:34:56` or `12:34` to milliseconds.
fn clock_ms(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours = two_digits(parts.next()?, 24)?;
    let minutes = two_digits(parts.next()?, 60)?;
    // A leap second is read as second 59.
    let seconds = parts.next().map_or(Some(0), |part| two_digits(part, 61))?;
    let is_over = parts.next().is_none();
    is_over.then_some(((hours * 60 + minutes) * 60 + seconds.min(59)) * SECOND_MS)
}

fn two_digits(text: &str, below: i64) -> Option<i64> {
    let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| text.parse().ok()).flatten();
    number.filter(|number| *number < below)
}

/// Parses an offset to milliseconds: `Z`, `GMT` or empty, `+0100`, `-05:30`. A `+` sent unencoded
/// in a query arrives as a blank.
fn zone_ms(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z" | "GMT" | "UTC") {
        return Some(0);
    }
    let (sign, offset) = match text.as_bytes().first()? {
        b'+' | b' ' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        b'0'..=b'9' => (1, text),
        _ => return None,
    };
    let digits: String = offset.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let clock = format!("{hours}:{minutes}");
    Some(sign * clock_ms(&clock)?)
}

/// Returns the first millisecond of `YYYY-MM-DD`.
fn day_start(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let number = |text: &str| -> Option<i64> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    if !(1..=12).contains(&month) {
        return None;
    }
    // The inverse of `WallTime::date`: years from March, so that a leap day is a year's last.
    let year_from_march = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let leaps = year_from_march.div_euclid(4) - year_from_march.div_euclid(100)
        + year_from_march.div_euclid(400);
    let days = 365 * year_from_march + leaps + day_of_year - 719_468;
    let start = WallTime(days * DAY_MS);
    // A day that does not exist, such as 31 February, is converted to another day.
    let is_same = start.date() == (year, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    is_same.then_some(start.0)
}

#[cfg(test)]
mod tests;
