//! What is kept for reading alone: conversations that ended, who their visitors were, how routing
//! decided, and what each hour came to.

use std::sync::Arc;

use switchboard_routing::{
    Conversation, ConversationId, Decision, State, Timestamp, VisitorId, WorkspaceId,
};

use crate::{AuditEntry, Ended, HourFigures, LogError, VisitorProfile};

/// Which ended conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveFilter {
    /// Closed, or rejected.
    pub state: Option<State>,
    /// Of this department.
    pub department_id: Option<String>,
    /// Held last by this agent.
    pub agent_id: Option<String>,
}

impl ArchiveFilter {
    /// Whether a conversation is one of them.
    pub fn admits(&self, conversation: &Conversation) -> bool {
        let agent = conversation.agent_id.as_ref().map(|id| id.as_str());
        self.state.is_none_or(|state| conversation.state == state)
            && self
                .department_id
                .as_deref()
                .is_none_or(|d| conversation.department_id.as_str() == d)
            && self.agent_id.as_deref().is_none_or(|a| agent == Some(a))
    }
}

/// What an idempotency key opened, as the archive has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The digest of the open that it came with.
    pub fingerprint: u64,
}

/// An idempotency key of a conversation that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    /// When the conversation ended.
    pub ended_at: Timestamp,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Whose key it is.
    pub visitor_id: VisitorId,
    /// The key.
    pub key: Arc<str>,
}

/// See the module. Every call fails with [`LogError`] where the store cannot be read.
#[allow(clippy::missing_errors_doc)] // said above, once
pub trait Archive: Send + Sync + std::fmt::Debug {
    /// One of them, with its history.
    fn find(
        &self,
        workspace: &WorkspaceId,
        id: &ConversationId,
    ) -> Result<Option<Arc<Ended>>, LogError>;

    /// The one of a visitor that ended last, without its history.
    fn last_of(
        &self,
        workspace: &WorkspaceId,
        visitor: &VisitorId,
    ) -> Result<Option<Arc<Ended>>, LogError>;

    /// Those after a place in the order of arrival, oldest first, at most `limit`, without their
    /// histories.
    fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &ArchiveFilter,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Arc<Ended>>, LogError>;

    /// The decisions about a conversation, open or ended, that are still kept; oldest first.
    /// `number` is the conversation's.
    fn decisions(
        &self,
        workspace: &WorkspaceId,
        id: &ConversationId,
        number: u64,
    ) -> Result<Vec<Arc<Decision>>, LogError>;

    /// What is known of a visitor.
    fn visitor(
        &self,
        workspace: &WorkspaceId,
        id: &VisitorId,
    ) -> Result<Option<Arc<VisitorProfile>>, LogError>;

    /// The visitor to whom the host's back end gave this external id.
    fn vouched(
        &self,
        workspace: &WorkspaceId,
        external_id: &str,
    ) -> Result<Option<VisitorId>, LogError>;

    /// What a visitor's key opened, where that ended and is kept.
    fn keyed(
        &self,
        workspace: &WorkspaceId,
        visitor: &VisitorId,
        key: &str,
    ) -> Result<Option<Keyed>, LogError>;

    /// The keys of what ended after a time.
    fn keys_since(
        &self,
        workspace: &WorkspaceId,
        after: Timestamp,
    ) -> Result<Vec<KeptKey>, LogError>;

    /// What was changed before the change of a number, the last first, at most `limit`, each with
    /// its number.
    fn audit(
        &self,
        workspace: &WorkspaceId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Arc<AuditEntry>)>, LogError>;

    /// The first so many of those that are kept no longer, by now.
    fn expired(
        &self,
        workspace: &WorkspaceId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Arc<Ended>>, LogError>;

    /// The figures of the hours from one on and before another, oldest first. Of an hour that is
    /// missing there are none.
    fn hours(
        &self,
        workspace: &WorkspaceId,
        from: u64,
        before: u64,
    ) -> Result<Vec<(u64, Arc<HourFigures>)>, LogError>;
}
