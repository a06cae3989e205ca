//! How one peer behaves: how fast it talks, and how much of it makes sense.

use switchboard_protocol::{CloseCode, Limits, Rate};

use crate::rate_limit::{Bucket, RateExceeded};

/// Pings and pongs of WebSocket itself: no sensible client comes near it.
const CONTROL_FRAMES: Rate = Rate::per_second(10, 100);

/// See the module. A few bytes for each socket.
#[derive(Debug, Default)]
pub(crate) struct Conduct {
    messages: Bucket,
    controls: Bucket,
    refused: u32,
    refused_since_ms: u64,
    bad_in_a_row: u32,
}

impl Conduct {
    /// A message came.
    pub(crate) fn message(&mut self, rate: Option<&Rate>, now_ms: u64) -> Result<(), RateExceeded> {
        self.messages.take_of(rate, now_ms)
    }

    /// A ping or pong came; where messages have a rate, these have too.
    pub(crate) fn control(
        &mut self,
        messages: Option<&Rate>,
        now_ms: u64,
    ) -> Result<(), RateExceeded> {
        self.controls.take_of(messages.map(|_| &CONTROL_FRAMES), now_ms)
    }

    /// One was refused by a rate: what the socket is closed with, where that is one too many.
    pub(crate) fn refused(&mut self, limits: &Limits, now_ms: u64) -> Option<CloseCode> {
        let window_over = now_ms.saturating_sub(self.refused_since_ms) >= limits.refused_window_ms;
        if self.refused == 0 || window_over {
            self.refused_since_ms = now_ms;
            self.refused = 0;
        }
        self.refused = self.refused.saturating_add(1);
        (self.refused >= limits.refused_before_close).then_some(CloseCode::TooFast)
    }

    /// A message made sense.
    pub(crate) fn good(&mut self) {
        self.bad_in_a_row = 0;
    }

    /// A message made none: what the socket is closed with, where that is one too many.
    pub(crate) fn bad(&mut self, limits: &Limits) -> Option<CloseCode> {
        self.bad_in_a_row = self.bad_in_a_row.saturating_add(1);
        let too_many = self.bad_in_a_row >= limits.bad_messages_before_close;
        too_many.then_some(CloseCode::BadProtocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_refused_in_ten_seconds_are_too_many() {
        let limits = Limits::default();
        let mut conduct = Conduct::default();
        for at in 0..49 {
            assert_eq!(conduct.refused(&limits, 1_000 + at * 200), None);
        }
        assert_eq!(conduct.refused(&limits, 10_999), Some(CloseCode::TooFast));
    }

    #[test]
    fn as_many_over_a_longer_time_are_not() {
        let limits = Limits::default();
        let mut conduct = Conduct::default();
        for at in 0..1_000 {
            assert_eq!(conduct.refused(&limits, 1_000 + at * 250), None);
        }
    }

    #[test]
    fn ten_bad_messages_in_a_row_are_too_many() {
        let limits = Limits::default();
        let mut conduct = Conduct::default();
        for _ in 0..9 {
            assert_eq!(conduct.bad(&limits), None);
        }
        conduct.good();
        for _ in 0..9 {
            assert_eq!(conduct.bad(&limits), None);
        }
        assert_eq!(conduct.bad(&limits), Some(CloseCode::BadProtocol));
    }

    #[test]
    fn control_frames_have_a_rate_where_messages_do() {
        let mut conduct = Conduct::default();
        assert!((0..10_000).all(|_| conduct.control(None, 0).is_ok()));
        let rate = Rate::per_second(1, 1);
        let taken = (0..10_000).filter(|_| conduct.control(Some(&rate), 0).is_ok()).count();
        assert_eq!(taken, 100);
    }
}
