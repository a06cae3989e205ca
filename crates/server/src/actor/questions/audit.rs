//! Who changed what: noted with the change, in the same transaction, and read back.
//!
//! What is noted are the fields that people set, as they were and as they are. No secret is among
//! them: of keys and passwords it is noted that they changed. What agents do with conversations and
//! say of their own availability is no change of the workspace: the feed of events has it.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use switchboard_journal::{AuditEntry, PersonalChange};
use switchboard_protocol::{http, model};
use switchboard_routing::ConversationId;

use super::{Answered, Rights};
use crate::{
    actor::worker::Worker,
    ask::{Answer, ApiError, PageQuery},
    convert::{Reader, ToWire},
    registry::bad_cursor,
};

/// What kind of thing a change was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::actor) enum Target {
    Workspace,
    Department,
    Agent,
    Conversation,
    Invite,
    ApiKey,
    PublicKey,
    Visitor,
}

impl Target {
    fn as_str(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Department => "department",
            Self::Agent => "agent",
            Self::Conversation => "conversation",
            Self::Invite => "invite",
            Self::ApiKey => "api_key",
            Self::PublicKey => "public_key",
            Self::Visitor => "visitor",
        }
    }
}

type Fields = Map<String, Value>;

impl Worker {
    /// Does something, and notes what of its target is otherwise then. Where nothing is, nothing
    /// is noted.
    pub(super) fn audited(
        &mut self,
        rights: &Rights,
        action: &'static str,
        target: Target,
        id: &str,
        act: impl FnOnce(&mut Self) -> Answered,
    ) -> Answered {
        self.audited_if(rights, Some(action), target, id, act)
    }

    /// The same, where there is something to call it; else it is just done.
    pub(super) fn audited_if(
        &mut self,
        rights: &Rights,
        action: Option<&'static str>,
        target: Target,
        id: &str,
        act: impl FnOnce(&mut Self) -> Answered,
    ) -> Answered {
        let Some(action) = action else { return act(self) };
        let before = self.fields_of(target, id);
        let answered = act(self)?;
        let after = self.fields_of(target, id);
        if before != after {
            self.note(rights, action, target, id, before, after);
        }
        Ok(answered)
    }

    /// Notes a change of a secret, of which nothing is shown.
    pub(super) fn note_secret(
        &mut self,
        rights: &Rights,
        action: &'static str,
        target: Target,
        id: &str,
    ) {
        self.note(rights, action, target, id, None, None);
    }

    /// Notes a change.
    pub(super) fn note(
        &mut self,
        rights: &Rights,
        action: &'static str,
        target: Target,
        id: &str,
        before: Option<Fields>,
        after: Option<Fields>,
    ) {
        let (before, after) = differences(before, after);
        let text = |fields: Fields| Value::Object(fields).to_string();
        let entry = AuditEntry {
            at: self.now(),
            by: rights.origin.by,
            by_id: rights.origin.by_id.as_ref().map(ToString::to_string),
            action: action.to_owned(),
            kind: target.as_str().to_owned(),
            id: id.to_owned(),
            before: before.map(text),
            after: after.map(text),
            address: rights.address.map(|address| address.to_canonical().to_string()),
        };
        let (number, entry) = (self.profiles.audited + 1, Arc::new(entry));
        self.unwritten.audited(number, &entry);
        self.change(PersonalChange::Audit(number, entry));
    }

    /// What people set of something; none where it is not there.
    pub(super) fn fields_of(&self, target: Target, id: &str) -> Option<Fields> {
        match target {
            Target::Workspace => self.workspace_fields(),
            Target::Department => self.department_fields(id),
            Target::Agent => self.agent_fields(id),
            Target::Conversation => self.conversation_fields(id),
            Target::Invite => self.invite_fields(id),
            Target::ApiKey => self.api_key_fields(id),
            Target::PublicKey => self.public_key_fields(id),
            Target::Visitor => None,
        }
    }

    fn workspace_fields(&self) -> Option<Fields> {
        // Before it is configured there is none.
        let configured = self.core.position() > 0;
        let view = self.own_view();
        configured.then(|| {
            fields(json!({
                "name": view.name,
                "plan": view.plan,
                "limits": view.limits,
                "status": view.status,
                "settings": view.settings,
                "site_key": view.site_key,
            }))
        })
    }

    fn department_fields(&self, id: &str) -> Option<Fields> {
        let department = self.core.department(id)?;
        let shown = self.view().department(department);
        Some(fields(json!({
            "name": shown.name,
            "policy": shown.policy,
            "position": shown.position,
        })))
    }

