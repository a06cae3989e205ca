//! Conversations.

use std::sync::Arc;

use switchboard_journal::{ArchiveFilter, Details, Ended, PersonalChange};
use switchboard_protocol::{
    ErrorCode, VisitorClaims, http,
    model::{self, ConversationState},
};
use switchboard_routing::{
    Command, Conversation, ConversationId, Done, OpenConversation, Person, VisitorId,
};

use super::{Answered, Rights, agents::unique, departments::next_cursor};
use crate::{
    actor::{
        opening::{Content, too_many_opens},
        worker::Worker,
    },
    ask::{Answer, ApiError, ConversationFilter, PageQuery},
    auth,
    convert::{Reader, ToCore, attributes_from_wire, event_of},
    ids,
    registry::bad_cursor,
};

impl Worker {
    pub(super) fn conversations(
        &self,
        rights: &Rights,
        filter: &ConversationFilter,
        page: &PageQuery,
    ) -> Result<Answer, ApiError> {
        let after = match &page.cursor {
            None => 0,
            Some(cursor) => cursor.parse::<u64>().map_err(|_| bad_cursor())?,
        };
        let mut found = self.listed_after(rights, filter, after, page.limit + 1);
        let next_cursor = next_cursor(&mut found, page.limit, |listed| listed.place().to_string());
        let view = self.view();
        let shown = |listed: &Listed<'_>| match listed {
            Listed::Active(active) => view.conversation(active, Reader::Staff),
            Listed::Ended(ended) => view.ended(ended, Reader::Staff),
        };
        let items = found.iter().map(shown).collect();
        Ok(Answer::ok(http::Page::<model::Conversation> { items, next_cursor }))
    }

    /// The oldest of those that a caller may see and asked for, open and ended; none is rendered
    /// yet.
    fn listed_after(
        &self,
        rights: &Rights,
        filter: &ConversationFilter,
        after: u64,
        wanted: usize,
    ) -> Vec<Listed<'_>> {
        let archived = archive_filter(filter);
        let mut found: Vec<Listed<'_>> = Vec::new();
        if !is_ended(filter.state) {
            let asked_for = |c: &&Conversation| c.number > after && archived.admits(c);
            let active = self.core.conversations().filter(asked_for);
            found.extend(active.filter(|c| self.may_see(rights, c)).map(Listed::Active));
        }
        if is_ended(filter.state) || filter.state.is_none() {
            let passes = |c: &Conversation| self.may_see(rights, c);
            let ended = self.ended_after(&archived, after, wanted, passes);
            found.extend(ended.into_iter().map(Listed::Ended));
        }
        oldest(&mut found, wanted, Listed::place);
        found
    }

    pub(super) fn may_see(&self, rights: &Rights, conversation: &Conversation) -> bool {
        rights.admin || rights.agent.as_ref().is_some_and(|a| self.agent_sees(a, conversation))
    }

    pub(super) fn conversation(&self, rights: &Rights, id: &str) -> Result<Answer, ApiError> {
        let (id, view) = (ConversationId::from(id), self.view());
        let hidden = || ApiError::not_found("conversation");
        if let Some(active) = self.core.conversation(id.as_str()) {
            if !self.may_see(rights, active) {
                return Err(hidden());
            }
            let records = self.histories.get(&id).map(Vec::as_slice).unwrap_or_default();
            let conversation = Arc::new(view.conversation(active, Reader::Staff));
            let history = self.history(records);
            return Ok(Answer::ok(http::ConversationDetail { conversation, history }));
        }
        let ended = self.ended(&id).ok_or_else(hidden)?;
        if !self.may_see(rights, &ended.conversation) {
            return Err(hidden());
        }
        let conversation = Arc::new(view.ended(&ended, Reader::Staff));
        let history = self.history(&ended.history);
        Ok(Answer::ok(http::ConversationDetail { conversation, history }))
    }

    fn history(&self, records: &[Arc<switchboard_routing::Record>]) -> Vec<model::Event> {
        let public =
            |record: &Arc<switchboard_routing::Record>| event_of(record, self.public_ids());
        records.iter().filter_map(public).collect()
    }

    pub(super) fn open_for(
        &mut self,
        rights: &Rights,
        request: http::OpenConversation,
    ) -> Answered {
        rights.admin()?;
        let visitor = request.visitor.clone().unwrap_or_default();
        let visitor_id = self.visitor_for(&visitor)?;
        let key = request.key.as_deref().map(|key| self.key(key, &Content::from(&request)));
        let repeat = self.archived_repeat(&visitor_id, key.as_ref())?;
        if repeat.is_none() && !self.knows_key(&visitor_id, key.as_ref()) {
            let now = self.clock.now_ms();
            self.opens.take_of_workspace(now).map_err(too_many_opens)?;
        }
        let open = Command::OpenConversation(OpenConversation {
            conversation_id: ids::fresh("cnv").into(),
            visitor_id: visitor_id.clone(),
            department_id: request.department_id.map(Into::into),
            priority: request.priority.unwrap_or(0),
            skills: unique(request.skills.unwrap_or_default()),
            key,
        });
        let details = Details {
            attributes: request.attributes.map(attributes_from_wire).unwrap_or_default(),
            external_id: request.external_id,
            comment: None,
        };
        let step = match repeat {
            Some(repeat) => repeat,
            None => self.open_with(rights.origin.clone(), None, open, details)?,
        };
        self.know_visitor(&visitor_id, visitor);
        self.load_visitor(&visitor_id);
        let (Done::Conversation(id) | Done::Existing(id)) = &step.done else {
            return Err(ApiError::new(ErrorCode::Internal, "the open came to nothing"));
        };
        let conversation = self.shown(id, Reader::Staff);
        let conversation = conversation.ok_or_else(|| ApiError::not_found("conversation"))?;
        let now = self.node.clock.now_ms();
        let secret = &self.entry.token_secret;
        let visitor_token =
            auth::mint_visitor_token(self.id.as_str(), secret, visitor_id.as_str(), now);
        let opened = http::OpenedConversation { conversation, visitor_token };
        let status = if matches!(step.done, Done::Existing(_)) { 200 } else { 201 };
        Ok((Answer::new(status, opened), Some(step)))
    }

    /// The visitor for whom a back end opens: by id, by its own id for it, or a new one.
    fn visitor_for(&self, visitor: &http::OpenVisitor) -> Result<VisitorId, ApiError> {
        if let Some(id) = &visitor.id {
            let id = VisitorId::from(id.as_str());
            return if self.knows(&id) { Ok(id) } else { Err(ApiError::not_found("visitor")) };
        }
        let external = visitor.external_id.as_ref();
        let known = external.and_then(|external| self.vouched(external));
        Ok(known.unwrap_or_else(|| ids::fresh("vis").into()))
    }

    /// Whether a visitor was ever heard of: there now or lately, with something open, or kept.
    pub(super) fn knows(&self, id: &VisitorId) -> bool {
        let person = Person::Visitor(id.clone());
        self.visitor(id).is_some()
            || self.core.is_here(&person)
            || !self.streams.of(&person).is_empty()
            || self.core.opened_by(id.as_str()).next().is_some()
    }

    /// What a visitor said of itself in its last hello.
    fn claims_of(&self, id: &VisitorId) -> Option<VisitorClaims> {
        let sessions = self.streams.of(&Person::Visitor(id.clone()));
        let streams = sessions.iter().filter_map(|session| self.streams.find(session));
        streams.max_by_key(|stream| stream.number)?.claims.clone()
    }

    /// Keeps what a back end says of a visitor: it is vouched for. What the visitor said before
    /// anything was kept of it is kept too.
    fn know_visitor(&mut self, id: &VisitorId, said: http::OpenVisitor) {
        if self.visitor(id).is_none()
            && let Some(claims) = self.claims_of(id)
        {
            self.remember_visitor(id, &claims, None);
        }
        let known = self.visitor(id).map(|known| (*known).clone());
        let mut profile = known.clone().unwrap_or_default();
        profile.name = said.name.or(profile.name);
        profile.email = said.email.or(profile.email);
        profile.vouched |= said.external_id.is_some();
        profile.external_id = said.external_id.or(profile.external_id);
        if known.as_ref() != Some(&profile) {
            self.change(PersonalChange::Visitor(id.clone(), profile));
        }
    }
}

