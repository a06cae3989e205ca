//! Every message of a socket by every kind of person.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use switchboard_protocol::{
    ClientBody, ConversationOpen, ConversationTransfer, Hello, model::Availability,
};

use super::scene::Scene;
use crate::{
    server::TestServer,
    ws::{Encoding, Ws, check_error},
};

/// Who sends, in the order of the columns.
const SENDERS: [&str; 6] = [
    "the visitor",
    "another visitor",
    "an agent of another department",
    "an agent of the department",
    "the agent who holds the conversation",
    "an admin",
];

const OK: &str = "ok";
const FORBIDDEN: &str = "forbidden";
const NOT_FOUND: &str = "not_found";
/// Of what agents alone can ask.
const OF_AGENTS: [&str; 6] = [FORBIDDEN, FORBIDDEN, OK, OK, OK, OK];
/// Of what can be done with a conversation of whoever does it.
const OF_ITS_PEOPLE: [&str; 6] = [OK, NOT_FOUND, NOT_FOUND, FORBIDDEN, OK, OK];
/// Of what the agent concerned alone can do.
const OF_THE_AGENT_ASKED: [&str; 6] = [NOT_FOUND, NOT_FOUND, NOT_FOUND, FORBIDDEN, OK, FORBIDDEN];

/// What each of [`SENDERS`] is answered. A new message does not compile without its row.
fn row(body: &ClientBody) -> [&'static str; 6] {
    match body {
        // The first message alone is one.
        ClientBody::Hello(_) => ["conflict"; 6],
        ClientBody::Ping | ClientBody::SessionEnd | ClientBody::TokenRenew { .. } => [OK; 6],
        ClientBody::AvailabilitySet { .. }
        | ClientBody::SessionHold { .. }
        | ClientBody::SessionActivity
        | ClientBody::LiveSubscribe
        | ClientBody::LiveUnsubscribe => OF_AGENTS,
        ClientBody::ConversationOpen(_) => [OK, OK, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN],
        ClientBody::ConversationClose { .. } | ClientBody::ConversationReopen { .. } => {
            OF_ITS_PEOPLE
        }
        ClientBody::ConversationAccept { .. } | ClientBody::ConversationDecline { .. } => {
            OF_THE_AGENT_ASKED
        }
        // The holder is asked already, and may take it all the same; an admin is no member.
        ClientBody::ConversationClaim { .. } => {
            [NOT_FOUND, NOT_FOUND, NOT_FOUND, OK, OK, "not_eligible"]
        }
        ClientBody::ConversationTransfer(_) => [NOT_FOUND, NOT_FOUND, NOT_FOUND, FORBIDDEN, OK, OK],
        // Reserved.
        ClientBody::EventsSubscribe { .. } => ["unsupported"; 6],
    }
}

/// The message after this one, up to the last. A new one does not compile without its place.
fn next(body: Option<&ClientBody>, scene: &Scene) -> Option<ClientBody> {
    use ClientBody as B;
    let (held, closed) = (scene.held.clone(), scene.closed.clone());
    let (offered, offer) = (scene.offered.clone(), scene.offer.clone());
    Some(match body {
        None => B::Hello(Box::<Hello>::default()),
        Some(B::Hello(_)) => B::Ping,
        Some(B::Ping) => B::AvailabilitySet { availability: Availability::Away },
        Some(B::AvailabilitySet { .. }) => {
            let department_id = Some("other".to_owned());
            B::ConversationOpen(Box::new(ConversationOpen { department_id, ..Default::default() }))
        }
        Some(B::ConversationOpen(_)) => B::ConversationClose { conversation_id: held },
        Some(B::ConversationClose { .. }) => B::ConversationReopen { conversation_id: closed },
        Some(B::ConversationReopen { .. }) => {
            B::ConversationAccept { conversation_id: offered, offer_id: offer }
        }
        Some(B::ConversationAccept { .. }) => {
            B::ConversationDecline { conversation_id: offered, offer_id: offer }
        }
        Some(B::ConversationDecline { .. }) => B::ConversationClaim { conversation_id: offered },
        Some(B::ConversationClaim { .. }) => {
            let agent_id = Some("cole".to_owned());
            B::ConversationTransfer(Box::new(ConversationTransfer {
                conversation_id: held,
                department_id: None,
                agent_id,
                comment: None,
            }))
        }
        Some(B::ConversationTransfer(_)) => B::SessionHold { hold_ms: 1_000 },
        Some(B::SessionHold { .. }) => B::SessionEnd,
        Some(B::SessionEnd) => B::SessionActivity,
        // Whoever sends it puts its own in.
        Some(B::SessionActivity) => B::TokenRenew { token: "".into() },
        Some(B::TokenRenew { .. }) => B::LiveSubscribe,
        Some(B::LiveSubscribe) => B::LiveUnsubscribe,
        Some(B::LiveUnsubscribe) => B::EventsSubscribe { after: Some(0) },
        Some(B::EventsSubscribe { .. }) => return None,
    })
}

