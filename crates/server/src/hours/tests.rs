//! Openings on a calendar, clocks that are set forward and back, and a walk minute by minute.

use std::collections::BTreeSet;

use jiff::{
    ToSpan,
    civil::{DateTime, Weekday},
};
use proptest::{collection::vec, prelude::*, sample::select};
use switchboard_protocol::model::{Day, TimeOfDay};

use super::*;

const MINUTE_MS: u64 = 60_000;

fn hours(zone: &str, weekly: &[&str], holidays: &[&str]) -> Hours {
    let opening = |text: &&str| {
        let [day, from, to] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
        Opening { day: day.parse().unwrap(), from: from.parse().unwrap(), to: to.parse().unwrap() }
    };
    let hours = BusinessHours {
        time_zone: zone.to_owned(),
        weekly: weekly.iter().map(opening).collect(),
        holidays: holidays.iter().map(|date| date.parse().unwrap()).collect(),
    };
    hours.validate().unwrap();
    Hours::new(&hours).unwrap()
}

fn moment(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp(at.as_millisecond().try_into().unwrap())
}

/// From a moment on, when it opens and closes: as the clock there shows it, with its offset.
#[track_caller]
fn check(hours: &Hours, from: &str, expected: &[&str]) {
    let mut standing = hours.at(moment(from));
    let mut seen = Vec::new();
    for _ in expected {
        let Some(at) = standing.changes_at else { break };
        let open = standing.open;
        standing = hours.at(at);
        assert_ne!(standing.open, open, "{seen:?}");
        let shown = jiff::Timestamp::from_millisecond(at.0 as i64).unwrap();
        let (offset, shown) = (hours.zone.to_offset(shown), hours.zone.to_datetime(shown));
        let shown = shown.strftime("%F %H:%M");
        let minutes = offset.seconds() / 60;
        let offset = format!("{:+03}:{:02}", minutes / 60, minutes.abs() % 60);
        let what = if standing.open { "opens" } else { "closes" };
        seen.push(format!("{what} {shown} {offset}"));
    }
    assert_eq!(seen, expected);
}

#[test]
fn it_opens_and_closes_by_the_clock_of_its_zone() {
    let hours = hours("Europe/Berlin", &["mon 09:00 17:00", "wed 08:30 12:00"], &[]);
    check(
        &hours,
        "2026-01-05T00:00:00Z",
        &[
            "opens 2026-01-05 09:00 +01:00",
            "closes 2026-01-05 17:00 +01:00",
            "opens 2026-01-07 08:30 +01:00",
            "closes 2026-01-07 12:00 +01:00",
            "opens 2026-01-12 09:00 +01:00",
        ],
    );
    let open = |at| hours.at(moment(at)).open;
    assert!(!open("2026-01-05T07:59:59.999Z") && open("2026-01-05T08:00:00Z"));
    assert!(open("2026-01-05T15:59:59.999Z") && !open("2026-01-05T16:00:00Z"));
}

#[test]
fn openings_that_overlap_or_adjoin_are_one() {
    let one = ["opens 2026-01-05 18:00 +09:00", "closes 2026-01-06 04:00 +09:00"];
    for weekly in [
        &["mon 18:00 24:00", "tue 00:00 04:00"][..],
        &["tue 00:00 04:00", "mon 20:00 24:00", "mon 18:00 21:00"],
        &["mon 18:00 04:00"],
        &["mon 18:00 00:00", "mon 24:00 04:00"],
        &["mon 18:00 04:00", "mon 19:00 20:00", "tue 01:00 02:00", "mon 18:00 19:30"],
    ] {
        check(&hours("Asia/Tokyo", weekly, &[]), "2026-01-05T00:00:00Z", &one);
    }
    let weekend = hours("Asia/Tokyo", &["sun 22:00 02:00"], &[]);
    let expected = ["opens 2026-01-04 22:00 +09:00", "closes 2026-01-05 02:00 +09:00"];
    check(&weekend, "2026-01-04T00:00:00Z", &expected);
}

