//! The credentials of sockets, for [`crate::connection`].

use switchboard_protocol::{Secret, VisitorClaims};
use switchboard_routing::WorkspaceId;

use super::{Gate, Rejected, TokenClaims, TokenKind, mint_visitor_token, workspace_of};
use crate::{
    connection::{AuthRefusal, Authenticator, RecognisedVisitor},
    ids,
    registry::Keys,
    seam::Claims,
};

impl From<Rejected> for AuthRefusal {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Unknown => Self::Wrong,
            Rejected::Expired => Self::Expired,
        }
    }
}

impl Authenticator for Gate {
    fn agent(&self, token: &Secret) -> Result<(WorkspaceId, Claims), AuthRefusal> {
        let (workspace, claims) = Self::agent(self, token.expose())?;
        Ok((workspace.into(), agent_claims(claims)))
    }

    fn visitor(
        &self,
        site_key: &str,
        token: Option<&Secret>,
        claims: VisitorClaims,
    ) -> Result<RecognisedVisitor, AuthRefusal> {
        let (workspace, keys) = self.site(site_key)?;
        let known = token.and_then(|token| Self::visitor(self, &workspace, token.expose()).ok());
        let is_new = known.is_none();
        let id = known.map_or_else(|| ids::fresh("vis"), |known| known.id);
        let token = self.renewed(&workspace, &keys, &id);
        let claims = Claims::Visitor { visitor_id: id.into(), claims, token };
        Ok(RecognisedVisitor { workspace_id: workspace.into(), claims, is_new })
    }

    fn renewal(&self, workspace: &WorkspaceId, token: &Secret) -> Result<Claims, AuthRefusal> {
        if workspace_of(token.expose(), TokenKind::Agent).is_some() {
            let (named, claims) = Self::agent(self, token.expose())?;
            let here = named == workspace.as_str();
            return if here { Ok(agent_claims(claims)) } else { Err(AuthRefusal::Wrong) };
        }
        let visitor = Self::visitor(self, workspace.as_str(), token.expose())?;
        Ok(Claims::Visitor {
            visitor_id: visitor.id.into(),
            claims: VisitorClaims::default(),
            token: token.clone(),
        })
    }
}

impl Gate {
    /// A visitor who comes back has its full time again.
    fn renewed(&self, workspace: &str, keys: &Keys, visitor_id: &str) -> Secret {
        mint_visitor_token(workspace, &keys.token_secret, visitor_id, self.now_ms())
    }
}

fn agent_claims(claims: TokenClaims) -> Claims {
    Claims::Agent { agent_id: claims.id.into(), expires_at: claims.expires_at }
}
