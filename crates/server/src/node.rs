//! What all of a node's tasks share: limits, time, metrics, who sends mails. Made once, never changed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use switchboard_journal::{MailState, SecretDigest};
use switchboard_protocol::Limits;
use switchboard_routing::{Timestamp, WorkspaceId};
use tokio::{sync::mpsc, time::Instant};

use crate::{mail::Mailer, metrics::Metrics};

/// See the module.
#[derive(Debug)]
pub struct Node {
    /// Every bound; with `--limits off` the rates and counts are none.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
    /// What is measured.
    pub metrics: Metrics,
    /// What sends mails.
    pub mailer: Mailer,
    /// Where what became of them is told.
    pub mail_reports: MailReports,
}

/// What became of an invite's mail.
#[derive(Debug)]
pub struct MailReport {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// What the invite's token is known by.
    pub token: SecretDigest,
    /// What became of it.
    pub state: MailState,
}

/// So many reports of mails may wait to be noted.
const MAIL_REPORTS: usize = 16_384;

/// Where it is told what became of mails. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MailReports(Option<mpsc::Sender<MailReport>>);

impl MailReports {
    /// Reports, and where they come out.
    pub fn new() -> (Self, mpsc::Receiver<MailReport>) {
        let (sender, reports) = mpsc::channel(MAIL_REPORTS);
        (Self(Some(sender)), reports)
    }

    /// Reports that nobody hears, for those who try something else.
    pub fn nowhere() -> Self {
        Self(None)
    }

    /// Tells what became of a mail; never waits.
    pub fn tell(&self, report: MailReport) {
        let Some(sender) = &self.0 else { return };
        if let Err(error) = sender.try_send(report) {
            // The invite stays as it is shown: queued.
            tracing::warn!(%error, "what became of a mail is not noted");
        }
    }
}

/// Time of day, read once and carried on by the monotonic clock: a wall clock that jumps by a
/// day changes nothing here but opening hours, and in tests time is tokio's, which can be paused.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at_ms: u64,
    /// The wall clock, and a clock that nobody sets, as they were then.
    wall_then: (SystemTime, std::time::Instant),
}

/// Clocks that nobody set differ by less.
const SET_BY_MS: u64 = 1_000;

impl Clock {
    /// Starts at the wall clock's time.
    pub fn start() -> Self {
        Self::start_at(ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
    }

    /// Starts at some time.
    pub(crate) fn start_at(started_at_ms: u64) -> Self {
        let wall_then = (SystemTime::now(), std::time::Instant::now());
        Self { started: Instant::now(), started_at_ms, wall_then }
    }

    /// The same clock, put forward where it shows less than this: what happened is never later than
    /// now, also where the wall clock was put back while nobody ran.
    #[must_use]
    pub fn not_before(mut self, at: Timestamp) -> Self {
        let behind = at.0.saturating_sub(self.now_ms());
        self.started_at_ms = self.started_at_ms.saturating_add(behind);
        self
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        self.started_at_ms.saturating_add(ms(self.started.elapsed()))
    }

    /// The same by the wall clock as it is now: with what it was set by since, and with what a
    /// machine slept. For what is promised by the clocks of people, as opening hours are.
    pub fn wall(&self) -> Timestamp {
        let (wall, steady) = self.wall_then;
        Timestamp(set_clock(self.now_ms(), wall + steady.elapsed(), SystemTime::now()))
    }

    /// The same, as workspace time.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.now_ms())
    }

    /// When the monotonic clock will show a time.
    pub fn instant_of(&self, at: Timestamp) -> Instant {
        self.started + Duration::from_millis(at.0.saturating_sub(self.started_at_ms))
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a clock shows that was set with the wall clock, which should show one time and shows
/// another.
fn set_clock(now_ms: u64, expected: SystemTime, shown: SystemTime) -> u64 {
    match shown.duration_since(expected).map_err(|ahead| ahead.duration()) {
        Ok(ahead) if ms(ahead) >= SET_BY_MS => now_ms.saturating_add(ms(ahead)),
        Err(behind) if ms(behind) >= SET_BY_MS => now_ms.saturating_sub(ms(behind)),
        _ => now_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_was_set_is_followed_and_its_jitter_is_not() {
        let expected = UNIX_EPOCH + Duration::from_hours(1);
        let shown = |at: Duration| set_clock(10_000_000, expected, UNIX_EPOCH + at);
        assert_eq!(shown(Duration::from_hours(2)), 13_600_000);
        assert_eq!(shown(Duration::from_mins(1)), 6_460_000);
        for near in [3_599_001, 3_600_000, 3_600_999] {
            assert_eq!(shown(Duration::from_millis(near)), 10_000_000, "{near}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_put_forward_goes_on_from_there() {
        let clock = Clock::start_at(5_000);
        assert_eq!(clock.not_before(Timestamp(4_000)).now_ms(), 5_000);
        let ahead = clock.not_before(Timestamp(86_400_000));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((ahead.now_ms(), clock.now_ms()), (86_401_000, 6_000));
        assert_eq!(
            ahead.instant_of(Timestamp(86_402_000)),
            Instant::now() + Duration::from_secs(1)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn paused_time_is_the_wall_clocks_as_well() {
        let clock = Clock::start_at(5_000);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!((clock.wall(), clock.now()), (Timestamp(3_605_000), Timestamp(3_605_000)));
    }
}
