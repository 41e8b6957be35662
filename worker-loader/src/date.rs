//! The compatibility date of a dynamic worker.

use std::{fmt, str::FromStr};

/// A calendar date `YYYY-MM-DD`, as `compatibilityDate` takes it.
///
/// Only the form is checked, and that the day exists. Whether the runtime knows the date is the runtime's to
/// say: a date newer than its own is refused when the worker starts
/// (<https://developers.cloudflare.com/workers/configuration/compatibility-dates/>).
///
/// ```
/// use worker_loader::CompatibilityDate;
/// let date: CompatibilityDate = "2026-07-01".parse()?;
/// assert_eq!(date.to_string(), "2026-07-01");
/// assert!("2026-02-30".parse::<CompatibilityDate>().is_err());
/// # Ok::<(), worker_loader::InvalidDate>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompatibilityDate {
    year: u16,
    month: u8,
    day: u8,
}

/// The text is no calendar date of the form `YYYY-MM-DD`; it holds what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDate(pub String);

impl fmt::Display for InvalidDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no compatibility date: write YYYY-MM-DD, for example 2026-07-01", self.0)
    }
}

impl std::error::Error for InvalidDate {}

impl FromStr for CompatibilityDate {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        parse(text).ok_or_else(|| InvalidDate(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<CompatibilityDate> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return None;
    }
    let (year, month, day) = (text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?);
    ((1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day)).then_some(CompatibilityDate {
        year,
        month,
        day,
    })
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for CompatibilityDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_days_that_exist_and_nothing_else() {
        for good in ["2024-02-29", "2000-02-29", "2026-12-31", "2026-04-30"] {
            assert_eq!(good.parse::<CompatibilityDate>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "x",
            "2026-7-1",
            "2026/07/01",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "2023-02-29",
            "1900-02-29",
            "2026-07-00",
            "+026-07-01",
            "2026-07-01 ",
            "２０２６-07-01",
        ] {
            assert_eq!(bad.parse::<CompatibilityDate>(), Err(InvalidDate(bad.into())), "{bad}");
        }
    }
}
