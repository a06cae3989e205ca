//! What sign-in needs to know of credentials: asked by the hello, answered by whoever keeps the
//! keys.

use switchboard_protocol::{CloseCode, Secret, VisitorClaims};
use switchboard_routing::WorkspaceId;

use crate::seam::Claims;

/// Checks the credentials of sockets. Never waits: keys are known without asking anybody.
pub trait Authenticator: Send + Sync + std::fmt::Debug {
    /// Whose agent token this is.
    ///
    /// # Errors
    /// Where it is nobody's, or no longer.
    fn agent(&self, token: &Secret) -> Result<(WorkspaceId, Claims), AuthRefusal>;

    /// Which visitor this is. A token that is missing, unknown or expired is no error: a new
    /// visitor is made, with a new token.
    ///
    /// # Errors
    /// Where the site key is no workspace's, widgets may not connect from there, or the host did
    /// not sign what it is said to have signed.
    fn visitor(&self, widget: Widget<'_>) -> Result<RecognisedVisitor, AuthRefusal>;

    /// Who a fresh token of this workspace is for: an agent's or a visitor's.
    ///
    /// # Errors
    /// Where it is nobody's in this workspace, or no longer.
    fn renewal(&self, workspace: &WorkspaceId, token: &Secret) -> Result<Claims, AuthRefusal>;
}

/// What a widget says in its hello, and from where.
#[derive(Clone, Debug)]
pub struct Widget<'h> {
    /// The workspace's public key.
    pub site_key: &'h str,
    /// The visitor's token, if it has one.
    pub token: Option<&'h Secret>,
    /// What the visitor says of itself.
    pub claims: VisitorClaims,
    /// What the host has signed of it.
    pub identity: Option<&'h Secret>,
    /// The origin of the page, as the handshake said it.
    pub origin: Option<&'h str>,
}

/// A visitor, known or made just now.
#[derive(Clone, Debug)]
pub struct RecognisedVisitor {
    /// The workspace of the site key.
    pub workspace_id: WorkspaceId,
    /// Who it is.
    pub claims: Claims,
    /// Whether nobody has seen it before.
    pub is_new: bool,
}

/// Why credentials are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthRefusal {
    /// Unknown, forged, of another kind or workspace.
    #[error("the credentials are wrong")]
    Wrong,
    /// They were right once.
    #[error("the token has expired")]
    Expired,
    /// They are right, and not to be used from there.
    #[error("widgets may not connect from there")]
    OriginNotAllowed,
}

impl AuthRefusal {
    /// What a socket with such credentials is closed with.
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::Wrong => CloseCode::Unauthenticated,
            Self::Expired => CloseCode::TokenExpired,
            Self::OriginNotAllowed => CloseCode::OriginNotAllowed,
        }
    }
}
