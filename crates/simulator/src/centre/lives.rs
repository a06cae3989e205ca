//! The conversations under way: what is left of each one's service and patience.

use switchboard_routing::{AgentId, ConversationId, Timestamp, VisitorId};

/// The number of a conversation that an arrival opened: how many arrived before it.
pub fn number_of(id: &ConversationId) -> Option<u64> {
    id.as_str().strip_prefix('c')?.parse().ok()
}

/// A conversation under way.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) id: ConversationId,
    pub(super) visitor_id: VisitorId,
    /// Who serves it; none: it waits.
    pub(super) agent_id: Option<AgentId>,
    /// Since when that is so.
    since: Timestamp,
    service_ms: u64,
    patience_ms: Option<u64>,
    /// Rises whenever it begins to wait or to be served: what was planned before is void.
    pub(super) turn: u32,
    /// It was served for long enough, but its agent was not there to close it.
    pub(super) overdue: bool,
    /// How many times its agents handed it on.
    pub(super) handed_on: u32,
}

impl Life {
    /// It is about to arrive.
    pub(super) fn new(
        id: ConversationId,
        visitor_id: VisitorId,
        at: Timestamp,
        service_ms: u64,
        patience_ms: Option<u64>,
    ) -> Self {
        let (agent_id, since) = (None, at);
        let (turn, overdue, handed_on) = (0, false, 0);
        Self { id, visitor_id, agent_id, since, service_ms, patience_ms, turn, overdue, handed_on }
    }

    /// It begins to wait. Gives when its visitor gives up; nothing where it waited already.
    pub(super) fn waits(&mut self, now: Timestamp) -> Option<Timestamp> {
        // The turn is 0 until it waits or is served for the first time.
        if self.agent_id.is_none() && self.turn > 0 {
            return None;
        }
        self.turn_over(now, None);
        self.patience_ms.map(|left| now.plus_ms(left))
    }

    /// An agent has it. Gives when it will have been served.
    pub(super) fn is_taken(&mut self, by: AgentId, now: Timestamp) -> Timestamp {
        self.turn_over(now, Some(by));
        now.plus_ms(self.service_ms)
    }

    /// When it will have been served, where it is.
    pub(super) fn due(&self) -> Timestamp {
        self.since.plus_ms(self.service_ms)
    }

    /// Its agent hands it on: it is to be served for so long again, whoever will do so.
    pub(super) fn hand_on(&mut self, now: Timestamp, service_ms: u64) {
        (self.since, self.service_ms) = (now, service_ms);
        self.handed_on += 1;
    }

    fn turn_over(&mut self, now: Timestamp, agent_id: Option<AgentId>) {
        let passed = now.since_ms(self.since);
        match self.agent_id {
            Some(_) => self.service_ms = self.service_ms.saturating_sub(passed),
            None => self.patience_ms = self.patience_ms.map(|left| left.saturating_sub(passed)),
        }
        (self.agent_id, self.since, self.overdue) = (agent_id, now, false);
        self.turn += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(service_ms: u64, patience_ms: Option<u64>) -> Life {
        Life::new("c0".into(), "v".into(), Timestamp(0), service_ms, patience_ms)
    }

    #[test]
    fn service_and_patience_are_used_up() {
        let mut life = life(100, Some(50));
        assert_eq!(life.waits(Timestamp(0)), Some(Timestamp(50)));
        assert_eq!(life.waits(Timestamp(10)), None, "it waits already");
        assert_eq!(life.is_taken("a".into(), Timestamp(20)), Timestamp(120));
        assert_eq!(life.waits(Timestamp(60)), Some(Timestamp(90)), "20 of 50 were used");
        assert_eq!(life.is_taken("b".into(), Timestamp(80)), Timestamp(140), "60 are left");
        assert_eq!(life.turn, 4);
    }

    #[test]
    fn a_number_is_read_from_the_id() {
        assert_eq!(number_of(&"c17".into()), Some(17));
        assert_eq!(number_of(&"17".into()), None);
        assert_eq!(number_of(&"cx".into()), None);
    }
}
