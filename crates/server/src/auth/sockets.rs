//! The credentials of sockets, for [`crate::connection`].

use switchboard_protocol::{Secret, VisitorClaims};
use switchboard_routing::WorkspaceId;

use super::{
    Bearer, Gate, RecognisedAgent, Rejected, TokenKind, VISITOR_TOKEN_TTL_MS, gate::registered,
    jwt, may_connect, mint_visitor_token, workspace_of,
};
use crate::{
    connection::{AuthRefusal, Authenticator, RecognisedVisitor, Widget},
    ids,
    registry::Keys,
    seam::{Claims, Identity},
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
        if workspace_of(token.expose(), TokenKind::ApiKey).is_some()
            && let Bearer::ApiKey { workspace, key_id, digest } = self.api_key(token.expose())?
        {
            return Ok((workspace.into(), Claims::ApiKey { key_id, digest }));
        }
        let (workspace, agent) = Self::agent(self, token.expose())?;
        Ok((workspace.into(), agent_claims(agent)))
    }

    fn visitor(&self, widget: Widget<'_>) -> Result<RecognisedVisitor, AuthRefusal> {
        let (workspace, keys) = self.site(widget.site_key)?;
        if !may_connect(&keys.site, widget.origin) {
            return Err(AuthRefusal::OriginNotAllowed);
        }
        let identity = widget.identity.map(|identity| self.identity(&workspace, &keys, identity));
        let identity = identity.transpose()?;
        let known = widget.token.and_then(|t| Self::visitor(self, &workspace, t.expose()).ok());
        let is_new = known.is_none();
        let id = known.map_or_else(|| ids::fresh("vis"), |known| known.id);
        let (token, expires_at) = self.renewed(&workspace, &keys, &id);
        let claims = widget.claims;
        let visitor_id = id.into();
        let claims = Claims::Visitor { visitor_id, claims, identity, token, expires_at };
        Ok(RecognisedVisitor { workspace_id: workspace.into(), claims, is_new })
    }

    fn renewal(&self, workspace: &WorkspaceId, token: &Secret) -> Result<Claims, AuthRefusal> {
        if workspace_of(token.expose(), TokenKind::Visitor).is_none() {
            let (named, agent) = Self::agent(self, token.expose())?;
            let here = named == workspace.as_str();
            return if here { Ok(agent_claims(agent)) } else { Err(AuthRefusal::Wrong) };
        }
        let visitor = Self::visitor(self, workspace.as_str(), token.expose())?;
        Ok(Claims::Visitor {
            visitor_id: visitor.id.into(),
            claims: VisitorClaims::default(),
            identity: None,
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

    /// Who a visitor is by its host's signature. One that has run out is wrong as well: a widget
    /// that came back with it would be sent away again.
    fn identity(
        &self,
        workspace: &str,
        keys: &Keys,
        token: &Secret,
    ) -> Result<Identity, AuthRefusal> {
        let registered = registered(&keys.site);
        let said =
            jwt::verify(token.expose(), &registered, workspace, jwt::Kind::Visitor, self.now_ms());
        let said = said.map_err(|error| {
            tracing::debug!(%error, "a visitor's identity is not taken");
            AuthRefusal::Wrong
        })?;
        Ok(Identity { external_id: said.sub, name: said.name, email: said.email })
    }
}

fn agent_claims(agent: RecognisedAgent) -> Claims {
    let RecognisedAgent { id, expires_at, proof } = agent;
    Claims::Agent { agent_id: id.into(), expires_at, proof }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use switchboard_journal::Memory;
    use switchboard_protocol::{Limits, http::CreateWorkspace, model::Plan};

    use super::*;
    use crate::{
        ask::Caller,
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
            mail_reports: crate::node::MailReports::nowhere(),
        });
        let workspaces = Workspaces::new(Arc::clone(&node), Arc::new(Memory::default()));
        for id in ["acme", "other"] {
            let id = Some(id.to_owned());
            let request = CreateWorkspace { id, name: "x".into(), plan: Plan::Pro };
            workspaces.create(request, Caller::Root.into()).await.unwrap();
        }
        (Gate::new(node, workspaces.clone(), RootKeys::new([])), workspaces)
    }

    fn visitor(gate: &Gate, keys: &Keys, token: Option<&Secret>) -> (String, Secret, bool) {
        let (site_key, claims) = (keys.site_key(), VisitorClaims::default());
        let widget = Widget { site_key, token, claims, identity: None, origin: None };
        let found = Authenticator::visitor(gate, widget).unwrap();
        match found.claims {
            Claims::Visitor { visitor_id, token, .. } => {
                (visitor_id.to_string(), token, found.is_new)
            }
            Claims::Agent { .. } | Claims::ApiKey { .. } => panic!("not a visitor"),
        }
    }

    #[tokio::test]
    async fn an_agent_is_known_by_its_token() {
        let (gate, workspaces) = gate().await;
        let secret = workspaces.keys("acme").unwrap().token_secret;
        let later = gate.now_ms() + 60_000;
        let token = mint_agent_token("acme", &secret, "ann", 0, 1, later);
        let (workspace, claims) = Authenticator::agent(&gate, &token).unwrap();
        let Claims::Agent { agent_id, expires_at, .. } = &claims else { panic!("not an agent") };
        assert_eq!((workspace.as_str(), agent_id.as_str(), *expires_at), ("acme", "ann", later));
        assert_eq!(gate.renewal(&"acme".into(), &token), Ok(claims));
        assert_eq!(gate.renewal(&"other".into(), &token), Err(AuthRefusal::Wrong));
        let ended = mint_agent_token("acme", &secret, "ann", 0, 1, gate.now_ms());
        assert_eq!(Authenticator::agent(&gate, &ended), Err(AuthRefusal::Expired));
        let nowhere = mint_agent_token("nobodys", &[0; 32], "ann", 0, 1, later);
        assert_eq!(Authenticator::agent(&gate, &nowhere), Err(AuthRefusal::Wrong));
        let forged = mint_agent_token("acme", &[0; 32], "ann", 0, 1, later);
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
        let token = mint_agent_token("acme", &agent, "ann", 0, 1, u64::MAX);
        for key in ["", "pk_acme.x", "pk_nobodys.x", "pk_.", token.expose()] {
            let claims = VisitorClaims::default();
            let widget =
                Widget { site_key: key, token: None, claims, identity: None, origin: None };
            let refused = Authenticator::visitor(&gate, widget);
            assert_eq!(refused.map(|found| found.is_new), Err(AuthRefusal::Wrong), "{key}");
        }
    }
}
