//! Agents.

use switchboard_journal::{AgentProfile, PersonalChange};
use switchboard_protocol::{ErrorCode, http, model};
use switchboard_routing::{AgentId, Command, DEFAULT_CAPACITY, MAX_CAPACITY, Role};

use super::{Answered, Rights, departments::next_cursor, forbidden};
use crate::{
    actor::worker::Worker,
    ask::{Answer, ApiError, PageQuery},
    auth::PasswordHash,
    convert::ToCore,
    ids,
    registry::bad_cursor,
};

impl Worker {
    pub(super) fn agents(&self, rights: &Rights, page: &PageQuery) -> Result<Answer, ApiError> {
        let later = self.core.agents_after(page.cursor.as_deref()).ok_or_else(bad_cursor)?;
        let (view, later) = (self.view(), later.take(page.limit + 1));
        if rights.admin {
            let mut items: Vec<model::Agent> = later.map(|agent| view.agent(agent)).collect();
            let next_cursor = next_cursor(&mut items, page.limit, |agent| agent.id.clone());
            return Ok(Answer::ok(http::Page { items, next_cursor }));
        }
        let mut items: Vec<model::AgentSummary> =
            later.map(|agent| view.agent_summary(agent)).collect();
        let next_cursor = next_cursor(&mut items, page.limit, |agent| agent.id.clone());
        Ok(Answer::ok(http::Page { items, next_cursor }))
    }

    pub(super) fn agent(&self, rights: &Rights, id: &str) -> Result<Answer, ApiError> {
        if !rights.admin && !rights.is(id) {
            return Err(self.hidden_agent(id));
        }
        Ok(Answer::ok(self.shown_agent(id)?))
    }

    pub(super) fn me(&self, rights: &Rights) -> Result<Answer, ApiError> {
        let own = rights.agent.as_ref();
        let own = own.ok_or_else(|| ApiError::not_found("agent: the root key is nobody's own"))?;
        Ok(Answer::ok(self.shown_agent(own.as_str())?))
    }

    pub(super) fn shown_agent(&self, id: &str) -> Result<model::Agent, ApiError> {
        let agent = self.core.agent(id).ok_or_else(|| ApiError::not_found("agent"))?;
        Ok(self.view().agent(agent))
    }

    /// Colleagues are seen in the list, not each in full.
    fn hidden_agent(&self, id: &str) -> ApiError {
        if self.core.agent(id).is_some() { forbidden() } else { ApiError::not_found("agent") }
    }

    pub(super) fn create_agent(&mut self, rights: &Rights, request: http::CreateAgent) -> Answered {
        rights.admin()?;
        self.check_email(&request.email, None)?;
        let id = request.id.unwrap_or_else(|| ids::fresh("agt"));
        let departments = request.department_ids.unwrap_or_default();
        let invite_id = self.pending_for(&request.email);
        let add = Command::AddAgent {
            agent_id: id.as_str().into(),
            role: request.role.and_then(ToCore::to_core).unwrap_or(Role::Agent),
            capacity: checked_capacity(request.capacity.unwrap_or(DEFAULT_CAPACITY))?,
            skills: unique(request.skills.unwrap_or_default()),
            department_ids: departments.into_iter().map(Into::into).collect(),
            // Who was invited is here now: it takes the seat that was kept for it.
            invite_id: invite_id.clone(),
        };
        let profile = AgentProfile {
            email: request.email,
            name: request.name,
            external_id: request.external_id,
            avatar_url: None,
        };
        let step = self.carry_out_for(rights.origin.clone(), add)?;
        self.change(PersonalChange::Agent(id.as_str().into(), profile));
        if let Some(invite_id) = invite_id {
            self.end_invite(&invite_id, &id.as_str().into());
        }
        Ok((Answer::created(self.shown_agent(&id)?), Some(step)))
    }

