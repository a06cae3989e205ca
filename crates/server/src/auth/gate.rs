//! Checking credentials against the workspaces of this node.

use std::sync::Arc;

use super::{
    RootKeys, TokenClaims, TokenError, TokenKind, TokenSecret, same_key, verify, workspace_of,
    workspace_of_site_key,
};
use crate::{
    node::Node,
    registry::{Keys, Workspaces},
};

/// Looks credentials up and checks them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gate {
    node: Arc<Node>,
    workspaces: Workspaces,
    root: RootKeys,
}

/// Who sent a request, by its `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// The operator.
    Root,
    /// An agent of a workspace.
    Agent {
        /// Where.
        workspace: String,
        /// Who.
        agent_id: String,
    },
}

/// A credential that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not one of ours, or not of this kind.
    #[error("the credential is not valid")]
    Unknown,
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
}

impl From<TokenError> for Rejected {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Malformed | TokenError::Forged => Self::Unknown,
            TokenError::Expired => Self::Expired,
        }
    }
}

impl Gate {
    /// Checks against these workspaces and root keys.
    pub fn new(node: Arc<Node>, workspaces: Workspaces, root: RootKeys) -> Self {
        Self { node, workspaces, root }
    }

    /// Who has this bearer token. Site keys and visitors' tokens open no HTTP call.
    ///
    /// # Errors
    /// Where nobody has.
    pub fn bearer(&self, token: &str) -> Result<Bearer, Rejected> {
        if workspace_of(token, TokenKind::Agent).is_some() {
            let (workspace, claims) = self.agent(token)?;
            return Ok(Bearer::Agent { workspace, agent_id: claims.id });
        }
        if self.root.holds(token) { Ok(Bearer::Root) } else { Err(Rejected::Unknown) }
    }

    /// The workspace and the agent of an agent token.
    ///
    /// # Errors
    /// Where it is not one that holds.
    pub fn agent(&self, token: &str) -> Result<(String, TokenClaims), Rejected> {
        let workspace = workspace_of(token, TokenKind::Agent).ok_or(Rejected::Unknown)?;
        let claims = self.token(token, TokenKind::Agent, workspace)?;
        Ok((workspace.to_owned(), claims))
    }

    /// The visitor of a visitor token of this workspace.
    ///
    /// # Errors
    /// Where it is not one that holds.
    pub fn visitor(&self, workspace: &str, token: &str) -> Result<TokenClaims, Rejected> {
        self.token(token, TokenKind::Visitor, workspace)
    }

    /// The time by which tokens end.
    pub(super) fn now_ms(&self) -> u64 {
        self.node.clock.now_ms()
    }

    /// The workspace of a site key.
    ///
    /// # Errors
    /// Where it is none's.
    pub fn site(&self, site_key: &str) -> Result<(String, Keys), Rejected> {
        let workspace = workspace_of_site_key(site_key).ok_or(Rejected::Unknown)?;
        let keys = self.workspaces.keys(workspace);
        let own = keys.as_ref().map_or("", |keys| keys.site_key.expose());
        let same = same_key(own, site_key);
        keys.filter(|_| same).map(|keys| (workspace.to_owned(), keys)).ok_or(Rejected::Unknown)
    }

    /// An unknown workspace costs as much time as a known one, so that nobody learns by the clock
    /// which there are.
    fn token(
        &self,
        token: &str,
        kind: TokenKind,
        workspace: &str,
    ) -> Result<TokenClaims, Rejected> {
        const NOBODYS: TokenSecret = [0; 32];
        let keys = self.workspaces.keys(workspace);
        let secret = keys.as_ref().map_or(&NOBODYS, |keys| &keys.token_secret);
        let claims = verify(token, kind, workspace, secret, self.now_ms());
        if keys.is_none() {
            return Err(Rejected::Unknown);
        }
        Ok(claims?)
    }
}
