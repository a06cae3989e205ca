//! Opening: how a visitor's conversation comes to be, and what is kept of who opened it.

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest, Sha256};
use switchboard_journal::{Details, PersonalChange, VisitorProfile};
use switchboard_protocol::{
    ConversationOpen, ErrorCode, OkAnswer, VisitorClaims, http, model::Attributes,
};
use switchboard_routing::{
    Command, ConversationId, Done, Key, OpenConversation, Origin, Person, Refusal, SessionId,
    VisitorId,
};

use super::{
    requests::Answered,
    worker::{Step, Worker},
};
use crate::{
    ask::ApiError,
    auth,
    convert::{Reader, attributes_from_wire, refused},
    ids,
    rate_limit::RateExceeded,
    seam::{Claims, Identity},
};

impl Worker {
    pub(super) fn open(
        &mut self,
        session: &SessionId,
        visitor: &VisitorId,
        open: ConversationOpen,
    ) -> Answered {
        let key = open.key.as_deref().map(|key| self.key(key, &Content::from(&open)));
        let repeat = self.archived_repeat(visitor, key.as_ref())?;
        if repeat.is_none() && !self.knows_key(visitor, key.as_ref()) {
            self.may_open(visitor)?;
        }
        let id = ConversationId::from(ids::fresh("cnv"));
        let command = Command::OpenConversation(OpenConversation {
            conversation_id: id.clone(),
            visitor_id: visitor.clone(),
            department_id: open.department_id.map(Into::into),
            priority: 0,
            skills: Vec::new(),
            key,
        });
        let details = Details {
            attributes: open.attributes.map(attributes_from_wire).unwrap_or_default(),
            external_id: open.external_id,
            comment: None,
        };
        let origin = Self::origin_of(&Person::Visitor(visitor.clone()));
        let step = match repeat {
            Some(repeat) => repeat,
            None => self.open_with(origin, Some(session), command, details)?,
        };
        if let Done::Conversation(_) = step.done
            && let Some(stream) = self.streams.find(session)
            && let Some(claims) = stream.claims.clone()
        {
            let identity = stream.identity.clone();
            self.remember_visitor(visitor, &claims, identity.as_ref());
        }
        self.load_visitor(visitor);
        let opened = match &step.done {
            Done::Conversation(id) | Done::Existing(id) => id.clone(),
            Done::Done | Done::HeldUntil(_) => id,
        };
        let conversation = self.shown(&opened, Reader::Visitor);
        if let Some(position) = conversation.as_ref().and_then(|shown| shown.position) {
            self.answered_position(visitor, &opened, position);
        }
        Ok((OkAnswer { conversation, ..OkAnswer::default() }, Some(step)))
    }

    /// Opens, with what the host attached in the same transaction. Where the open was rejected
    /// or is a repeat that the core knows, that is settled here too.
    pub(crate) fn open_with(
        &mut self,
        origin: Origin,
        session: Option<&SessionId>,
        command: Command,
        details: Details,
    ) -> Result<Step, ApiError> {
        let Command::OpenConversation(open) = &command else {
            return Err(ApiError::new(ErrorCode::Internal, "not an open"));
        };
        let id = open.conversation_id.clone();
        // Before the step: what ends in it goes to the archive with its details.
        let attached = details != Details::default();
        if attached {
            self.profiles.apply(&PersonalChange::Conversation(id.clone(), details.clone()));
        }
        let step = self.step(origin, session, command);
        let opened = matches!(&step, Ok(Step { done: Done::Conversation(_), .. }));
        if attached && opened {
            self.attach_details(&id, details);
            if self.core.conversation(id.as_str()).is_none() {
                // It was rejected at once: what was attached is written all the same.
                self.change(PersonalChange::Archived(id));
            }
        } else if attached {
            self.profiles.apply(&PersonalChange::Archived(id));
        }
        step.map_err(refused)
    }

    /// An idempotency key as it is kept: what a host chose as a key may say who somebody is, and a
    /// log is never rewritten.
    pub(crate) fn key(&self, key: &str, content: &Content<'_>) -> Key {
        Key { key: self.public_ids().key(key).into(), fingerprint: content.fingerprint() }
    }

