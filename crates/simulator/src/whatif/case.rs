//! One visit, while a recording is listened to: how long it waited and was served, so far.

use switchboard_routing::{AgentId, DepartmentId};

use super::{
    happening::{Came, Request, What},
    story::{Answered, HandOn},
};

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub(super) at: u64,
    pub(super) department: DepartmentId,
    pub(super) request: Request,
    /// Who serves it; none: it waits, or is over.
    pub(super) agent: Option<AgentId>,
    /// Who is asked to take it, since when.
    pub(super) asked: Option<(AgentId, u64)>,
    pub(super) answers: Vec<(AgentId, Answered)>,
    since: u64,
    /// In all.
    pub(super) waited_ms: u64,
    /// Until it was handed on for the first time, or until now.
    pub(super) service_ms: u64,
    pub(super) handed_on: Vec<HandOn>,
    pub(super) ending: Ending,
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Not within the recording.
    Open,
    /// It was served to its end.
    Served { agent_closes: bool },
    /// It was closed while it waited.
    Left,
    /// It was rejected.
    Rejected,
}

impl Track {
    pub(super) fn new(at: u64, department: DepartmentId, request: Request) -> Self {
        Self {
            at,
            department,
            request,
            agent: None,
            asked: None,
            answers: Vec::new(),
            since: at,
            waited_ms: 0,
            service_ms: 0,
            handed_on: Vec::new(),
            ending: Ending::Open,
        }
    }

    pub(super) fn is_served(&self) -> bool {
        self.agent.is_some()
    }

    /// Whether this can happen to it, as far as it is known.
    pub(super) fn can(&self, what: &What) -> bool {
        let is_asked = |who: &AgentId| self.asked.as_ref().is_some_and(|(asked, _)| asked == who);
        match what {
            What::Offered { .. } => !self.is_served() && self.asked.is_none(),
            What::OfferEnded { agent, .. } => is_asked(agent),
            What::Assigned { agent, came: Came::Accepted, .. } => is_asked(agent),
            What::Assigned { came: Came::Routed, .. } | What::Queued { .. } => !self.is_served(),
            What::Requeued { agent: Some(agent), .. } => self.agent.as_ref() == Some(agent),
            _ => true,
        }
    }

    /// What all its agents took together.
    pub(super) fn whole_service_ms(&self) -> u64 {
        self.service_ms + self.handed_on.iter().map(|on| on.service_ms).sum::<u64>()
    }

    /// What its last agents took, since it was handed on to them.
    pub(super) fn last_service(&mut self) -> &mut u64 {
        match self.handed_on.last_mut() {
            Some(last) => &mut last.service_ms,
            None => &mut self.service_ms,
        }
    }

    /// How long this agent has been asked, if it is; from now on it is not.
    pub(super) fn answers_after(&mut self, agent: &AgentId, now: u64) -> Option<u64> {
        let (asked, since) = self.asked.take()?;
        (asked == *agent).then(|| now.saturating_sub(since))
    }

    pub(super) fn waits(&mut self, now: u64) {
        self.pass(now);
        self.agent = None;
    }

    pub(super) fn is_taken(&mut self, by: &AgentId, now: u64) {
        self.pass(now);
        self.agent = Some(by.clone());
    }

    pub(super) fn is_handed_on(&mut self, now: u64, to: DepartmentId, agent: Option<AgentId>) {
        self.waits(now);
        self.handed_on.push(HandOn { department: to, agent, service_ms: 0 });
    }

    pub(super) fn ends(&mut self, now: u64, agent_closes: bool) {
        self.ending = match self.is_served() {
            true => Ending::Served { agent_closes },
            false => Ending::Left,
        };
        self.waits(now);
    }

    pub(super) fn is_rejected(&mut self, now: u64) {
        self.waits(now);
        self.ending = Ending::Rejected;
    }

    /// What was so until now lasted until now.
    pub(super) fn pass(&mut self, now: u64) {
        let passed = now.saturating_sub(self.since);
        self.since = now;
        match self.agent {
            Some(_) => *self.last_service() += passed,
            None => self.waited_ms += passed,
        }
    }
}
