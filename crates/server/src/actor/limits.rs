//! How often may be opened: by a visitor, and in the workspace.

use std::collections::HashMap;

use switchboard_protocol::{Limits, Rate};
use switchboard_routing::VisitorId;

use crate::rate_limit::{Bucket, RateExceeded};

/// Once there are so many visitors' buckets, those at rest are dropped.
const PRUNE_AT: usize = 10_000;

/// The buckets of a workspace.
#[derive(Debug)]
pub(crate) struct OpenLimits {
    of_workspace: Option<Rate>,
    of_visitor: Option<Rate>,
    /// The most open conversations of one visitor.
    pub(crate) open_conversations: Option<u32>,
    workspace: Bucket,
    visitors: HashMap<VisitorId, Bucket>,
    prune_at: usize,
}

impl OpenLimits {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            of_workspace: limits.workspace_opens,
            of_visitor: limits.visitor.opens,
            open_conversations: limits.visitor.open_conversations,
            workspace: Bucket::default(),
            visitors: HashMap::new(),
            prune_at: PRUNE_AT,
        }
    }

    /// Takes one open of a visitor's, and of the workspace's.
    pub(crate) fn take(&mut self, visitor: &VisitorId, now_ms: u64) -> Result<(), RateExceeded> {
        if let Some(rate) = &self.of_visitor {
            self.visitors.entry(visitor.clone()).or_default().take(rate, now_ms)?;
            self.prune(now_ms);
        }
        self.take_of_workspace(now_ms)
    }

    /// Takes one open of the workspace's.
    pub(crate) fn take_of_workspace(&mut self, now_ms: u64) -> Result<(), RateExceeded> {
        self.workspace.take_of(self.of_workspace.as_ref(), now_ms)
    }

    fn prune(&mut self, now_ms: u64) {
        if self.visitors.len() < self.prune_at {
            return;
        }
        self.visitors.retain(|_, bucket| !bucket.at_rest(now_ms));
        self.prune_at = PRUNE_AT.max(2 * self.visitors.len());
    }
}