#[test]
fn a_holiday_closes_the_whole_of_its_day_and_nothing_else() {
    let weekly = ["thu 22:00 06:00", "fri 22:00 06:00"];
    let hours = hours("Europe/Berlin", &weekly, &["2026-12-25"]);
    check(
        &hours,
        "2026-12-24T12:00:00Z",
        &[
            "opens 2026-12-24 22:00 +01:00",
            "closes 2026-12-25 00:00 +01:00",
            "opens 2026-12-26 00:00 +01:00",
            "closes 2026-12-26 06:00 +01:00",
        ],
    );
}

const ALL_WEEK: [&str; 7] = [
    "mon 00:00 24:00",
    "tue 00:00 24:00",
    "wed 00:00 24:00",
    "thu 00:00 24:00",
    "fri 00:00 24:00",
    "sat 00:00 24:00",
    "sun 00:00 24:00",
];

#[test]
fn what_never_changes_says_so() {
    let never = hours("Europe/Berlin", &[], &["2026-12-25"]);
    let at = moment("2026-01-05T00:00:00Z");
    assert_eq!(never.at(at), Standing { open: false, changes_at: None });
    assert_eq!(never.at(at).opens_at(), None);
    let always = hours("Europe/Berlin", &ALL_WEEK, &["2025-12-25"]);
    assert_eq!(always.at(at), Standing { open: true, changes_at: None });
}

#[test]
fn the_next_opening_is_known_only_while_it_is_closed() {
    let hours = hours("UTC", &["mon 09:00 17:00"], &[]);
    let opens_at = |at| hours.at(moment(at)).opens_at();
    assert_eq!(opens_at("2026-01-05T08:00:00Z"), Some(moment("2026-01-05T09:00:00Z")));
    assert_eq!(opens_at("2026-01-05T09:00:00Z"), None);
    assert_eq!(opens_at("2026-01-05T17:00:00Z"), Some(moment("2026-01-12T09:00:00Z")));
}

#[test]
fn holidays_may_put_the_next_opening_off_for_years() {
    let mondays = civil::date(2026, 1, 5).series(7.days());
    let mondays = mondays.take(BusinessHours::MAX_ENTRIES).map(|date| date.to_string());
    let mondays: Vec<_> = mondays.collect();
    let holidays: Vec<_> = mondays.iter().map(String::as_str).collect();
    let hours = hours("America/New_York", &["mon 09:00 17:00"], &holidays);
    check(&hours, "2026-01-05T00:00:00Z", &["opens 2033-09-05 09:00 -04:00"]);
    let hours = self::hours("America/New_York", &ALL_WEEK, &["2028-02-29"]);
    let expected = ["closes 2028-02-29 00:00 -05:00", "opens 2028-03-01 00:00 -05:00"];
    check(&hours, "2026-01-05T00:00:00Z", &expected);
}

#[test]
fn times_that_are_skipped_are_where_the_skipping_ends() {
    let berlin = |weekly: &[&str]| hours("Europe/Berlin", weekly, &[]);
    let before = "2026-03-28T12:00:00Z";
    check(
        &berlin(&["sun 02:30 05:00"]),
        before,
        &["opens 2026-03-29 03:00 +02:00", "closes 2026-03-29 05:00 +02:00"],
    );
    check(
        &berlin(&["sun 01:00 02:30"]),
        before,
        &["opens 2026-03-29 01:00 +01:00", "closes 2026-03-29 03:00 +02:00"],
    );
    // Wholly within the hour that there is not: a week later.
    check(&berlin(&["sun 02:00 03:00"]), before, &["opens 2026-04-05 02:00 +02:00"]);
    // A night of seven hours is one opening.
    check(
        &berlin(&["sat 22:00 06:00"]),
        before,
        &["opens 2026-03-28 22:00 +01:00", "closes 2026-03-29 06:00 +02:00"],
    );
    check(
        &hours("America/New_York", &["sun 02:15 02:45", "sun 02:50 04:00"], &[]),
        "2026-03-08T00:00:00Z",
        &["opens 2026-03-08 03:00 -04:00", "closes 2026-03-08 04:00 -04:00"],
    );
}