    /// Whether the core knows this key of a visitor's.
    pub(crate) fn knows_key(&self, visitor: &VisitorId, key: Option<&Key>) -> bool {
        key.is_some_and(|key| self.core.knows_key(visitor, &key.key))
    }

    /// What comes of an open whose key the archive alone knows still; none: the core is to be
    /// asked.
    pub(crate) fn archived_repeat(
        &self,
        visitor: &VisitorId,
        key: Option<&Key>,
    ) -> Result<Option<Step>, ApiError> {
        let forgotten = key.filter(|_| !self.knows_key(visitor, key));
        let kept = forgotten.and_then(|key| Some((key, self.keyed(visitor, &key.key)?)));
        let Some((key, kept)) = kept else { return Ok(None) };
        if kept.fingerprint != key.fingerprint {
            return Err(refused(Refusal::KeyReused));
        }
        Ok(Some(Step::nothing(Done::Existing(kept.conversation_id))))
    }

    /// Refuses a visitor who has too many open, or opens too often. Taking one in again is opening
    /// it: agents are asked the same.
    pub(super) fn may_open(&mut self, visitor: &VisitorId) -> Result<(), ApiError> {
        self.may_have_one_more(visitor)?;
        self.opens.take(visitor, self.clock.now_ms()).map_err(too_many_opens)
    }

    /// Refuses a visitor who has as many conversations open as it may.
    fn may_have_one_more(&self, visitor: &VisitorId) -> Result<(), ApiError> {
        let open = self.core.opened_by(visitor.as_str()).count();
        if self.opens.open_conversations.is_some_and(|most| open >= most as usize) {
            let message = "this visitor has as many open conversations as are allowed";
            return Err(ApiError::new(ErrorCode::Conflict, message));
        }
        Ok(())
    }

    /// Keeps what a visitor said of itself, or its host of it, from its first conversation on.
    pub(crate) fn remember_visitor(
        &mut self,
        visitor: &VisitorId,
        claims: &VisitorClaims,
        identity: Option<&Identity>,
    ) {
        let known = self.visitor(visitor).map(|known| (*known).clone());
        let profile = known.clone().unwrap_or_default();
        let profile = match identity {
            Some(identity) => verified(profile, identity),
            None => merged(profile, claims),
        };
        if known.as_ref() != Some(&profile) {
            self.change(PersonalChange::Visitor(visitor.clone(), profile));
        }
    }

    /// Notes what a visitor says of itself, or its host of it, where anything is kept of it.
    pub(crate) fn update_visitor(
        &mut self,
        visitor: &VisitorId,
        claims: &VisitorClaims,
        identity: Option<&Identity>,
    ) {
        if self.visitor(visitor).is_some() {
            self.remember_visitor(visitor, claims, identity);
        }
    }

    /// Whom a visitor's host says that it is: the visitor whom the host knows by that id; else the
    /// one of its token, if it has opened something and is nobody's yet; else one that is always
    /// the same for that id. So a person is one visitor on all of its devices, and what it did
    /// before it signed in stays with it.
    pub(super) fn identify(&self, claims: &mut Claims) {
        let Claims::Visitor { visitor_id, identity: Some(identity), token, expires_at, .. } =
            claims
        else {
            return;
        };
        let anonymous = |id: &VisitorId| {
            let known = self.visitor(id);
            known.is_some_and(|known| !known.verified && !known.vouched)
        };
        let external_id = &identity.external_id;
        let id = match self.vouched(external_id) {
            Some(known) => known,
            None if anonymous(visitor_id) => visitor_id.clone(),
            None => VisitorId::from(self.public_ids().visitor(external_id)),
        };
        if id != *visitor_id {
            let now_ms = self.node.clock.now_ms();
            let (workspace, secret) = (self.id.as_str(), &self.entry.token_secret);
            *token = auth::mint_visitor_token(workspace, secret, id.as_str(), now_ms);
            *expires_at = now_ms.saturating_add(auth::VISITOR_TOKEN_TTL_MS);
            *visitor_id = id;
        }
    }
}