/// What one of [`SENDERS`] comes in with, and its socket. The holder and his colleague are on
/// theirs already, and stay.
async fn sender<'s>(
    at: usize,
    scene: &'s mut Scene,
    server: &TestServer,
    own: &'s mut Option<Ws>,
) -> (&'s mut Ws, Value) {
    let site_key = scene.workspace.site_key.clone();
    let bearer = json!(scene.bearers[[0, 0, 3, 4, 5, 6][at]]);
    let hello = match at {
        0 => json!({"site_key": site_key, "visitor_token": scene.visitor_token}),
        1 => json!({"site_key": site_key}),
        3 => return (&mut scene.sockets[1], bearer),
        4 => return (&mut scene.sockets[0], bearer),
        _ => json!({"token": bearer}),
    };
    let ws = own.insert(Ws::hello(server.addr, Encoding::Json, hello).await);
    let token = if at < 2 { ws.welcome["visitor_token"].clone() } else { bearer };
    (ws, token)
}

#[tokio::test]
async fn who_may_send_what() {
    let server = TestServer::start_with(|config| config.in_memory = true).await;
    let mut body = next(None, &Scene::set(&server).await);
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    while let Some(kind) = body {
        assert!(tried.insert(kind.type_name()), "{} comes once", kind.type_name());
        for (at, expected) in row(&kind).iter().enumerate() {
            let (mut scene, mut own) = (Scene::set(&server).await, None);
            let body = with_ids_of(&kind, &scene);
            let (ws, own) = sender(at, &mut scene, &server, &mut own).await;
            let mut message = serde_json::to_value(&body).unwrap();
            if matches!(body, ClientBody::TokenRenew { .. }) {
                message["token"] = own;
            }
            let answer = ws.request(message).await;
            if answer["type"] == "error" {
                check_error(&answer, answer["code"].as_str().unwrap());
            }
            let seen = answer["code"].as_str().unwrap_or(OK);
            if seen != *expected {
                wrong.push(format!("{} by {}: {answer}", kind.type_name(), SENDERS[at]));
            }
        }
        body = next(Some(&kind), &Scene::set(&server).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same message about what there is in another scene.
fn with_ids_of(kind: &ClientBody, scene: &Scene) -> ClientBody {
    let mut body = next(None, scene).unwrap();
    while body.type_name() != kind.type_name() {
        body = next(Some(&body), scene).unwrap();
    }
    body
}

#[tokio::test]
async fn who_does_not_see_an_offer_learns_nothing_of_it() {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    let (offered, olga) = (scene.offered.clone(), scene.bearers[3].clone());
    let mut ws = Ws::agent(server.addr, Encoding::Json, &olga).await;
    for conversation in [&offered, &scene.held, &scene.closed, "cnv_of_nobody"] {
        for act in ["accept", "decline"] {
            for offer in [&scene.offer, "off_of_nobody"] {
                let kind = format!("conversation.{act}");
                let body =
                    json!({"type": kind, "conversation_id": conversation, "offer_id": offer});
                ws.refused(body, "not_found").await;
                let path = format!("/conversations/{conversation}/{act}");
                let body = json!({"offer_id": offer});
                let refused = scene.workspace.call("POST", &path, &olga, body).await;
                refused.refused(404, "not_found");
            }
        }
    }
}
