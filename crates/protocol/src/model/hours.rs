//! Opening hours, as written in a policy. Whether a department is open at some moment is worked
//! out by the server, which knows time zones.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::FieldError;
use crate::wire_enum::{UnknownValue, wire_enum};

wire_enum! {
    /// A day of the week.
    pub enum Day {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
    }
}

/// When a department is open: while a clock on the wall there shows a time within one of its
/// openings, on a day that is no holiday. Openings may overlap and adjoin, also at midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BusinessHours {
    /// The name of a time zone: `Europe/Berlin`.
    pub time_zone: String,
    /// The openings of a usual week; without any, it never opens.
    #[serde(default)]
    pub weekly: Vec<Opening>,
    /// Days on which it stays closed, from midnight to midnight there.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub holidays: Vec<Date>,
}

/// One opening. A `to` before `from` is on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Opening {
    /// The day it begins.
    pub day: Day,
    /// When it begins.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub from: TimeOfDay,
    /// When it ends; `24:00` is the end of the day.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub to: TimeOfDay,
}

/// A time of day to the minute, `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    minutes: u16,
}

/// A calendar day, `2026-12-24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl BusinessHours {
    /// How many openings a week may have, and how many holidays there may be.
    pub const MAX_ENTRIES: usize = 400;

    /// Checks what reading alone does not: the zone's shape, lengths, and openings that are none.
    /// Whether the zone exists is for the server to say.
    pub fn validate(&self) -> Result<(), FieldError> {
        let zone_byte = |b: u8| b.is_ascii_alphanumeric() || b"_-+/".contains(&b);
        if self.time_zone.is_empty()
            || self.time_zone.len() > 64
            || !self.time_zone.bytes().all(zone_byte)
        {
            return Err(FieldError::new("business_hours.time_zone", "not a time zone's name"));
        }
        if self.weekly.len() > Self::MAX_ENTRIES {
            return Err(FieldError::new("business_hours.weekly", "too many openings"));
        }
        if self.holidays.len() > Self::MAX_ENTRIES {
            return Err(FieldError::new("business_hours.holidays", "too many holidays"));
        }
        if self.weekly.iter().any(Opening::is_none) {
            return Err(FieldError::new("business_hours.weekly", "from and to are the same"));
        }
        Ok(())
    }
}

impl Opening {
    /// Whether it ends when it begins: the end of its day is the beginning of the next.
    fn is_none(&self) -> bool {
        let over_midnight = (TimeOfDay::MAX, TimeOfDay::MIN);
        self.from == self.to || (self.from, self.to) == over_midnight
    }
}

impl TimeOfDay {
    /// The beginning of the day, `00:00`.
    pub const MIN: Self = Self { minutes: 0 };
    /// The end of the day, `24:00`.
    pub const MAX: Self = Self { minutes: 24 * 60 };

    /// So many minutes after midnight, 1440 at most.
    #[must_use]
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= Self::MAX.minutes).then_some(Self { minutes })
    }

    /// Minutes after midnight.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.minutes
    }
}

impl FromStr for TimeOfDay {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        let (hours, minutes) = text.split_once(':').ok_or(UnknownValue)?;
        let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
        if minutes > 59 {
            return Err(UnknownValue);
        }
        Self::from_minutes(hours * 60 + minutes).ok_or(UnknownValue)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl FromStr for Date {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        let (year, rest) = text.split_once('-').ok_or(UnknownValue)?;
        let (month, day) = rest.split_once('-').ok_or(UnknownValue)?;
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        if day == 0 || day > days_in(year, month) {
            return Err(UnknownValue);
        }
        let narrow = |number: u16| u8::try_from(number).map_err(|_| UnknownValue);
        Ok(Self { year, month: narrow(month)?, day: narrow(day)? })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn digits(text: &str, count: usize) -> Result<u16, UnknownValue> {
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(UnknownValue);
    }
    text.parse().map_err(|_| UnknownValue)
}

fn days_in(year: u16, month: u16) -> u16 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

macro_rules! serde_as_text {
    ($type:ty, $expected:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!("not ", $expected)))
            }
        }
    };
}

serde_as_text!(TimeOfDay, "a time of day such as 09:30");
serde_as_text!(Date, "a date such as 2026-12-24");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hours_read_back_as_written() {
        let json = r#"{"time_zone":"Europe/Berlin","weekly":[{"day":"mon","from":"09:00","to":"24:00"}],"holidays":["2028-02-29"]}"#;
        let hours: BusinessHours = serde_json::from_str(json).unwrap();
        hours.validate().unwrap();
        assert_eq!(serde_json::to_string(&hours).unwrap(), json);
    }

    #[test]
    fn an_opening_may_be_over_midnight_and_must_not_be_none() {
        let check = |from: &str, to: &str| {
            let opening =
                Opening { day: Day::Sunday, from: from.parse().unwrap(), to: to.parse().unwrap() };
            let (time_zone, holidays) = ("UTC".to_owned(), Vec::new());
            BusinessHours { time_zone, weekly: vec![opening], holidays }.validate()
        };
        for (from, to) in [("22:00", "02:00"), ("22:00", "00:00"), ("24:00", "02:00")] {
            check(from, to).unwrap();
        }
        check("00:00", "24:00").unwrap();
        for (from, to) in [("09:00", "09:00"), ("24:00", "00:00"), ("24:00", "24:00")] {
            let refused = check(from, to).unwrap_err().to_string();
            assert_eq!(refused, "business_hours.weekly: from and to are the same");
        }
    }

    #[test]
    fn what_is_no_time_or_date_is_refused() {
        for bad in ["24:01", "9:00", "09:60", "09", "ab:cd", "+9:00"] {
            assert!(bad.parse::<TimeOfDay>().is_err(), "{bad}");
        }
        for bad in ["2027-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "today"] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }
}
