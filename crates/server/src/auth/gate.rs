//! Checking credentials against the workspaces of this node.

use std::sync::Arc;

use switchboard_journal::{HostKey, SecretDigest, Site};
use switchboard_protocol::text;

use super::{
    Proof, RootKeys, TokenClaims, TokenError, TokenKind, TokenSecret, digest_of, jwt, same_key,
    verify, verify_api_key, workspace_of, workspace_of_site_key,
};
use crate::{
    node::Node,
    registry::{Keys, Workspaces},
};

/// What a token of an unknown workspace is checked with.
const NOBODYS: TokenSecret = [0; 32];

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
        agent: RecognisedAgent,
    },
    /// A workspace's back end.
    ApiKey {
        /// Where.
        workspace: String,
        /// By which key.
        key_id: String,
        /// What the key is known by.
        digest: SecretDigest,
    },
}

impl Bearer {
    /// The workspace that the credential is of; none: of the operator.
    pub fn workspace(&self) -> Option<&str> {
        match self {
            Self::Root => None,
            Self::Agent { workspace, .. } | Self::ApiKey { workspace, .. } => Some(workspace),
        }
    }
}

/// An agent, by a token that was not forged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecognisedAgent {
    /// Who.
    pub id: String,
    /// When the token ends, in milliseconds since the epoch.
    pub expires_at: u64,
    /// What is to be looked up.
    pub proof: Proof,
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

/// The keys with which a workspace's host signs.
pub(super) fn registered(site: &Site) -> Vec<jwt::Registered> {
    let registered = |key: &HostKey| {
        let algorithm = jwt::Algorithm::named(&key.algorithm)?;
        Some(jwt::Registered { id: key.id.clone(), algorithm, pem: key.pem.clone() })
    };
    site.public_keys.iter().filter_map(registered).collect()
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
        if workspace_of(token, TokenKind::ApiKey).is_some() {
            return self.api_key(token);
        }
        if self.root.holds(token) {
            return Ok(Bearer::Root);
        }
        let (workspace, agent) = self.agent(token)?;
        Ok(Bearer::Agent { workspace, agent })
    }

    /// The workspace and the agent of an agent token.
    ///
    /// # Errors
    /// Where it is not one that holds.
    pub fn agent(&self, token: &str) -> Result<(String, RecognisedAgent), Rejected> {
        let Some(workspace) = workspace_of(token, TokenKind::Agent) else {
            return self.signed_by_its_host(token);
        };
        let claims = self.token(token, TokenKind::Agent, workspace)?;
        let proof = Proof::Token(claims.stamp.ok_or(Rejected::Unknown)?);
        let agent = RecognisedAgent { id: claims.id, expires_at: claims.expires_at, proof };
        Ok((workspace.to_owned(), agent))
    }

    /// An agent by a token that its host signed: for the workspace that the token is for.
    fn signed_by_its_host(&self, token: &str) -> Result<(String, RecognisedAgent), Rejected> {
        let workspace = jwt::audience_of(token).filter(|workspace| text::valid_id(workspace));
        let workspace = workspace.ok_or(Rejected::Unknown)?;
        let keys = self.workspaces.keys(&workspace).ok_or(Rejected::Unknown)?;
        let (registered, kind) = (registered(&keys.site), jwt::Kind::Agent);
        let said = jwt::verify(token, &registered, &workspace, kind, self.now_ms());
        let said = said.map_err(|error| match error {
            jwt::JwtError::Expired => Rejected::Expired,
            _ => Rejected::Unknown,
        })?;
        if !text::valid_id(&said.sub) {
            return Err(Rejected::Unknown);
        }
        // One that does not say when it was signed was signed as early as it can have been.
        let earliest = said.expires_at_ms.saturating_sub(jwt::MAX_LIFETIME_MS);
        let issued_at = said.issued_at_ms.unwrap_or(earliest);
        let proof = Proof::Host { issued_at };
        Ok((workspace, RecognisedAgent { id: said.sub, expires_at: said.expires_at_ms, proof }))
    }

    /// The workspace and the key of a back end's key.
    pub(super) fn api_key(&self, key: &str) -> Result<Bearer, Rejected> {
        let workspace = workspace_of(key, TokenKind::ApiKey).ok_or(Rejected::Unknown)?;
        let keys = self.workspaces.keys(workspace);
        let secret = keys.as_ref().map_or(&NOBODYS, |keys| &keys.token_secret);
        let key_id = verify_api_key(key, workspace, secret)?;
        if keys.is_none() {
            return Err(Rejected::Unknown);
        }
        let digest = digest_of(key);
        Ok(Bearer::ApiKey { workspace: workspace.to_owned(), key_id, digest })
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

    /// The workspace of a site key: its own, or one before while that holds.
    ///
    /// # Errors
    /// Where it is none's.
    pub fn site(&self, site_key: &str) -> Result<(String, Keys), Rejected> {
        let workspace = workspace_of_site_key(site_key).ok_or(Rejected::Unknown)?;
        let keys = self.workspaces.keys(workspace);
        let now_ms = self.now_ms();
        let holds = match &keys {
            Some(keys) => keys.site_keys(now_ms).any(|own| same_key(own, site_key)),
            None => same_key("", site_key),
        };
        keys.filter(|_| holds).map(|keys| (workspace.to_owned(), keys)).ok_or(Rejected::Unknown)
    }

    /// An unknown workspace costs as much time as a known one, so that nobody learns by the clock
    /// which there are.
    fn token(
        &self,
        token: &str,
        kind: TokenKind,
        workspace: &str,
    ) -> Result<TokenClaims, Rejected> {
        let keys = self.workspaces.keys(workspace);
        let secret = keys.as_ref().map_or(&NOBODYS, |keys| &keys.token_secret);
        let claims = verify(token, kind, workspace, secret, self.now_ms());
        if keys.is_none() {
            return Err(Rejected::Unknown);
        }
        Ok(claims?)
    }
}