    fn agent_fields(&self, id: &str) -> Option<Fields> {
        let shown = self.view().agent(self.core.agent(id)?);
        Some(fields(json!({
            "email": shown.email,
            "name": shown.name,
            "role": shown.role,
            "department_ids": shown.department_ids,
            "capacity": shown.capacity,
            "skills": shown.skills,
            "external_id": shown.external_id,
            "avatar_url": shown.avatar_url,
            "availability": shown.availability,
        })))
    }

    fn conversation_fields(&self, id: &str) -> Option<Fields> {
        let shown = self.shown(&ConversationId::from(id), Reader::Staff)?;
        Some(fields(json!({
            "state": shown.state,
            "department_id": shown.department_id,
            "agent_id": shown.agent.as_ref().map(|agent| agent.id.as_str()),
        })))
    }

    fn invite_fields(&self, id: &str) -> Option<Fields> {
        let invite = self.profiles.invites.get(id)?;
        Some(fields(json!({
            "email": invite.email,
            "role": invite.role,
            "department_ids": invite.department_ids,
            "expires_at": invite.expires_at,
        })))
    }

    fn api_key_fields(&self, id: &str) -> Option<Fields> {
        let key = self.profiles.api_keys.get(id)?;
        Some(fields(json!({ "name": key.name, "scopes": key.scopes })))
    }

    fn public_key_fields(&self, id: &str) -> Option<Fields> {
        let key = self.profiles.site.public_keys.iter().find(|key| key.id == id)?;
        Some(fields(json!({ "algorithm": key.algorithm, "key": key.pem })))
    }

    /// What was changed, the last first.
    pub(super) fn audit(&self, rights: &Rights, page: &PageQuery) -> Result<Answer, ApiError> {
        rights.admin()?;
        let before = match &page.cursor {
            None => u64::MAX,
            Some(cursor) => cursor.parse().map_err(|_| bad_cursor())?,
        };
        let mut entries = self.changes(before, page.limit + 1);
        let more = entries.len() > page.limit;
        entries.truncate(page.limit);
        let next_cursor = entries.last().filter(|_| more).map(|(number, _)| number.to_string());
        let items = entries.iter().map(|(_, entry)| shown(entry)).collect();
        Ok(Answer::ok(http::Page { items, next_cursor }))
    }
}

fn fields(of: Value) -> Fields {
    match of {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// Of what was there before and is there still, what differs; else all of it.
fn differences(before: Option<Fields>, after: Option<Fields>) -> (Option<Fields>, Option<Fields>) {
    let (Some(mut before), Some(mut after)) = (before.clone(), after.clone()) else {
        return (before, after);
    };
    before.retain(|name, value| match (value, after.get_mut(name)) {
        (Value::Object(old), Some(Value::Object(new))) => {
            old.retain(|name, value| match new.get(name) {
                Some(other) if other == value => {
                    new.remove(name);
                    false
                }
                _ => true,
            });
            if old.is_empty() && new.is_empty() {
                after.remove(name);
                return false;
            }
            true
        }
        (value, Some(other)) if value == other => {
            after.remove(name);
            false
        }
        _ => true,
    });
    (Some(before), Some(after))
}

fn shown(entry: &AuditEntry) -> model::AuditEntry {
    let read = |text: &Option<String>| text.as_deref().and_then(|t| serde_json::from_str(t).ok());
    model::AuditEntry {
        at: entry.at.0,
        by: entry.by.to_wire(),
        by_id: entry.by_id.clone(),
        action: entry.action.clone(),
        target: model::AuditTarget { kind: entry.kind.clone(), id: entry.id.clone() },
        before: read(&entry.before),
        after: read(&entry.after),
        address: entry.address.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_noted() {
        let before = json!({"name": "a", "policy": {"x": 1, "y": 2}, "same": {"z": 1}});
        let after = json!({"name": "b", "policy": {"x": 1, "y": 3}, "same": {"z": 1}});
        let (before, after) = differences(Some(fields(before)), Some(fields(after)));
        assert_eq!(Value::from(before.unwrap()), json!({"name": "a", "policy": {"y": 2}}));
        assert_eq!(Value::from(after.unwrap()), json!({"name": "b", "policy": {"y": 3}}));
    }

    #[test]
    fn what_is_new_or_gone_is_noted_whole() {
        let whole = fields(json!({"name": "a"}));
        assert_eq!(differences(None, Some(whole.clone())), (None, Some(whole.clone())));
        assert_eq!(differences(Some(whole.clone()), None), (Some(whole), None));
    }
}
