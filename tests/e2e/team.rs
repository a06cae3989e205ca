//! A workspace whose mails arrive: what the tests about teams have in common.

use serde_json::{Value, json};
use switchboard_server::config::Config;

use crate::{
    http::Reply,
    people::until,
    server::{TestServer, Workspace},
    smtp::{MailServer, Manners, Received},
    ws::{Encoding, Ws},
};

/// Where links lead.
pub const PUBLIC_URL: &str = "https://chat.example.com";
/// What everybody here signs in with.
pub const PASSWORD: &str = "correct horse battery";

/// A server that sends its mails to a mail server, and a workspace in it.
pub struct Office {
    /// The server.
    pub server: TestServer,
    /// What it sends to.
    pub mails: MailServer,
    /// The workspace.
    pub workspace: Workspace,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Member {
    /// Which agent.
    pub id: String,
    /// Its address.
    pub email: String,
    /// The token that it has.
    pub token: String,
}

/// Settings that send mails there.
pub fn mailing(mails: &MailServer) -> impl Fn(&mut Config) + use<> {
    let url = format!("smtp://{}?tls=none", mails.addr);
    move |config| {
        config.smtp_url = Some(url.as_str().into());
        config.public_url = Some(PUBLIC_URL.to_owned());
    }
}

/// What the link in a mail ends with.
pub fn link_of(text: &str, page: &str) -> String {
    let begin = format!("{PUBLIC_URL}/{page}#");
    let link = text.lines().find_map(|line| line.strip_prefix(&begin));
    link.unwrap_or_else(|| panic!("no link to {page} in\n{text}")).to_owned()
}

impl Office {
    /// With a workspace on a plan.
    pub async fn on(plan: &str) -> Self {
        Self::with(plan, |_| {}).await
    }

    /// The same, with other settings.
    pub async fn with(plan: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mails = MailServer::start(Manners::default()).await;
        let send = mailing(&mails);
        let server = TestServer::start_with(|config| {
            send(config);
            change(config);
        })
        .await;
        let workspace = server.workspace_on(plan).await;
        Self { server, mails, workspace }
    }

    /// The next mail, which is to this address; its text.
    pub async fn mail_to(&mut self, email: &str) -> String {
        let Received { to, message, .. } = self.mails.received().await;
        assert_eq!(to, [email]);
        message.part("text/plain")
    }

    /// Asks somebody to join, as root; gives the invite and what its link ends with.
    pub async fn invite(&mut self, email: &str, fields: Value) -> (Value, String) {
        let mut body = fields;
        body["email"] = json!(email);
        let invite = self.workspace.post("/invites", body).await.json;
        let link = link_of(&self.mail_to(email).await, "join");
        (invite, link)
    }

    /// Joins by a link.
    pub async fn accept(&self, link: &str, name: &str) -> Reply {
        let body = json!({"token": link, "name": name, "password": PASSWORD});
        self.server.http().call("POST", "/v1/invites/accept", "", body).await
    }

    /// Somebody joins; its address is made of its name.
    pub async fn joins(&mut self, name: &str, fields: Value) -> Member {
        let email = format!("{name}@example.org");
        let (_, link) = self.invite(&email, fields).await;
        let joined = self.accept(&link, name).await.expect(201);
        let id = joined.json["agent"]["id"].as_str().unwrap().to_owned();
        Member { id, email, token: joined.text_of("token") }
    }

    /// Tries to sign in.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> Reply {
        let body = json!({"workspace_id": self.workspace.id, "email": email, "password": password});
        self.server.http().call("POST", "/v1/sign-in", "", body).await
    }

    /// Signs in once more; the token.
    pub async fn sign_in(&self, member: &Member) -> String {
        self.try_sign_in(&member.email, PASSWORD).await.expect(200).text_of("token")
    }

    /// What a token shows of its agent.
    pub async fn me(&self, token: &str) -> Reply {
        self.server.http().call("GET", "/v1/me", token, Value::Null).await
    }

    /// A device of an agent's.
    pub async fn device(&self, token: &str) -> Ws {
        Ws::agent(self.server.addr, Encoding::Json, token).await
    }

    /// An invite as it is now.
    pub async fn invite_now(&self, id: &Value) -> Value {
        let all = self.workspace.get("/invites").await;
        let found = all.items().iter().find(|invite| invite["id"] == *id);
        found.unwrap_or_else(|| panic!("no invite {id} in {}", all.text)).clone()
    }

    /// Waits until an invite is in a state; gives it.
    pub async fn invite_is(&self, id: &Value, state: &str) -> Value {
        until(state, || async { self.invite_now(id).await["state"] == state }).await;
        self.invite_now(id).await
    }

    /// How many seats are taken.
    pub async fn seats(&self) -> u64 {
        self.workspace.get("").await.json["usage"]["seats"].as_u64().unwrap()
    }
}
