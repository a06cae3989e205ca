//! What happens to sessions, and who is there.

use switchboard_routing::{Person, SessionId};

use super::grown;
use crate::ledger::{Ledger, Left, SessionIs, session};

impl Ledger {
    pub(super) fn attached(&mut self, id: &SessionId, person: &Person) {
        let (who, device) = session(id.as_str());
        match person {
            Person::Agent(_) => {
                let agent = grown(&mut self.agents, who);
                agent.set_session(device, SessionIs::Live);
                agent.left_on_purpose = false;
                self.stir_agent(who);
            }
            Person::Visitor(_) => {
                self.visitor_sessions.insert((who, device), true);
                self.left.remove(&who);
            }
        }
    }

    pub(super) fn set_session(&mut self, id: &SessionId, is: SessionIs) {
        let (who, device) = session(id.as_str());
        if id.as_str().starts_with('v') {
            self.visitor_sessions.insert((who, device), is == SessionIs::Live);
            self.visitor_goes(who);
        } else {
            let (at, agent) = (self.at, grown(&mut self.agents, who));
            let was = agent.is_present();
            agent.set_session(device, is);
            agent.goes(was, at, false);
        }
    }

    pub(super) fn session_ended(&mut self, id: &SessionId) {
        let (who, device) = session(id.as_str());
        if id.as_str().starts_with('v') {
            self.visitor_sessions.remove(&(who, device));
            self.visitor_goes(who);
        } else {
            let (at, agent) = (self.at, grown(&mut self.agents, who));
            let was = agent.is_present();
            agent.sessions.retain(|(own, _)| *own != device);
            agent.goes(was, at, true);
        }
    }

    /// It may have been the last session of a visitor's that was on a socket.
    pub(super) fn visitor_goes(&mut self, visitor: usize) {
        let mut own = self.visitor_sessions.range((visitor, 0)..=(visitor, usize::MAX));
        if !own.any(|(_, live)| *live) {
            let left = Left { at: self.at, position: self.position };
            self.left.entry(visitor).or_insert(left);
        }
    }

    pub(super) fn everybody_is_lost(&mut self) {
        for agent in &mut self.agents {
            for (_, is) in &mut agent.sessions {
                *is = SessionIs::Lost;
            }
            agent.absent_since = self.at;
            agent.left_on_purpose = false;
        }
        // Who was gone before has the full grace again.
        for left in self.left.values_mut() {
            left.at = self.at;
        }
        for ((visitor, _), on_socket) in &mut self.visitor_sessions {
            if std::mem::take(on_socket) {
                let left = Left { at: self.at, position: self.position };
                self.left.insert(*visitor, left);
            }
        }
    }
}
