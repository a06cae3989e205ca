//! Golden frames: every message of the server's, in both encodings, and what a client forgives.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard_protocol::model::*;
use switchboard_protocol::*;

fn conversation_for_visitor() -> Conversation {
    Conversation {
        id: "cnv_1".into(),
        revision: 3,
        state: ConversationState::Queued,
        department_id: "sales".into(),
        priority: None,
        skills: None,
        attributes: Attributes::default(),
        external_id: None,
        visitor: Visitor {
            id: "vis_1".into(),
            name: None,
            email: None,
            external_id: None,
            verified: false,
        },
        agent: None,
        offer: None,
        position: Some(2),
        eta_ms: None,
        reason: None,
        opened_at: 10,
        queued_at: Some(10),
        assigned_at: None,
        closed_at: None,
        waited_ms: 5,
        assignment: None,
    }
}

fn conversation_for_agent() -> Conversation {
    Conversation {
        state: ConversationState::Assigned,
        priority: Some(0),
        skills: Some(vec!["de".into()]),
        attributes: [("vip", AttributeValue::Bool(true))].into_iter().collect(),
        external_id: Some("x".into()),
        agent: Some(AgentRef { id: "ann".into(), name: "Ann".into() }),
        offer: Some(None),
        position: None,
        assigned_at: Some(15),
        assignment: Some(Assignment {
            cause: AssignmentCause::Routed,
            by: By::Engine,
            by_id: None,
            comment: None,
        }),
        ..conversation_for_visitor()
    }
}

const FOR_VISITOR: &str = r#"{"id":"cnv_1","revision":3,"state":"queued","department_id":"sales","attributes":{},"visitor":{"id":"vis_1","verified":false},"agent":null,"position":2,"eta_ms":null,"reason":null,"opened_at":10,"queued_at":10,"assigned_at":null,"closed_at":null,"waited_ms":5,"assignment":null}"#;
const FOR_AGENT: &str = r#"{"id":"cnv_1","revision":3,"state":"assigned","department_id":"sales","priority":0,"skills":["de"],"attributes":{"vip":true},"external_id":"x","visitor":{"id":"vis_1","verified":false},"agent":{"id":"ann","name":"Ann"},"offer":null,"position":null,"eta_ms":null,"reason":null,"opened_at":10,"queued_at":10,"assigned_at":15,"closed_at":null,"waited_ms":5,"assignment":{"cause":"routed","by":"engine"}}"#;

fn agent() -> Agent {
    Agent {
        id: "ann".into(),
        email: "ann@example.org".into(),
        name: "Ann".into(),
        role: Role::Admin,
        department_ids: vec!["sales".into()],
        capacity: 5,
        skills: vec![],
        external_id: None,
        avatar_url: None,
        availability: Availability::Away,
        availability_since: 1,
        availability_by: By::Engine,
        present: true,
        load: 0,
        routable: false,
        routable_reason: Some(RoutableReason::Away),
    }
}

fn departments() -> Arc<[PublicDepartment]> {
    Arc::new([PublicDepartment {
        id: "sales".into(),
        name: "Sales".into(),
        staffed: false,
        opens_at: Some(99),
    }])
}

fn welcome() -> Welcome {
    Welcome {
        reference: Some(1),
        session_id: "ses_1".into(),
        epoch: "e".into(),
        seq: 0,
        resumed: false,
        heartbeat_ms: 15_000,
        resume_window_ms: 60_000,
        server_time: 7,
        workspace: WorkspaceRef { id: "acme".into(), name: "Acme".into() },
        agent: None,
        visitor: None,
        visitor_token: None,
        departments: None,
        conversations: vec![],
    }
}

fn live() -> (LiveAgent, LiveDepartment, LiveQueued) {
    let agent = LiveAgent {
        id: "ann".into(),
        name: "Ann".into(),
        role: Role::Agent,
        availability: Availability::Online,
        availability_since: 1,
        present: true,
        load: 1,
        capacity: 5,
        department_ids: vec!["sales".into()],
    };
    let department = LiveDepartment {
        id: "sales".into(),
        name: "Sales".into(),
        staffed: true,
        online: 1,
        queued: 0,
        oldest_wait_ms: None,
        assigned: 1,
    };
    let queued = LiveQueued {
        conversation_id: "c".into(),
        department_id: "sales".into(),
        position: 1,
        waited_ms: 5,
    };
    (agent, department, queued)
}

