//! People who are really there: sockets by the reference client, and waiting for what they hear.

use std::time::Duration;

use switchboard_client::{Client, End, Options, Push};
use switchboard_protocol::ServerMessage;
use tokio::time::timeout;

use crate::{http::Http, server::Workspace};

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(20);

/// Where the sockets of a server begin.
pub fn socket_url(http: Http) -> String {
    format!("ws://{}/v1/ws", http.0)
}

/// An agent signs in. It does not come back once its socket is lost.
pub async fn sign_in(workspace: &Workspace, token: &str) -> Client {
    let options = Options::agent(socket_url(workspace.http), token).once();
    Client::connect(options).await.expect("the agent gets in")
}

/// An agent signs in and is online: it can be given conversations.
pub async fn on_duty(workspace: &Workspace, agent: &str, token: &str) -> Client {
    let client = sign_in(workspace, token).await;
    workspace.set_availability(agent, "online").await;
    client
}

/// A visitor comes by.
pub async fn visit(workspace: &Workspace) -> Client {
    let options = Options::visitor(socket_url(workspace.http), &workspace.site_key).once();
    Client::connect(options).await.expect("the visitor gets in")
}

/// The first push that this is about; others are passed over.
pub async fn heard<T>(
    client: &mut Client,
    mut wanted: impl FnMut(&ServerMessage) -> Option<T>,
) -> T {
    let listening = async {
        loop {
            match client.next_push().await {
                Some(Push::Message(message)) => match wanted(&message) {
                    Some(found) => return found,
                    None => continue,
                },
                other => panic!("the socket ended instead: {other:?}"),
            }
        }
    };
    timeout(DEADLINE, listening).await.expect("heard in time")
}

/// The id of the next conversation that an agent is given.
pub async fn assigned(client: &mut Client) -> String {
    heard(client, |message| match message {
        ServerMessage::ConversationAssigned(push) => Some(push.conversation.id.clone()),
        _ => None,
    })
    .await
}

/// How the server closes the socket: the code, and its name.
pub async fn closed(client: &mut Client) -> (u16, String) {
    let listening = async {
        loop {
            match client.next_push().await {
                Some(Push::Ended(End::Closed { code, reason })) => return (code, reason),
                Some(Push::Message(_)) => {}
                other => panic!("not closed by the server: {other:?}"),
            }
        }
    };
    timeout(DEADLINE, listening).await.expect("closed in time")
}

/// Asks again until it is so.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let asking = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, asking).await.unwrap_or_else(|_| panic!("never so: {what}"));
}
