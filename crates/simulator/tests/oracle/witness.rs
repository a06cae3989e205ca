//! Reads the log along, so that every event is judged by the workspace as it was just before, and
//! remembers, naively, what cannot be seen of a workspace.

use switchboard_routing::*;

use crate::{counts::Counts, promises};

pub(crate) struct Witness {
    pub(crate) workspace: Workspace,
    pub(crate) counts: Counts,
    opened: usize,
    ended: usize,
    /// Who is not asked for what.
    pub(crate) cooling: Vec<(ConversationId, AgentId)>,
    /// What is closed and still counts: the conversation, its department, and whose load.
    pub(crate) wraps: Vec<(ConversationId, DepartmentId, AgentId)>,
    /// Offers missed in a row.
    misses: Vec<AgentId>,
    /// Every offer's number.
    offers: Vec<u64>,
}

impl Default for Witness {
    fn default() -> Self {
        Self {
            workspace: Workspace::new(1),
            counts: Counts::default(),
            opened: 0,
            ended: 0,
            cooling: Vec::new(),
            wraps: Vec::new(),
            misses: Vec::new(),
            offers: Vec::new(),
        }
    }
}

impl Witness {
    /// Sees the outputs of one step; `forced` where it was one that passes capacity.
    pub(crate) fn see(&mut self, out: &[Output], forced: bool) {
        let before: Vec<_> = self.workspace.conversations().cloned().collect();
        for output in out {
            if let Output::Decided(decision) = output {
                self.counts.see_decision(decision);
            }
            let Output::Event(record) = output else { continue };
            self.counts.see(&self.workspace, record);
            self.count(&record.event);
            promises::judge(self, record, forced);
            self.remember(record);
            self.workspace.replay(record);
        }
        promises::revisions_rise(&before, &self.workspace);
        let ended = out.iter().filter(|output| matches!(output, Output::Ended(_))).count();
        let endings = out.iter().filter(|output| match output {
            Output::Event(record) => matches!(
                record.event,
                Event::ConversationClosed { .. } | Event::ConversationRejected { .. }
            ),
            _ => false,
        });
        assert_eq!(ended, endings.count(), "what ended is given back");
        assert_eq!(self.opened - self.ended, self.workspace.conversation_count(), "conserved");
        assert!(
            self.workspace.agents().all(|a| self.missed(&a.id) < 3 || !is_online(a)),
            "three misses in a row set an agent away"
        );
        promises::hold(self);
    }

    pub(crate) fn missed(&self, agent: &AgentId) -> usize {
        self.misses.iter().filter(|id| *id == agent).count()
    }

    pub(crate) fn cools(&self, agent: &Agent, conversation: &Conversation) -> bool {
        let pair = |(c, a): &(ConversationId, AgentId)| *c == conversation.id && *a == agent.id;
        self.cooling.iter().any(pair)
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::ConversationOpened { .. } | Event::ConversationReopened { .. } => {
                self.opened += 1;
            }
            Event::ConversationClosed { .. } | Event::ConversationRejected { .. } => {
                self.ended += 1;
            }
            _ => {}
        }
    }

    fn remember(&mut self, record: &Record) {
        match &record.event {
            Event::ConversationOffered { .. } => {
                assert!(!self.offers.contains(&record.position), "an offer's number is its own");
                self.offers.push(record.position);
            }
            Event::OfferEnded { conversation_id, agent_id, reason, cooling_until, .. } => {
                match reason {
                    WithdrawnReason::Expired => self.misses.push(agent_id.clone()),
                    WithdrawnReason::Declined => self.misses.retain(|id| id != agent_id),
                    _ => {}
                }
                let refused =
                    matches!(reason, WithdrawnReason::Declined | WithdrawnReason::Expired);
                assert_eq!(cooling_until.is_some(), refused, "who refused cools down");
                if refused {
                    self.cooling.push((conversation_id.clone(), agent_id.clone()));
                }
            }
            Event::ConversationAssigned { agent_id, cause, .. } => {
                if matches!(cause, AssignmentCause::Accepted | AssignmentCause::Claimed) {
                    self.misses.retain(|id| id != agent_id);
                }
            }
            Event::AvailabilityChanged { agent_id, availability: Availability::Online } => {
                self.misses.retain(|id| id != agent_id);
            }
            Event::AvailabilityChanged { agent_id, .. } if record.origin.by == By::MissedOffers => {
                assert_eq!(self.missed(agent_id), 3, "away after three");
            }
            Event::ConversationTransferred {
                conversation_id,
                from_agent_id: Some(giver),
                cooling_until: Some(_),
                ..
            } => self.cooling.push((conversation_id.clone(), giver.clone())),
            Event::CooldownEnded { conversation_id, agent_id } => {
                let pair = (conversation_id.clone(), agent_id.clone());
                assert!(self.cooling.contains(&pair), "cooled down");
                self.cooling.retain(|other| *other != pair);
            }
            Event::ConversationClosed { conversation_id, department_id, agent_id } => {
                self.cooling.retain(|(id, _)| id != conversation_id);
                let room = self.workspace.department(department_id.as_str());
                let wraps = room.is_some_and(|room| room.policy.wrap_up_ms > 0);
                if let Some(agent_id) = agent_id.as_ref().filter(|_| wraps) {
                    let wrap = (conversation_id.clone(), department_id.clone(), agent_id.clone());
                    self.wraps.push(wrap);
                }
            }
            Event::ConversationRejected { conversation_id, .. } => {
                self.cooling.retain(|(id, _)| id != conversation_id);
            }
            Event::WrapUpEnded { conversation_id, .. } => {
                self.wraps.retain(|(id, ..)| id != conversation_id);
            }
            Event::ConversationReopened { conversation, .. } => {
                self.wraps.retain(|(id, ..)| *id != conversation.id);
                // Who refused it before it ended is not asked yet.
                let later = conversation.pauses.iter().filter(|pause| pause.until > record.at);
                let pairs = later.map(|pause| (conversation.id.clone(), pause.agent_id.clone()));
                self.cooling.extend(pairs);
            }
            Event::AgentRemoved { agent_id } => self.wraps.retain(|(.., id)| id != agent_id),
            _ => {}
        }
    }
}

fn is_online(agent: &Agent) -> bool {
    agent.availability == Availability::Online
}
