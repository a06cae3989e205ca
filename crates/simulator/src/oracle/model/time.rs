//! The naive workspace: what is due. Everything is scanned for, and the first of it is done.

use switchboard_routing::{By, DeadlineKind, OnAgentLost, RejectedReason, RequeuedReason};

use super::{Model, ModelSessionState, routing::Prefers};

/// When something is due, of what kind it is, which comes first of what is due together, and
/// what it is about.
pub(crate) type Due = (u64, DeadlineKind, [u64; 3], String);

impl Model {
    pub(crate) fn tick(&mut self) {
        while let Some(due) = self.due().filter(|due| due.0 <= self.clock) {
            self.fall_due(due);
            self.settle();
        }
    }

    fn fall_due(&mut self, (_, kind, order, of): Due) {
        match kind {
            DeadlineKind::WrapUpOver => self.wrap_ups.retain(|wrap| wrap.conversation != of),
            DeadlineKind::CooledDown => {
                let agent = self.agents[order[1] as usize].id.clone();
                if let Some(c) = self.conversation_mut(&of) {
                    c.cooling.retain(|cool| cool.agent != agent);
                }
            }
            DeadlineKind::OfferExpired => self.expire(&of),
            DeadlineKind::AgentLost => {
                self.take_from(&of, order[0] as usize, RequeuedReason::AgentLost);
            }
            DeadlineKind::VisitorLeft => self.end_by(&of, By::VisitorLeft),
            DeadlineKind::HoldOver => self.hold_over(&of),
            DeadlineKind::MaxWait => self.waits_no_longer(&of),
            DeadlineKind::AgentAbsent => self.comes_to_say(order[0] as usize, false, By::Absence),
            DeadlineKind::AgentIdle => self.comes_to_say(order[0] as usize, false, By::Idle),
            DeadlineKind::SeatExpired => {
                // It is there, since it was due.
                let _ = self.release_seat(&of);
            }
        }
    }

    /// On from the fallback as at an arrival there, or rejected.
    fn waits_no_longer(&mut self, id: &str) {
        let Ok(mut c) = self.conversation(id).cloned() else { return };
        let here = c.department;
        let mut passed = c.passed.clone();
        passed.push(here);
        let fallback = self.departments[here].policy.fallback_department_id.clone();
        let next = fallback.and_then(|id| self.department(id.as_str()).ok());
        let why = self.decision(&c, None, c.next_cause);
        self.passed_by.push(why);
        if let Some(next) = next.filter(|next| !passed.contains(next)) {
            c.department = next;
            let seen = self.chose.len();
            let route = self.route(&c, &passed, Prefers::Nobody);
            // It comes to wait there; whoever takes it is chosen when the queues are drained.
            self.chose.truncate(seen);
            if route.refusal().is_none() {
                if let Some(c) = self.conversation_mut(id) {
                    c.passed = route.passed;
                }
                return self.requeue(id, route.department, RequeuedReason::MaxWait);
            }
        }
        self.reject(id, RejectedReason::MaxWait);
    }

    pub(crate) fn due(&self) -> Option<Due> {
        let all = [
            self.agents_lost(),
            self.visitors_left(),
            self.waits_over(),
            self.offers_over(),
            self.pauses_over(),
            self.holds_over(),
            self.set_away(),
            self.seats_over(),
        ];
        all.into_iter().flatten().min()
    }

    fn place_of(&self, agent: &str) -> u64 {
        self.agents.iter().take_while(|a| a.id != agent).count() as u64
    }

    fn agents_lost(&self) -> Vec<Due> {
        let held = self.conversations.iter().filter_map(|c| Some((c, c.holder.as_ref()?)));
        let held = held.filter(|(_, agent)| !self.is_present(agent));
        let lost = held.filter_map(|(c, agent)| {
            let room = &self.departments[c.department];
            let since = self.agents[self.agent(agent).ok()?].present_since;
            let due = since.saturating_add(room.policy.reconnect_grace_ms);
            let order = [c.department as u64, since, self.place_of(agent)];
            (room.policy.on_agent_lost == OnAgentLost::Requeue && !room.deleted)
                .then(|| (due, DeadlineKind::AgentLost, order, agent.clone()))
        });
        lost.collect()
    }

    fn visitors_left(&self) -> Vec<Due> {
        let waiting = self.conversations.iter().filter(|c| c.is_waiting());
        let left = waiting.filter_map(|c| {
            let (_, left_at) = self.gone.iter().find(|(visitor, _)| *visitor == c.visitor)?;
            let since = c.since.max(*left_at);
            let grace = self.departments[c.department].policy.visitor_grace_ms;
            let due = since.saturating_add(grace);
            let order = [c.department as u64, since, c.place];
            Some((due, DeadlineKind::VisitorLeft, order, c.id.clone()))
        });
        left.collect()
    }

    fn waits_over(&self) -> Vec<Due> {
        let waiting = self.conversations.iter().filter(|c| c.is_queued());
        let over = waiting.filter_map(|c| {
            let due = c.since.saturating_add(self.departments[c.department].policy.max_wait_ms?);
            let order = [c.department as u64, c.since, c.place];
            Some((due, DeadlineKind::MaxWait, order, c.id.clone()))
        });
        over.collect()
    }

    fn offers_over(&self) -> Vec<Due> {
        let offered = self.conversations.iter().filter_map(|c| Some((c, c.offer.as_ref()?)));
        let over = offered.map(|(c, offer)| {
            (offer.until, DeadlineKind::OfferExpired, [offer.order, 0, 0], c.id.clone())
        });
        over.collect()
    }

    fn pauses_over(&self) -> Vec<Due> {
        let wraps = self.wrap_ups.iter().map(|wrap| {
            let order = [self.place_of(&wrap.agent), 0, 0];
            (wrap.until, DeadlineKind::WrapUpOver, order, wrap.conversation.clone())
        });
        let all =
            self.conversations.iter().flat_map(|c| c.cooling.iter().map(move |cool| (c, cool)));
        let cooled = all.map(|(c, cool)| {
            let order = [c.place, self.place_of(&cool.agent), 0];
            (cool.until, DeadlineKind::CooledDown, order, c.id.clone())
        });
        wraps.chain(cooled).collect()
    }

    fn holds_over(&self) -> Vec<Due> {
        let held = self.sessions.iter().filter_map(|session| match session.state {
            ModelSessionState::Held { until, .. } => {
                Some((until, DeadlineKind::HoldOver, [0; 3], session.id.clone()))
            }
            _ => None,
        });
        held.collect()
    }

    fn set_away(&self) -> Vec<Due> {
        let online = self.agents.iter().filter(|a| a.online && !a.removed);
        let due = online.filter_map(|a| {
            let since = a.present_since.max(a.said_at);
            let (kind, at) = if !self.is_present(&a.id) {
                (DeadlineKind::AgentAbsent, since.saturating_add(self.config.absent_away_ms?))
            } else if self.is_awake(&a.id) {
                (
                    DeadlineKind::AgentIdle,
                    since.max(a.did_at).saturating_add(self.config.idle_away_ms?),
                )
            } else {
                return None;
            };
            Some((at, kind, [self.place_of(&a.id), 0, 0], a.id.clone()))
        });
        due.collect()
    }
}