const LIVE_ENTRIES: &str = r#""agents":[{"id":"ann","name":"Ann","role":"agent","availability":"online","availability_since":1,"present":true,"load":1,"capacity":5,"department_ids":["sales"]}],"departments":[{"id":"sales","name":"Sales","staffed":true,"online":1,"queued":0,"oldest_wait_ms":null,"assigned":1}],"totals":{"opened":0,"assigned":0,"closed":0,"rejected":0,"waiting":0,"wait_p50_ms":null,"wait_p99_ms":null},"queued":[{"conversation_id":"c","department_id":"sales","position":1,"waited_ms":5}]"#;

fn answers() -> Vec<(ServerMessage, String)> {
    const START: &str = r#"{"type":"welcome","ref":1,"session_id":"ses_1","epoch":"e","seq":0,"resumed":false,"heartbeat_ms":15000,"resume_window_ms":60000,"server_time":7,"workspace":{"id":"acme","name":"Acme"},"#;
    let for_agent = Welcome {
        agent: Some(Arc::new(agent())),
        conversations: vec![Arc::new(conversation_for_agent())],
        ..welcome()
    };
    let for_visitor = Welcome {
        visitor: Some(VisitorSelf { id: "vis_1".into(), name: None, verified: false }),
        visitor_token: Some("v".into()),
        departments: Some(departments()),
        ..welcome()
    };
    let opened = OkAnswer {
        reference: Some(2),
        conversation: Some(Arc::new(conversation_for_visitor())),
        ..OkAnswer::default()
    };
    let all = OkAnswer {
        reference: None,
        now: Some(1),
        availability: Some(Availability::Online),
        conversation: None,
        held_until: Some(2),
        expires_at: Some(3),
    };
    let limited = ErrorAnswer {
        reference: Some(2),
        code: ErrorCode::RateLimited,
        message: "slow down".into(),
        retryable: true,
        retry_after_ms: Some(200),
    };
    vec![
        (
            ServerMessage::Welcome(Box::new(for_agent)),
            format!(
                r#"{START}"agent":{{"id":"ann","email":"ann@example.org","name":"Ann","role":"admin","department_ids":["sales"],"capacity":5,"skills":[],"availability":"away","availability_since":1,"availability_by":"engine","present":true,"load":0,"routable":false,"routable_reason":"away"}},"conversations":[{FOR_AGENT}]}}"#
            ),
        ),
        (
            ServerMessage::Welcome(Box::new(for_visitor)),
            format!(
                r#"{START}"visitor":{{"id":"vis_1","verified":false}},"visitor_token":"v","departments":[{{"id":"sales","name":"Sales","staffed":false,"opens_at":99}}],"conversations":[]}}"#
            ),
        ),
        (
            ServerMessage::Ok(opened),
            format!(r#"{{"type":"ok","ref":2,"conversation":{FOR_VISITOR}}}"#),
        ),
        (
            ServerMessage::Ok(all),
            r#"{"type":"ok","now":1,"availability":"online","held_until":2,"expires_at":3}"#.into(),
        ),
        (
            ServerMessage::Error(limited),
            r#"{"type":"error","ref":2,"code":"rate_limited","message":"slow down","retryable":true,"retry_after_ms":200}"#.into(),
        ),
        (
            ServerMessage::error(None, ErrorCode::BadMessage, "no"),
            r#"{"type":"error","code":"bad_message","message":"no","retryable":false}"#.into(),
        ),
        (
            ServerMessage::Heartbeat(Heartbeat { now: 5 }),
            r#"{"type":"heartbeat","now":5}"#.into(),
        ),
    ]
}

fn sequenced() -> Vec<(ServerMessage, String)> {
    let conversation_id = || "c".to_owned();
    let push = |conversation| ConversationPush { seq: 1, conversation: Arc::new(conversation) };
    let offer =
        Offer { id: "off_1".into(), agent_id: "ann".into(), expires_at: 20, expires_in_ms: 10 };
    let offered = Conversation { offer: Some(Some(offer)), ..conversation_for_agent() };
    let with_offer = FOR_AGENT.replace(
        r#""offer":null"#,
        r#""offer":{"id":"off_1","agent_id":"ann","expires_at":20,"expires_in_ms":10}"#,
    );
    vec![
        (
            ServerMessage::ConversationOpened(push(conversation_for_visitor())),
            format!(r#"{{"type":"conversation.opened","seq":1,"conversation":{FOR_VISITOR}}}"#),
        ),
        (
            ServerMessage::ConversationAssigned(push(conversation_for_agent())),
            format!(r#"{{"type":"conversation.assigned","seq":1,"conversation":{FOR_AGENT}}}"#),
        ),
        (
            ServerMessage::ConversationOffered(push(offered)),
            format!(r#"{{"type":"conversation.offered","seq":1,"conversation":{with_offer}}}"#),
        ),
        (
            ServerMessage::ConversationReleased(ConversationReleased {
                seq: 1,
                conversation_id: conversation_id(),
                revision: 4,
                reason: ReleasedReason::AgentLost,
            }),
            r#"{"type":"conversation.released","seq":1,"conversation_id":"c","revision":4,"reason":"agent_lost"}"#.into(),
        ),
        (
            ServerMessage::ConversationClosed(ConversationClosed {
                seq: 1,
                conversation_id: conversation_id(),
                revision: 4,
                by: By::VisitorLeft,
            }),
            r#"{"type":"conversation.closed","seq":1,"conversation_id":"c","revision":4,"by":"visitor_left"}"#.into(),
        ),
        (
            ServerMessage::ConversationRejected(ConversationRejected {
                seq: 1,
                conversation_id: conversation_id(),
                revision: 4,
                reason: RejectedReason::MaxWait,
            }),
            r#"{"type":"conversation.rejected","seq":1,"conversation_id":"c","revision":4,"reason":"max_wait"}"#.into(),
        ),
        (
            ServerMessage::OfferWithdrawn(OfferWithdrawn {
                seq: 1,
                conversation_id: conversation_id(),
                revision: 4,
                offer_id: "o".into(),
                reason: WithdrawnReason::AcceptedElsewhere,
            }),
            r#"{"type":"offer.withdrawn","seq":1,"conversation_id":"c","revision":4,"offer_id":"o","reason":"accepted_elsewhere"}"#.into(),
        ),
        (
            ServerMessage::AvailabilityChanged(AvailabilityChanged {
                seq: 1,
                availability: Availability::Away,
                by: By::MissedOffers,
            }),
            r#"{"type":"availability.changed","seq":1,"availability":"away","by":"missed_offers"}"#.into(),
        ),
        (
            ServerMessage::MembershipChanged(MembershipChanged {
                seq: 1,
                department_ids: vec!["sales".into()],
            }),
            r#"{"type":"membership.changed","seq":1,"department_ids":["sales"]}"#.into(),
        ),
    ]
}

fn latest_values() -> Vec<(ServerMessage, String)> {
    let (agent, department, queued) = live();
    let snapshot = LiveSnapshot {
        at: 1,
        agents: vec![agent.clone()],
        departments: vec![department.clone()],
        totals: LiveTotals::default(),
        queued: vec![queued.clone()],
    };
    let delta = LiveDelta {
        at: 1,
        agents: vec![agent],
        departments: vec![department],
        totals: LiveTotals::default(),
        queued: vec![queued],
        removed: LiveRemoved { agent_ids: vec!["bob".into()], department_ids: vec![] },
    };
    let event = Event {
        offset: 9,
        id: "evt_9".into(),
        kind: "conversation.opened".into(),
        at: 1,
        by: By::Visitor,
        by_id: Some("vis_1".into()),
        conversation_id: Some("c".into()),
        agent_id: None,
        department_id: None,
        data: json!({"priority": 0}),
    };
    vec![
        (
            ServerMessage::ConversationQueued(ConversationQueued {
                conversation_id: "c".into(),
                revision: 4,
                position: Some(1),
                eta_ms: None,
            }),
            r#"{"type":"conversation.queued","conversation_id":"c","revision":4,"position":1,"eta_ms":null}"#.into(),
        ),
        (
            ServerMessage::DepartmentsChanged(DepartmentsChanged { departments: departments() }),
            r#"{"type":"departments.changed","departments":[{"id":"sales","name":"Sales","staffed":false,"opens_at":99}]}"#.into(),
        ),
        (
            ServerMessage::LiveSnapshot(Arc::new(snapshot)),
            format!(r#"{{"type":"live.snapshot","at":1,{LIVE_ENTRIES}}}"#),
        ),
        (
            ServerMessage::LiveDelta(Arc::new(delta)),
            format!(
                r#"{{"type":"live.delta","at":1,{LIVE_ENTRIES},"removed":{{"agent_ids":["bob"],"department_ids":[]}}}}"#
            ),
        ),
        (
            ServerMessage::TokenExpiring(TokenExpiring { expires_at: 5 }),
            r#"{"type":"token.expiring","expires_at":5}"#.into(),
        ),
        (
            ServerMessage::GoingAway(GoingAway { retry_after_ms: 500 }),
            r#"{"type":"going_away","retry_after_ms":500}"#.into(),
        ),
        (
            ServerMessage::Event(Box::new(EventPush { event })),
            r#"{"type":"event","event":{"offset":9,"id":"evt_9","type":"conversation.opened","at":1,"by":"visitor","by_id":"vis_1","conversation_id":"c","data":{"priority":0}}}"#.into(),
        ),
    ]
}

fn check(golden: Vec<(ServerMessage, String)>) {
    for (message, text) in golden {
        let json = encode(&message, Encoding::Json).unwrap();
        assert_eq!(String::from_utf8(json).unwrap(), text);
        assert_eq!(decode_server(text.as_bytes(), Encoding::Json).as_ref(), Ok(&message));
        assert_eq!(serde_json::from_str::<ServerMessage>(&text).unwrap(), message);

        let packed = encode(&message, Encoding::MessagePack).unwrap();
        assert_eq!(decode_server(&packed, Encoding::MessagePack).as_ref(), Ok(&message));
        let value: Value = rmp_serde::from_slice(&packed).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
        assert_eq!(value["type"], message.type_name());
        assert_eq!(value.get("ref").and_then(Value::as_i64), message.reference());
    }
}

#[test]
fn answers_are_as_ever() {
    check(answers());
}

#[test]
fn sequenced_pushes_are_as_ever() {
    check(sequenced());
    for (mut message, _) in sequenced() {
        assert_eq!(message.seq(), Some(1));
        message.set_seq(7);
        assert_eq!(message.seq(), Some(7));
    }
}

#[test]
fn latest_values_are_as_ever_and_have_no_number() {
    check(latest_values());
    for (message, _) in latest_values() {
        assert_eq!(message.seq(), None);
    }
}

#[test]
fn a_client_forgives_what_is_younger_than_itself() {
    let read = |text: &str| decode_server(text.as_bytes(), Encoding::Json).unwrap();
    assert_eq!(read(r#"{"type":"message.sent","seq":4,"text":"hi"}"#), ServerMessage::Unknown);
    let closed = read(
        r#"{"type":"conversation.closed","seq":1,"conversation_id":"c","revision":4,"by":"moon","why":{}}"#,
    );
    let ServerMessage::ConversationClosed(closed) = closed else { unreachable!() };
    assert_eq!(closed.by, By::Other);
    let error = read(r#"{"type":"error","code":"out_of_cheese","message":"","retryable":true}"#);
    let ServerMessage::Error(error) = error else { unreachable!() };
    assert_eq!(error.code, ErrorCode::Other);
}

#[test]
fn secrets_do_not_show() {
    let text = format!("{:?}", answers());
    assert!(text.contains("Secret(…)") && !text.contains("\"v\")"));
}
