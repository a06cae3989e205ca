//! Personal data: names, addresses, attributes. It sits beside the events, keyed by whom it is
//! about, so that erasing it is possible although a log only grows.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use switchboard_routing::{AgentId, ConversationId, VisitorId};

use crate::{Account, ApiKey, AuditEntry, Invite, Site};

/// What people know an agent by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentProfile {
    /// E-mail address, one agent of a workspace only.
    pub email: String,
    /// Name.
    pub name: String,
    /// The host's id.
    pub external_id: Option<String>,
    /// A picture.
    pub avatar_url: Option<String>,
}

impl AgentProfile {
    /// What stays of an agent who was removed: its name, for old conversations.
    #[must_use]
    pub fn gone(&self) -> Self {
        Self { name: self.name.clone(), ..Self::default() }
    }
}

/// What is known of a visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitorProfile {
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The host's id.
    pub external_id: Option<String>,
    /// Whether the host's back end gave the external id, so that it may be looked up by it.
    pub vouched: bool,
    /// Whether a signed identity said all this.
    pub verified: bool,
}

/// One attribute of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attribute {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// Text.
    Text(String),
}

/// What the host attached to a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The host's id.
    pub external_id: Option<String>,
    /// What was said when it was last handed on, while that still tells something of who has it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// A change of personal data, in the same transaction as the events it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PersonalChange {
    /// What an agent is known by is now this.
    Agent(AgentId, AgentProfile),
    /// An agent was removed: its name stays for old conversations, its address is free.
    AgentLeft(AgentId),
    /// What is known of a visitor is now this.
    Visitor(VisitorId, VisitorProfile),
    /// Nothing is kept of a visitor any more, of whom no conversation is.
    VisitorForgotten(VisitorId),
    /// Nothing is to be known of a visitor any more: not what was attached to its conversations
    /// that ended either, nor what streams and answers tell of it.
    VisitorErased(VisitorId),
    /// What is attached to a conversation is this.
    Conversation(ConversationId, Details),
    /// A conversation ended: what was attached to it is the archive's now.
    Archived(ConversationId),
    /// An invite is this; none: it is kept no longer.
    Invite(String, Option<Box<Invite>>),
    /// An API key is this; none: it was revoked.
    ApiKey(String, Option<Box<ApiKey>>),
    /// What an agent signs in with is this.
    Account(AgentId, Box<Account>),
    /// What must be known of the workspace before it is loaded is this.
    Site(Box<Site>),
    /// Somebody changed something. Numbered from 1.
    Audit(u64, Arc<AuditEntry>),
}

/// The personal data of a workspace, as its changes made it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profiles {
    /// Agents', removed ones too: old conversations name them.
    pub agents: BTreeMap<AgentId, Arc<AgentProfile>>,
    /// Agents who were not removed, by their address in lower case.
    pub by_email: HashMap<String, AgentId>,
    /// Visitors who opened something.
    pub visitors: HashMap<VisitorId, Arc<VisitorProfile>>,
    /// What is attached to conversations that have not ended, where anything is.
    pub conversations: HashMap<ConversationId, Arc<Details>>,
    /// Visitors by the external id that the host's back end gave.
    pub vouched: HashMap<String, VisitorId>,
    /// Invites by their id, those that ended too while they are kept.
    pub invites: BTreeMap<String, Arc<Invite>>,
    /// API keys by their id.
    pub api_keys: BTreeMap<String, Arc<ApiKey>>,
    /// What agents sign in with, of those of whom anything is kept.
    pub accounts: BTreeMap<AgentId, Arc<Account>>,
    /// What must be known before the workspace is loaded.
    pub site: Arc<Site>,
    /// The number of the last change that was noted.
    pub audited: u64,
}

