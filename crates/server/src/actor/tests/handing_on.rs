//! Offers and transfers where it matters who comes first, and what was said on the way.

use super::*;

impl Rig {
    async fn do_to(&self, id: &str, what: &str, json: &str) -> serde_json::Value {
        let id = id.to_owned();
        self.read(match what {
            "assign" => Question::AssignConversation(id, body(json)),
            "transfer" => Question::TransferConversation(id, Box::new(body(json))),
            "close" => Question::CloseConversation(id),
            "reopen" => Question::ReopenConversation(id),
            other => panic!("{other}"),
        })
        .await
    }

    async fn comment(&self, id: &str) -> serde_json::Value {
        self.read(Question::Conversation(id.into())).await["assignment"]["comment"].clone()
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_two_devices_that_accept_at_once_is_first() {
    let rig = Rig::new().await;
    let patch = body(r#"{"policy":{"offer_timeout_ms":60000}}"#);
    rig.ask(Question::PatchDepartment("sales".into(), Box::new(patch))).await.unwrap();
    let (mut ann, mut phone) = (rig.agent("ann").await, rig.agent("ann").await);
    ann.online(&rig).await;
    let mut visitor = rig.visitor("v1").await;
    visitor.open(&rig).await;
    let Some(ServerMessage::ConversationOffered(asked)) = ann.messages().into_iter().next_back()
    else {
        panic!("{:?}", ann.messages())
    };
    let offer = asked.conversation.offer.clone().flatten().unwrap();
    let accept = ClientBody::ConversationAccept {
        conversation_id: asked.conversation.id.clone(),
        offer_id: offer.id.clone(),
    };
    ann.say(accept.clone());
    phone.say(accept);
    rig.settle().await;
    let first = ann.messages().into_iter().next_back();
    assert!(matches!(first, Some(ServerMessage::Ok(_))), "{first:?}");
    let others: Vec<_> = phone.types().into_iter().skip(2).collect();
    assert_eq!(others, ["offer.withdrawn", "conversation.assigned", "error"]);
    let Some(ServerMessage::Error(late)) = phone.messages().into_iter().next_back() else {
        panic!("{:?}", phone.messages())
    };
    assert_eq!(late.code, ErrorCode::OfferExpired);
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_a_transfer_goes_with_the_assignment_that_it_leads_to() {
    let rig = Rig::new().await;
    let (mut ann, mut bob) = (rig.agent("ann").await, rig.agent("bob").await);
    ann.online(&rig).await;
    let mut visitor = rig.visitor("v1").await;
    let id = visitor.open(&rig).await.id.clone();
    let back = r#"{"department_id":"sales","comment":"wants a refund"}"#;
    // It queues first: nobody else is there.
    let queued = rig.do_to(&id, "transfer", back).await;
    assert_eq!((&queued["state"], &queued["assignment"]), (&"queued".into(), &().into()));
    bob.online(&rig).await;
    let told = bob.messages().into_iter().find_map(|message| match message {
        ServerMessage::ConversationAssigned(push) => push.conversation.assignment.clone(),
        _ => None,
    });
    assert_eq!(told.unwrap().comment.as_deref(), Some("wants a refund"));
    let seen = visitor.messages().into_iter().filter_map(|message| match message {
        ServerMessage::ConversationAssigned(push) => push.conversation.assignment.clone(),
        _ => None,
    });
    assert!(seen.into_iter().all(|assignment| assignment.comment.is_none()));
    // It is bob's still, so nothing was handed on.
    let same = r#"{"agent_id":"bob","comment":"again"}"#;
    rig.do_to(&id, "transfer", same).await;
    assert_eq!(rig.comment(&id).await, "wants a refund");
    // Who gave it away is not asked for a while.
    rig.wait(5_001).await;
    // Another assignment knows nothing of it.
    rig.do_to(&id, "assign", r#"{"agent_id":"ann"}"#).await;
    assert!(rig.comment(&id).await.is_null());
    rig.do_to(&id, "transfer", r#"{"agent_id":"bob","comment":"yours"}"#).await;
    assert_eq!(rig.comment(&id).await, "yours");
    rig.do_to(&id, "close", "{}").await;
    assert_eq!(rig.comment(&id).await, "yours");
    rig.do_to(&id, "reopen", "{}").await;
    assert!(rig.comment(&id).await.is_null());
}

#[tokio::test(start_paused = true)]
async fn what_was_said_is_gone_once_the_agent_is_lost() {
    let rig = Rig::new().await;
    let (mut ann, mut bob) = (rig.agent("ann").await, rig.agent("bob").await);
    ann.online(&rig).await;
    bob.online(&rig).await;
    let opened = rig.open_for("eve").await;
    let (id, holder) = (opened["id"].as_str().unwrap(), opened["agent"]["id"].as_str().unwrap());
    let other = if holder == "ann" { "bob" } else { "ann" };
    let transfer = format!(r#"{{"agent_id":"{other}","comment":"yours"}}"#);
    rig.do_to(id, "transfer", &transfer).await;
    assert_eq!(rig.comment(id).await, "yours");
    if other == "ann" {
        ann.lose()
    } else {
        bob.lose()
    }
    rig.wait(10_001).await;
    let now = rig.read(Question::Conversation(id.into())).await;
    assert_eq!((&now["agent"]["id"], &now["assignment"]["comment"]), (&holder.into(), &().into()));
}
