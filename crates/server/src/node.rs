//! What all of a node's tasks share: limits, time, metrics, keys. Made once, never changed.

use std::time::{SystemTime, UNIX_EPOCH};

use switchboard_protocol::Limits;
use switchboard_routing::Timestamp;
use tokio::time::Instant;

use crate::metrics::Metrics;

/// See the module.
#[derive(Debug)]
pub struct Node {
    /// Every bound; with `--limits off` the rates and counts are none.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
    /// What is measured.
    pub metrics: Metrics,
}

/// Time of day, read once and carried on by the monotonic clock: a wall clock that jumps by a
/// day changes nothing here, and in tests time is tokio's, which can be paused.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at_ms: u64,
}

impl Clock {
    /// Starts at the wall clock's time.
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started_at_ms = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        Self { started: Instant::now(), started_at_ms }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.started_at_ms.saturating_add(elapsed)
    }

    /// The same, as workspace time.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.now_ms())
    }

    /// When the monotonic clock will show a time.
    pub fn instant_of(&self, at: Timestamp) -> Instant {
        let ms = at.0.saturating_sub(self.started_at_ms);
        self.started + std::time::Duration::from_millis(ms)
    }
}
