//! Agents' tokens: renewed in band, warned of, and over.

use switchboard_protocol::{CloseCode, ErrorCode, OkAnswer, ServerMessage, TokenExpiring};
use switchboard_routing::{Person, SessionId, Timestamp};
use tokio::time::Instant;

use super::{requests::Ref, worker::Worker};
use crate::{
    ask::ApiError,
    seam::{Claims, Generation, LatestKind, SharedMessage, ToConnection},
};

/// An agent is warned so long before its token ends.
const TOKEN_WARNING_MS: u64 = 60_000;

impl Worker {
    /// Notes when a session's token ends.
    pub(crate) fn set_expiry(&mut self, session_id: &SessionId, at: Timestamp) {
        let Some(stream) = self.streams.find_mut(session_id) else { return };
        if let Some(old) = stream.expires_at.replace(at) {
            self.tokens.remove(&(old, session_id.clone()));
            self.warnings.remove(&(warning(old), session_id.clone()));
        }
        self.tokens.insert((at, session_id.clone()));
        self.warnings.insert((warning(at), session_id.clone()));
    }

    /// A token of the same person takes the place of the session's own.
    pub(crate) fn renewed(
        &mut self,
        session_id: &SessionId,
        generation: Generation,
        reference: Option<i64>,
        claims: Claims,
    ) {
        let Some(person) = self.asked_first(session_id, generation, reference) else { return };
        let answered = match (&person, claims) {
            (Person::Agent(own), Claims::Agent { agent_id, expires_at, proof })
                if *own == agent_id && self.holds(&agent_id, &proof) =>
            {
                self.set_expiry(session_id, Timestamp(expires_at));
                if let Some(stream) = self.streams.find_mut(session_id) {
                    stream.proof = Some(proof);
                }
                Ok((OkAnswer { expires_at: Some(expires_at), ..OkAnswer::default() }, None))
            }
            // Nothing of a visitor's ends with its token: it is only let in by it.
            (Person::Visitor(own), Claims::Visitor { visitor_id, expires_at, .. })
                if *own == visitor_id =>
            {
                Ok((OkAnswer { expires_at: Some(expires_at), ..OkAnswer::default() }, None))
            }
            _ => Err(ApiError::new(
                ErrorCode::Unauthenticated,
                "this token is somebody else's, or holds no longer",
            )),
        };
        let asked = reference.map(|number| Ref { number, lasts: true });
        self.reply(session_id, asked, answered, Instant::now());
    }

    /// Warns of tokens that end, and closes the sockets of those that ended.
    pub(crate) fn check_tokens(&mut self) {
        let now = self.node.clock.now();
        while let Some((at, session_id)) = self.warnings.pop_first() {
            if at > now {
                self.warnings.insert((at, session_id));
                break;
            }
            let expires_at = at.plus_ms(TOKEN_WARNING_MS).0;
            let warning = TokenExpiring { expires_at };
            let message = ServerMessage::TokenExpiring(warning);
            let message = SharedMessage::new(message);
            self.send_latest(&session_id, LatestKind::TokenExpiring, &message);
        }
        while let Some((at, session_id)) = self.tokens.pop_first() {
            if at > now {
                self.tokens.insert((at, session_id));
                break;
            }
            let Some(stream) = self.streams.find(&session_id) else { continue };
            let (link, generation) = (stream.link.clone(), stream.generation);
            if let Some(link) = link {
                self.deliver(&link, ToConnection::Close(CloseCode::TokenExpired));
                self.lost(&session_id, generation);
            }
        }
    }
}

/// When an agent is warned of its token's end.
pub(crate) fn warning(expires_at: Timestamp) -> Timestamp {
    Timestamp(expires_at.0.saturating_sub(TOKEN_WARNING_MS))
}