#[test]
fn times_that_come_twice_count_twice() {
    let new_york = |weekly: &[&str]| hours("America/New_York", weekly, &[]);
    let before = "2026-11-01T00:00:00Z";
    check(
        &new_york(&["sun 01:30 01:45"]),
        before,
        &[
            "opens 2026-11-01 01:30 -04:00",
            "closes 2026-11-01 01:45 -04:00",
            "opens 2026-11-01 01:30 -05:00",
            "closes 2026-11-01 01:45 -05:00",
            "opens 2026-11-08 01:30 -05:00",
        ],
    );
    // Whoever is open throughout the hour stays so.
    check(
        &new_york(&["sat 22:00 06:00"]),
        before,
        &["opens 2026-10-31 22:00 -04:00", "closes 2026-11-01 06:00 -05:00"],
    );
    check(
        &hours("Europe/Berlin", &["sun 00:00 02:30"], &[]),
        "2026-10-24T12:00:00Z",
        &[
            "opens 2026-10-25 00:00 +02:00",
            "closes 2026-10-25 02:30 +02:00",
            "opens 2026-10-25 02:00 +01:00",
            "closes 2026-10-25 02:30 +01:00",
        ],
    );
}

#[test]
fn half_an_hour_is_shifted_where_it_is_half_an_hour() {
    let lord_howe = |weekly: &[&str]| hours("Australia/Lord_Howe", weekly, &[]);
    check(
        &lord_howe(&["sun 02:15 03:00"]),
        "2026-10-03T00:00:00Z",
        &["opens 2026-10-04 02:30 +11:00", "closes 2026-10-04 03:00 +11:00"],
    );
    check(
        &lord_howe(&["sun 01:45 02:15"]),
        "2026-04-04T00:00:00Z",
        &[
            // The clock goes back from 02:00 to 01:30.
            "opens 2026-04-05 01:45 +11:00",
            "closes 2026-04-05 01:30 +10:30",
            "opens 2026-04-05 01:45 +10:30",
            "closes 2026-04-05 02:15 +10:30",
        ],
    );
}

#[test]
fn a_day_may_begin_at_one_o_clock_or_twice() {
    for (zone, before, expected) in [
        (
            "America/Santiago",
            "2026-09-05T12:00:00Z",
            ["opens 2026-09-06 01:00 -03:00", "closes 2026-09-06 09:00 -03:00"],
        ),
        (
            "Asia/Beirut",
            "2026-03-28T12:00:00Z",
            ["opens 2026-03-29 01:00 +03:00", "closes 2026-03-29 09:00 +03:00"],
        ),
    ] {
        check(&hours(zone, &["sun 00:00 09:00"], &[]), before, &expected);
    }
    // In Chile the clock shows the last hour of Saturday, the holiday, twice.
    check(
        &hours("America/Santiago", &["sat 00:00 24:00", "sun 00:00 09:00"], &["2026-04-04"]),
        "2026-04-04T12:00:00Z",
        &["opens 2026-04-05 00:00 -04:00", "closes 2026-04-05 09:00 -04:00"],
    );
}

#[test]
fn zones_nobody_knows_are_refused() {
    for name in ["Europe/Atlantis", "Etc/Unknown", "Europe", "CEST", "+01:00", "local", "../UTC"] {
        assert_eq!(zone(name).err(), Some(UnknownZone), "{name}");
    }
    for name in ["UTC", "Etc/GMT-3", "Europe/Berlin", "US/Eastern", "Asia/Kathmandu"] {
        assert!(zone(name).is_ok(), "{name}");
    }
}

const ZONES: [&str; 14] = [
    "UTC",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "America/St_Johns",
    // Dates that never were, and some twice.
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "America/Adak",
];