    pub(super) fn check_email(&self, email: &str, of: Option<&AgentId>) -> Result<(), ApiError> {
        match self.profiles.agent_of(email) {
            Some(other) if Some(other) != of => {
                let detail = "an agent of this workspace has this address";
                Err(ApiError::new(ErrorCode::AlreadyMember, detail))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn patch_agent(
        &mut self,
        rights: &Rights,
        id: &str,
        patch: http::PatchAgent,
        password: Option<PasswordHash>,
    ) -> Answered {
        if !rights.admin && !rights.is(id) {
            return Err(self.hidden_agent(id));
        }
        if !rights.admin && !only_own_fields(&patch) {
            let detail = "an agent changes its own name, avatar_url and password; the rest is an \
                          admin's";
            return Err(ApiError::new(ErrorCode::Forbidden, detail));
        }
        let agent_id = self.core.agent(id).map(|agent| agent.id.clone());
        let agent_id = agent_id.ok_or_else(|| ApiError::not_found("agent"))?;
        if let Some(email) = &patch.email {
            self.check_email(email, Some(&agent_id))?;
        }
        let capacity = match &patch.capacity {
            http::Patch::Keep => None,
            http::Patch::Clear => Some(DEFAULT_CAPACITY),
            http::Patch::Set(capacity) => Some(checked_capacity(*capacity)?),
        };
        let update = Command::UpdateAgent {
            agent_id: agent_id.clone(),
            role: patch.role.and_then(ToCore::to_core),
            capacity,
            skills: list(&patch.skills).map(unique),
            department_ids: list(&patch.department_ids)
                .map(|ids| ids.into_iter().map(Into::into).collect()),
        };
        let step = self.carry_out_for(rights.origin_for(id), update)?;
        self.patch_profile(&agent_id, patch);
        if let Some(password) = password {
            self.set_password(rights, id, &password);
        }
        Ok((Answer::ok(self.shown_agent(id)?), Some(step)))
    }

    fn patch_profile(&mut self, id: &AgentId, patch: http::PatchAgent) {
        let old = self.profiles.agents.get(id).map(|profile| (**profile).clone());
        let mut profile = old.clone().unwrap_or_default();
        profile.email = patch.email.unwrap_or(profile.email);
        profile.name = patch.name.unwrap_or(profile.name);
        patch.external_id.apply(&mut profile.external_id);
        patch.avatar_url.apply(&mut profile.avatar_url);
        if old.as_ref() != Some(&profile) {
            self.change(PersonalChange::Agent(id.clone(), profile));
            self.live.changed(id);
        }
    }

    pub(super) fn delete_agent(&mut self, rights: &Rights, id: &str) -> Answered {
        rights.admin()?;
        let remove = Command::RemoveAgent { agent_id: id.into() };
        let step = self.carry_out_for(rights.origin.clone(), remove)?;
        self.change(PersonalChange::AgentLeft(id.into()));
        Ok((Answer::empty(), Some(step)))
    }

    pub(super) fn set_availability(
        &mut self,
        rights: &Rights,
        id: &str,
        said: model::Availability,
    ) -> Answered {
        if !rights.admin && !rights.is(id) {
            return Err(self.hidden_agent(id));
        }
        let Some(availability) = said.to_core() else {
            let detail = "availability: online or away";
            return Err(ApiError::new(ErrorCode::BadRequest, detail));
        };
        let set = Command::SetAvailability { agent_id: id.into(), availability };
        let step = self.carry_out_for(rights.origin_for(id), set)?;
        Ok((Answer::ok(self.shown_agent(id)?), Some(step)))
    }
}

fn checked_capacity(capacity: u32) -> Result<u32, ApiError> {
    if capacity > MAX_CAPACITY {
        let detail = format!("capacity: not in 0 … {MAX_CAPACITY}");
        return Err(ApiError::new(ErrorCode::BadRequest, detail));
    }
    Ok(capacity)
}

/// Every skill once, where it stands first.
pub(super) fn unique(mut skills: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    skills.retain(|skill| seen.insert(skill.clone()));
    skills
}

/// A list of a PATCH: null is the empty one.
fn list(patch: &http::Patch<Vec<String>>) -> Option<Vec<String>> {
    match patch {
        http::Patch::Keep => None,
        http::Patch::Clear => Some(Vec::new()),
        http::Patch::Set(list) => Some(list.clone()),
    }
}

/// Whether nothing is to change but what an agent may change of itself.
fn only_own_fields(patch: &http::PatchAgent) -> bool {
    patch.email.is_none()
        && patch.role.is_none()
        && patch.department_ids.is_keep()
        && patch.capacity.is_keep()
        && patch.skills.is_keep()
        && patch.external_id.is_keep()
}