/// What is known of a visitor, as its host signed it: nothing of what it said before counts.
fn verified(profile: VisitorProfile, identity: &Identity) -> VisitorProfile {
    VisitorProfile {
        name: identity.name.clone().or(profile.name.filter(|_| profile.verified)),
        email: identity.email.clone().or(profile.email.filter(|_| profile.verified)),
        external_id: Some(identity.external_id.clone()),
        vouched: true,
        verified: true,
    }
}

/// What is known of a visitor, with what it says now.
fn merged(mut profile: VisitorProfile, claims: &VisitorClaims) -> VisitorProfile {
    if profile.verified {
        // A signed identity is not overwritten by anybody's word.
        return profile;
    }
    let take = |field: &mut Option<String>, said: &Option<String>| {
        if said.is_some() {
            field.clone_from(said);
        }
    };
    take(&mut profile.name, &claims.name);
    take(&mut profile.email, &claims.email);
    if !profile.vouched {
        take(&mut profile.external_id, &claims.external_id);
    }
    profile
}

/// What a caller is told who opens too often.
pub(crate) fn too_many_opens(exceeded: RateExceeded) -> ApiError {
    let error = ApiError::new(ErrorCode::RateLimited, "too many conversations are being opened");
    ApiError { retry_after_ms: Some(exceeded.retry_after_ms), ..error }
}

/// What an open asks for, in the one form that a key's repeats are compared in, whichever way
/// they come: what is not said is what it stands for.
#[derive(Default, Serialize)]
pub(crate) struct Content<'o> {
    department_id: Option<&'o str>,
    attributes: Option<&'o Attributes>,
    external_id: Option<&'o str>,
    priority: i32,
    skills: BTreeSet<&'o str>,
}

impl<'o> From<&'o ConversationOpen> for Content<'o> {
    fn from(open: &'o ConversationOpen) -> Self {
        Self {
            department_id: open.department_id.as_deref(),
            attributes: said(open.attributes.as_ref()),
            external_id: open.external_id.as_deref(),
            ..Self::default()
        }
    }
}

impl<'o> From<&'o http::OpenConversation> for Content<'o> {
    fn from(open: &'o http::OpenConversation) -> Self {
        Self {
            department_id: open.department_id.as_deref(),
            attributes: said(open.attributes.as_ref()),
            external_id: open.external_id.as_deref(),
            priority: open.priority.unwrap_or_default(),
            skills: open.skills.iter().flatten().map(String::as_str).collect(),
        }
    }
}

impl Content<'_> {
    /// A digest of it, the same on every machine and in every release.
    pub(crate) fn fingerprint(&self) -> u64 {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        let digest = Sha256::digest(&bytes);
        digest.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }
}

/// No attributes are as good as none said.
fn said(attributes: Option<&Attributes>) -> Option<&Attributes> {
    attributes.filter(|attributes| !attributes.0.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skilled(skills: &[&str]) -> http::OpenConversation {
        let skills = skills.iter().map(|skill| String::from(*skill)).collect();
        http::OpenConversation { skills: Some(skills), ..http::OpenConversation::default() }
    }

    fn of(open: &http::OpenConversation) -> u64 {
        Content::from(open).fingerprint()
    }

    #[test]
    fn one_content_has_one_fingerprint_whichever_way_it_comes() {
        let nothing = Content::from(&ConversationOpen::default()).fingerprint();
        assert_eq!(of(&http::OpenConversation::default()), nothing);
        let spelled = http::OpenConversation {
            priority: Some(0),
            attributes: Some(Attributes::default()),
            ..skilled(&[])
        };
        assert_eq!(of(&spelled), nothing);
        assert_eq!(of(&skilled(&["b", "a", "b"])), of(&skilled(&["a", "b"])));
        let urgent = http::OpenConversation { priority: Some(1), ..skilled(&[]) };
        for other in [urgent, skilled(&["a"])] {
            assert_ne!(of(&other), nothing);
        }
    }
}