/// Whether it is open, from what the clock on the wall shows and the hours as they were written.
fn naively(hours: &BusinessHours, now: &DateTime) -> bool {
    let today = match now.weekday() {
        Weekday::Monday => Day::Monday,
        Weekday::Tuesday => Day::Tuesday,
        Weekday::Wednesday => Day::Wednesday,
        Weekday::Thursday => Day::Thursday,
        Weekday::Friday => Day::Friday,
        Weekday::Saturday => Day::Saturday,
        Weekday::Sunday => Day::Sunday,
    };
    let index = |day: Day| Day::KNOWN.iter().position(|known| *known == day).unwrap();
    let minute = now.hour() as u16 * 60 + now.minute() as u16;
    let covers = |opening: &Opening| {
        let (from, to) = (opening.from.minutes(), opening.to.minutes());
        let over_midnight = to < from;
        let on_its_day = opening.day == today && minute >= from && (over_midnight || minute < to);
        let since_yesterday = (index(opening.day) + 1) % 7 == index(today);
        on_its_day || (over_midnight && since_yesterday && minute < to)
    };
    let date = now.date().to_string();
    hours.weekly.iter().any(covers) && !hours.holidays.iter().any(|day| day.to_string() == date)
}

fn openings() -> impl Strategy<Value = Vec<Opening>> {
    let quarter =
        |from: u16, to: u16| (from..=to).prop_map(|n| TimeOfDay::from_minutes(n * 15).unwrap());
    let opening = (select(Day::KNOWN), quarter(0, 95), quarter(0, 96));
    let opening = opening.prop_filter("open for a while", |(_, from, to)| from != to);
    vec(opening.prop_map(|(day, from, to)| Opening { day, from, to }), 0..8)
}

/// A few days on which a zone's clock is set, somewhere from 1990 to 2040, and others.
fn beginnings() -> impl Strategy<Value = (&'static str, i64)> {
    let near = (select(&ZONES[..]), 631_152_000i64..2_208_988_800, -5 * 86_400i64..0);
    near.prop_map(|(name, at, back)| {
        let after = jiff::Timestamp::from_second(at).unwrap();
        let shift = zone(name).unwrap().following(after).next().map(|shift| shift.timestamp());
        let begin = shift.unwrap_or(after).as_second() + back;
        (name, begin - begin.rem_euclid(60))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn walking_minute_by_minute_meets_the_changes_jumped_to(
        (zone, begin) in beginnings(),
        weekly in openings(),
        holidays in vec(0i64..10, 0..3),
    ) {
        let start = jiff::Timestamp::from_second(begin).unwrap();
        let at = |minutes: u64| start + jiff::SignedDuration::from_mins(minutes as i64);
        let local = |at: jiff::Timestamp| super::zone(zone).unwrap().to_datetime(at);
        let date = |days: &i64| local(start + jiff::SignedDuration::from_hours(24 * days)).date();
        let holidays = holidays.iter().map(|days| date(days).to_string().parse().unwrap());
        let hours = BusinessHours {
            time_zone: zone.to_owned(), weekly, holidays: holidays.collect(),
        };
        let compiled = Hours::new(&hours).unwrap();
        let moment = |minutes: u64| Timestamp(begin as u64 * 1_000 + minutes * MINUTE_MS);

        const MINUTES: u64 = 9 * 24 * 60;
        let walked: Vec<bool> = (0..MINUTES).map(|n| naively(&hours, &local(at(n)))).collect();
        let changes = |n: &u64| *n > 0 && walked[*n as usize] != walked[*n as usize - 1];
        let met: BTreeSet<_> = (0..MINUTES).filter(changes).map(moment).collect();

        let (mut standing, mut jumped) = (compiled.at(moment(0)), BTreeSet::new());
        prop_assert_eq!(standing.open, walked[0]);
        while let Some(change) = standing.changes_at.filter(|change| *change < moment(MINUTES)) {
            prop_assert!(jumped.insert(change), "it goes round in circles");
            standing = compiled.at(change);
        }
        prop_assert_eq!(&jumped, &met);
        // From anywhere between two changes, the next is the same.
        for n in (0..MINUTES).step_by(997) {
            let standing = compiled.at(Timestamp(moment(n).0 + 31_007));
            prop_assert_eq!(standing.open, walked[n as usize]);
            let next = met.range(moment(n + 1)..).next().copied();
            let within = |change: &Timestamp| *change < moment(MINUTES);
            prop_assert_eq!(standing.changes_at.filter(within), next);
        }
    }
}
