//! A visitor who is here or has something open. Nothing else is remembered of visitors.

use std::collections::BTreeSet;

use crate::{SessionId, Timestamp, slab::ConversationIx};

/// A visitor, as the workspace knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visitor {
    /// Live sessions.
    pub(crate) sessions: BTreeSet<SessionId>,
    pub(crate) conversations: BTreeSet<ConversationIx>,
    /// Since when the visitor is gone; none: here, or never was.
    pub(crate) left_at: Option<Timestamp>,
}

impl Visitor {
    /// Whether there is nothing to remember.
    pub(crate) fn is_over(&self) -> bool {
        self.sessions.is_empty() && self.conversations.is_empty()
    }
}
