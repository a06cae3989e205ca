//! What an agent says of itself and its device, and what becomes of a session without a socket.

use std::sync::atomic::Ordering;

use switchboard_protocol::{ErrorCode, OkAnswer, model};
use switchboard_routing::{AgentId, Command, Done, Person, SessionId};

use super::Answered;
use crate::{
    actor::{hello::RESUME_WINDOW_MS, worker::Worker},
    ask::ApiError,
    convert::ToCore,
    seam::Generation,
};

/// What an agent does counts once in so long: once a minute, also where a report comes a little
/// early. Else every second one of somebody who reports each minute would not count.
const ACTIVITY_MS: u64 = 55_000;
/// Where agents are idle sooner than that, so many of their reports count.
const ACTIVITIES_BEFORE_IDLE: u64 = 4;

impl Worker {
    /// A session's socket is gone: it can be resumed for a while, one that sleeps with leave for
    /// as long as that holds and a while more.
    pub(crate) fn lost(&mut self, session_id: &SessionId, generation: Generation) {
        let Some(stream) = self.streams.find_mut(session_id) else { return };
        if stream.generation != generation || stream.link.take().is_none() {
            return;
        }
        let person = stream.person.clone();
        self.live.set_here(session_id, false);
        self.stats.sockets.fetch_sub(1, Ordering::Relaxed);
        self.session_gauge(&person).decrement(1);
        let now = self.now();
        let from = self.held_until(session_id).map_or(now, |held| held.max(now));
        let until = from.plus_ms(RESUME_WINDOW_MS);
        self.expiring.insert((until, session_id.clone(), generation));
        self.step_as_engine(Command::LoseSession { session_id: session_id.clone() });
        self.bound_sessions(&person);
    }

    pub(super) fn set_own_availability(
        &mut self,
        session: &SessionId,
        agent: &AgentId,
        availability: model::Availability,
    ) -> Answered {
        let Some(said) = availability.to_core() else {
            return Err(ApiError::new(ErrorCode::BadMessage, "availability is online or away"));
        };
        let command = Command::SetAvailability { agent_id: agent.clone(), availability: said };
        let step = self.ask_core(session, &Person::Agent(agent.clone()), command)?;
        let answer = OkAnswer { availability: Some(availability), ..OkAnswer::default() };
        Ok((answer, Some(step)))
    }

    /// Lets a session sleep with leave.
    pub(super) fn hold(&mut self, session: &SessionId, agent: &AgentId, hold_ms: u64) -> Answered {
        let command = Command::HoldSession { session_id: session.clone(), hold_ms };
        let step = self.ask_core(session, &Person::Agent(agent.clone()), command)?;
        let held_until = match &step.done {
            Done::HeldUntil(until) => Some(until.0),
            Done::Done | Done::Conversation(_) | Done::Existing(_) => None,
        };
        Ok((OkAnswer { held_until, ..OkAnswer::default() }, Some(step)))
    }

    /// Notes that an agent does something, where that was not noted just now.
    pub(super) fn report_activity(&mut self, session: &SessionId, agent: &AgentId) -> Answered {
        let (now, person) = (self.now(), Person::Agent(agent.clone()));
        let streams = self.streams.of(&person).iter().filter_map(|id| self.streams.find(id));
        let last = streams.filter_map(|stream| stream.active_at).max();
        let idle_ms = self.core.config().idle_away_ms.unwrap_or(u64::MAX);
        let every_ms = ACTIVITY_MS.min(idle_ms / ACTIVITIES_BEFORE_IDLE);
        if last.is_some_and(|last| now.since_ms(last) < every_ms) {
            return Ok((OkAnswer::default(), None));
        }
        if let Some(stream) = self.streams.find_mut(session) {
            stream.active_at = Some(now);
        }
        self.plain(session, &person, Command::ReportActivity { agent_id: agent.clone() })
    }
}
