//! Time in the core: passed in, never read from a clock. `Instant` is monotonic, `WallTime` is the
//! time of day.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Nanoseconds of a monotonic clock with an arbitrary zero.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Instant(pub u64);

impl Instant {
    /// Returns the time elapsed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, d: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z. Printed as RFC 2822 in UTC, as in the API.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct WallTime(pub i64);

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Monotonic clock.
    pub instant: Instant,
    /// Time of day.
    pub wall: WallTime,
}

impl WallTime {
    /// Returns year, month (1–12) and day of the month in UTC (proleptic Gregorian).
    #[must_use]
    pub fn date(self) -> (i64, u8, u8) {
        // Howard Hinnant's civil_from_days: days counted from 0000-03-01 in eras of 400 years.
        let days = self.0.div_euclid(86_400_000) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (
            year,
            u8::try_from(month).unwrap_or(1),
            u8::try_from(day).unwrap_or(1),
        )
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (year, month, day) = self.date();
        let weekday =
            DAYS[usize::try_from(self.0.div_euclid(86_400_000).rem_euclid(7)).unwrap_or(0)];
        let second_of_day = self.0.rem_euclid(86_400_000) / 1_000;
        let (h, m, s) = (
            second_of_day / 3_600,
            second_of_day / 60 % 60,
            second_of_day % 60,
        );
        let month = MONTHS[usize::from(month) - 1];
        write!(
            f,
            "{weekday}, {day:02} {month} {year:04} {h:02}:{m:02}:{s:02} +0000"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::WallTime;

    #[test]
    fn prints_rfc_2822() {
        assert_eq!(
            WallTime(1_794_918_896_000).to_string(),
            "Tue, 17 Nov 2026 12:34:56 +0000"
        );
        assert_eq!(WallTime(0).to_string(), "Thu, 01 Jan 1970 00:00:00 +0000");
        assert_eq!(
            WallTime(1_709_164_800_000).to_string(),
            "Thu, 29 Feb 2024 00:00:00 +0000"
        );
    }
}