/// A conversation in a list, before it is rendered.
enum Listed<'w> {
    Active(&'w Conversation),
    Ended(Arc<Ended>),
}

impl Listed<'_> {
    fn place(&self) -> u64 {
        match self {
            Self::Active(active) => active.number,
            Self::Ended(ended) => ended.conversation.number,
        }
    }
}

/// Leaves so many with the smallest places, in their order, without sorting all the others.
fn oldest<T>(items: &mut Vec<T>, wanted: usize, place: impl Fn(&T) -> u64) {
    if wanted < items.len() {
        items.select_nth_unstable_by_key(wanted, &place);
        items.truncate(wanted);
    }
    items.sort_unstable_by_key(place);
}

fn is_ended(state: Option<ConversationState>) -> bool {
    matches!(state, Some(ConversationState::Closed | ConversationState::Rejected))
}

fn archive_filter(filter: &ConversationFilter) -> ArchiveFilter {
    ArchiveFilter {
        state: filter.state.and_then(ToCore::to_core),
        department_id: filter.department_id.clone(),
        agent_id: filter.agent_id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_left_in_their_order() {
        for (wanted, expected) in
            [(0, &[][..]), (2, &[1, 3]), (5, &[1, 3, 4, 7, 9]), (9, &[1, 3, 4, 7, 9])]
        {
            let mut places = vec![7, 3, 9, 1, 4];
            oldest(&mut places, wanted, |place| *place);
            assert_eq!(places, expected);
        }
    }
}