impl Profiles {
    /// Applies a change.
    pub fn apply(&mut self, change: &PersonalChange) {
        match change {
            PersonalChange::Agent(id, profile) => {
                self.free_email(id);
                self.by_email.insert(profile.email.to_lowercase(), id.clone());
                self.agents.insert(id.clone(), Arc::new(profile.clone()));
            }
            PersonalChange::AgentLeft(id) => {
                self.free_email(id);
                self.accounts.remove(id);
                if let Some(known) = self.agents.get_mut(id) {
                    *known = Arc::new(known.gone());
                }
            }
            PersonalChange::Visitor(id, profile) => {
                self.free_external_id(id, profile.external_id.as_deref());
                if let (true, Some(external)) = (profile.vouched, &profile.external_id) {
                    self.vouched.insert(external.clone(), id.clone());
                }
                self.visitors.insert(id.clone(), Arc::new(profile.clone()));
            }
            PersonalChange::VisitorForgotten(id) | PersonalChange::VisitorErased(id) => {
                self.unload_visitor(id);
            }
            PersonalChange::Conversation(id, details) => {
                self.conversations.insert(id.clone(), Arc::new(details.clone()));
            }
            PersonalChange::Archived(id) => {
                self.conversations.remove(id);
            }
            PersonalChange::Invite(id, invite) => put(&mut self.invites, id, invite.as_deref()),
            PersonalChange::ApiKey(id, key) => put(&mut self.api_keys, id, key.as_deref()),
            PersonalChange::Account(id, account) => {
                self.accounts.insert(id.clone(), Arc::new((**account).clone()));
            }
            PersonalChange::Site(site) => self.site = Arc::new((**site).clone()),
            PersonalChange::Audit(number, _) => self.audited = self.audited.max(*number),
        }
    }

    /// Takes in what is known of an agent, who may have been removed.
    pub fn load_agent(&mut self, id: &AgentId, profile: AgentProfile) {
        if !profile.email.is_empty() {
            self.by_email.insert(profile.email.to_lowercase(), id.clone());
        }
        self.agents.insert(id.clone(), Arc::new(profile));
    }

    /// Takes in what is known of a visitor.
    pub fn load_visitor(&mut self, id: &VisitorId, profile: Arc<VisitorProfile>) {
        if let (true, Some(external)) = (profile.vouched, &profile.external_id) {
            self.vouched.insert(external.clone(), id.clone());
        }
        self.visitors.insert(id.clone(), profile);
    }

    /// Drops what is known of a visitor, which is kept elsewhere.
    pub fn unload_visitor(&mut self, id: &VisitorId) {
        self.free_external_id(id, None);
        self.visitors.remove(id);
    }

    /// Keeps of the visitors only those that a test admits.
    pub fn keep_visitors(&mut self, keep: impl Fn(&VisitorId) -> bool) {
        self.visitors.retain(|id, _| keep(id));
        self.vouched.retain(|_, id| keep(id));
    }

    /// The agent with this address, however it is written.
    pub fn agent_of(&self, email: &str) -> Option<&AgentId> {
        self.by_email.get(&email.to_lowercase())
    }

    /// A visitor is not found by its old external id any more, unless that is its new one too.
    fn free_external_id(&mut self, id: &VisitorId, new: Option<&str>) {
        let Some(old) = self.visitors.get(id).and_then(|old| old.external_id.as_deref()) else {
            return;
        };
        if new != Some(old) && self.vouched.get(old) == Some(id) {
            self.vouched.remove(old);
        }
    }

    fn free_email(&mut self, id: &AgentId) {
        if let Some(old) = self.agents.get(id) {
            let email = old.email.to_lowercase();
            if self.by_email.get(&email) == Some(id) {
                self.by_email.remove(&email);
            }
        }
    }
}

/// Keeps something by its id, or nothing.
fn put<T: Clone>(kept: &mut BTreeMap<String, Arc<T>>, id: &str, now: Option<&T>) {
    match now {
        Some(now) => kept.insert(id.to_owned(), Arc::new(now.clone())),
        None => kept.remove(id),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn know(profiles: &mut Profiles, id: &str, external: &str) {
        let external_id = Some(external.to_owned());
        let profile = VisitorProfile { external_id, vouched: true, ..VisitorProfile::default() };
        profiles.apply(&PersonalChange::Visitor(id.into(), profile));
    }

    #[test]
    fn a_visitor_is_found_by_its_latest_external_id_alone() {
        let mut profiles = Profiles::default();
        know(&mut profiles, "v1", "a");
        know(&mut profiles, "v1", "b");
        assert_eq!(profiles.vouched, HashMap::from([("b".into(), "v1".into())]));
        profiles.apply(&PersonalChange::VisitorForgotten("v1".into()));
        assert!(profiles.vouched.is_empty() && profiles.visitors.is_empty());
    }

    #[test]
    fn an_external_id_that_another_has_by_now_stays_that_ones() {
        let mut profiles = Profiles::default();
        know(&mut profiles, "v1", "a");
        know(&mut profiles, "v2", "a");
        know(&mut profiles, "v1", "b");
        let expected = [("a".into(), "v2".into()), ("b".into(), "v1".into())];
        assert_eq!(profiles.vouched, HashMap::from(expected));
    }
}
