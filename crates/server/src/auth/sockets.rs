//! The credentials of sockets, for [`crate::connection`].

use switchboard_protocol::{Secret, VisitorClaims};
use switchboard_routing::WorkspaceId;

use super::{
    Gate, Rejected, TokenClaims, TokenKind, VISITOR_TOKEN_TTL_MS, mint_visitor_token, workspace_of,
};
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
        let (token, expires_at) = self.renewed(&workspace, &keys, &id);
        let claims = Claims::Visitor { visitor_id: id.into(), claims, token, expires_at };
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
            expires_at: visitor.expires_at,
        })
    }
}

impl Gate {
    /// A visitor who comes back has its full time again: its token, and when that ends.
    fn renewed(&self, workspace: &str, keys: &Keys, visitor_id: &str) -> (Secret, u64) {
        let now_ms = self.now_ms();
        let token = mint_visitor_token(workspace, &keys.token_secret, visitor_id, now_ms);
        (token, now_ms.saturating_add(VISITOR_TOKEN_TTL_MS))
    }
}

fn agent_claims(claims: TokenClaims) -> Claims {
    Claims::Agent { agent_id: claims.id.into(), expires_at: claims.expires_at }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use switchboard_journal::Memory;
    use switchboard_protocol::{Limits, http::CreateWorkspace, model::Plan};

    use super::*;
    use crate::{
        auth::{RootKeys, mint_agent_token},
        metrics::Metrics,
        node::{Clock, Node},
        registry::Workspaces,
    };

    async fn gate() -> (Gate, Workspaces) {
        let node = Arc::new(Node {
            limits: Limits::default(),
            clock: Clock::start(),
            metrics: Metrics::new(),
            mailer: crate::mail::Mailer::nowhere(),
        });
        let workspaces = Workspaces::new(Arc::clone(&node), Arc::new(Memory::default()));
        for id in ["acme", "other"] {
            let id = Some(id.to_owned());
            let request = CreateWorkspace { id, name: "x".into(), plan: Plan::Pro };
            workspaces.create(request, None).await.unwrap();
        }
        (Gate::new(node, workspaces.clone(), RootKeys::new([])), workspaces)
    }

    fn visitor(gate: &Gate, keys: &Keys, token: Option<&Secret>) -> (String, Secret, bool) {
        let site_key = keys.site_key.expose();
        let claims = VisitorClaims::default();
        let found = Authenticator::visitor(gate, site_key, token, claims).unwrap();
        match found.claims {
            Claims::Visitor { visitor_id, token, .. } => {
                (visitor_id.to_string(), token, found.is_new)
            }
            Claims::Agent { .. } => panic!("not a visitor"),
        }
    }

    #[tokio::test]
    async fn an_agent_is_known_by_its_token() {
        let (gate, workspaces) = gate().await;
        let secret = workspaces.keys("acme").unwrap().token_secret;
        let later = gate.now_ms() + 60_000;
        let token = mint_agent_token("acme", &secret, "ann", later);
        let expected = Claims::Agent { agent_id: "ann".into(), expires_at: later };
        let (workspace, claims) = Authenticator::agent(&gate, &token).unwrap();
        assert_eq!((workspace.as_str(), &claims), ("acme", &expected));
        assert_eq!(gate.renewal(&"acme".into(), &token), Ok(expected));
        assert_eq!(gate.renewal(&"other".into(), &token), Err(AuthRefusal::Wrong));
        let ended = mint_agent_token("acme", &secret, "ann", gate.now_ms());
        assert_eq!(Authenticator::agent(&gate, &ended), Err(AuthRefusal::Expired));
        let nowhere = mint_agent_token("nobodys", &[0; 32], "ann", later);
        assert_eq!(Authenticator::agent(&gate, &nowhere), Err(AuthRefusal::Wrong));
        let forged = mint_agent_token("acme", &[0; 32], "ann", later);
        assert_eq!(Authenticator::agent(&gate, &forged), Err(AuthRefusal::Wrong));
    }

    #[tokio::test]
    async fn a_visitor_is_known_by_its_token_or_new() {
        let (gate, workspaces) = gate().await;
        let (acme, other) = (workspaces.keys("acme").unwrap(), workspaces.keys("other").unwrap());
        let (id, token, is_new) = visitor(&gate, &acme, None);
        assert!(is_new && id.starts_with("vis_"));
        let (again, renewed, is_new) = visitor(&gate, &acme, Some(&token));
        assert_eq!((&again, is_new), (&id, false));
        assert!(gate.renewal(&"acme".into(), &renewed).is_ok());
        // A token of elsewhere, or of nobody's, makes a stranger, not an error.
        let (stranger, _, is_new) = visitor(&gate, &other, Some(&token));
        assert!(is_new && stranger != id);
        let (_, _, is_new) = visitor(&gate, &acme, Some(&Secret::from("vt_acme.x.y")));
        assert!(is_new);
    }

    #[tokio::test]
    async fn a_wrong_site_key_opens_nothing() {
        let (gate, workspaces) = gate().await;
        let agent = workspaces.keys("acme").unwrap().token_secret;
        let token = mint_agent_token("acme", &agent, "ann", u64::MAX);
        for key in ["", "pk_acme.x", "pk_nobodys.x", "pk_.", token.expose()] {
            let refused = Authenticator::visitor(&gate, key, None, VisitorClaims::default());
            assert_eq!(refused.map(|found| found.is_new), Err(AuthRefusal::Wrong), "{key}");
        }
    }
}
