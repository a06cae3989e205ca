//! Sessions that sleep with leave, and agents who do nothing.

use super::*;

const HOUR_MS: u64 = 3_600_000;

impl Rig {
    async fn set(&self, settings: &str) {
        let patch = format!(r#"{{"settings":{settings}}}"#);
        self.ask(Question::PatchWorkspace(body(&patch))).await.unwrap();
    }

    async fn resumed(&self, was: &Session, seq: u64) -> Session {
        let (session_id, epoch) = (was.id.to_string(), was.welcome.epoch.clone());
        let resume = Resume { session_id, epoch, seq };
        self.agent_until("ann", u64::MAX, Some(resume)).await
    }
}

impl Session {
    async fn hold(&mut self, rig: &Rig, hold_ms: u64) -> Result<u64, ErrorCode> {
        match self.request(rig, ClientBody::SessionHold { hold_ms }).await {
            ServerMessage::Ok(OkAnswer { held_until: Some(until), .. }) => Ok(until),
            ServerMessage::Error(error) => Err(error.code),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn leave_is_what_the_workspace_grants() {
    let rig = Rig::new().await;
    let mut ann = rig.agent("ann").await;
    assert_eq!(ann.hold(&rig, 1_000).await, Err(ErrorCode::Forbidden));
    rig.set(r#"{"mobile_hold_ms":60000}"#).await;
    let now = ann.welcome.server_time;
    for (asked, given) in [(1_000, 1_000), (HOUR_MS, 60_000), (u64::MAX, 60_000)] {
        let until = ann.hold(&rig, asked).await.unwrap();
        assert!((now + given..now + given + 1_000).contains(&until), "{until} for {asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_session_hears_when_it_wakes_what_it_was_asked() {
    let rig = Rig::new().await;
    rig.set(&format!(r#"{{"mobile_hold_ms":{HOUR_MS}}}"#)).await;
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("v1").await);
    ann.online(&rig).await;
    ann.hold(&rig, HOUR_MS).await.unwrap();
    ann.lose();
    rig.wait(RESUME_WINDOW_MS + 1).await;
    // It is there, and asked: never given anything outright.
    let opened = visitor.open(&rig).await;
    assert_eq!(opened.state, model::ConversationState::Offered);
    rig.wait(31_000).await;
    let mut back = rig.resumed(&ann, 0).await;
    assert!(back.welcome.resumed);
    let [ServerMessage::ConversationOffered(asked), ServerMessage::OfferWithdrawn(over), ..] =
        &back.messages()[..]
    else {
        panic!("{:?}", back.messages())
    };
    let offer = asked.conversation.offer.clone().flatten().unwrap();
    assert_eq!((&over.offer_id, over.reason), (&offer.id, model::WithdrawnReason::Expired));
    assert!(over.revision > asked.conversation.revision);
    // Awake, it is given what waits.
    rig.wait(10_000).await;
    assert!(back.types().contains(&"conversation.assigned"), "{:?}", back.types());
    back.reference = ann.reference;
    let gone = back.request(&rig, ClientBody::SessionEnd).await;
    assert!(matches!(gone, ServerMessage::Ok(_)));
    rig.wait(1_000).await;
    let now = rig.read(Question::Conversation(opened.id.clone())).await;
    assert_eq!(now["state"], "queued", "no grace for who ends on purpose {now:#}");
}

/// A client whose clock is wrong goes by what is left, and that is less once it wakes.
#[tokio::test(start_paused = true)]
async fn an_offer_that_was_missed_has_left_what_it_has_left_now() {
    let rig = Rig::new().await;
    rig.set(&format!(r#"{{"mobile_hold_ms":{HOUR_MS}}}"#)).await;
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("v1").await);
    ann.online(&rig).await;
    ann.hold(&rig, HOUR_MS).await.unwrap();
    ann.lose();
    visitor.open(&rig).await;
    for (later, left) in [(20_000, 9_000..=10_000), (20_000, 0..=0)] {
        rig.wait(later).await;
        let back = rig.resumed(&ann, 0).await;
        let Some(ServerMessage::ConversationOffered(asked)) = back.messages().first().cloned()
        else {
            panic!("{:?}", back.messages())
        };
        let offer = asked.conversation.offer.clone().flatten().unwrap();
        assert!(left.contains(&offer.expires_in_ms), "{offer:?}");
        if let Some(shown) = back.welcome.conversations.first() {
            assert_eq!(shown.offer, Some(Some(offer)), "as in the welcome before it");
        }
        back.lose();
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_session_can_be_resumed_until_its_leave_is_over_and_a_while_more() {
    let rig = Rig::new().await;
    rig.set(&format!(r#"{{"mobile_hold_ms":{HOUR_MS}}}"#)).await;
    for (late, resumed) in [(RESUME_WINDOW_MS - 1_000, true), (RESUME_WINDOW_MS + 1_000, false)] {
        let mut ann = rig.agent("ann").await;
        ann.hold(&rig, HOUR_MS).await.unwrap();
        ann.lose();
        rig.wait(HOUR_MS + late).await;
        assert_eq!(rig.resumed(&ann, 0).await.welcome.resumed, resumed, "{late}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_too_many_that_sleep_the_oldest_goes() {
    let rig = Rig::new().await;
    rig.set(&format!(r#"{{"mobile_hold_ms":{HOUR_MS}}}"#)).await;
    let mut phones = Vec::new();
    for _ in 0..9 {
        let mut phone = rig.agent("ann").await;
        phone.hold(&rig, HOUR_MS).await.unwrap();
        phone.lose();
        phones.push(phone);
    }
    rig.settle().await;
    assert!(!rig.resumed(&phones[0], 0).await.welcome.resumed);
    assert!(rig.resumed(&phones[1], 0).await.welcome.resumed);
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_session_that_cannot_go_on_makes_way() {
    let rig = Rig::new().await;
    rig.set(&format!(r#"{{"mobile_hold_ms":{HOUR_MS}}}"#)).await;
    let mut ann = rig.agent("ann").await;
    ann.hold(&rig, HOUR_MS).await.unwrap();
    ann.lose();
    // It has seen what was never said: nobody knows what it has missed.
    let again = rig.resumed(&ann, 99).await;
    assert!(!again.welcome.resumed);
    let present = async || rig.read(Question::Agent("ann".into())).await["present"].clone();
    assert_eq!(present().await, true);
    again.lose();
    assert_eq!(present().await, false, "nobody comes back to the old one");
}

#[tokio::test(start_paused = true)]
async fn activity_counts_once_a_minute() {
    let rig = Rig::new().await;
    rig.set(r#"{"idle_away_ms":300000}"#).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    for wait in [50_000, 30_000] {
        rig.wait(wait).await;
        let done = ann.request(&rig, ClientBody::SessionActivity).await;
        assert!(matches!(done, ServerMessage::Ok(_)), "{done:?}");
    }
    // What was said after 80 seconds was said too soon after 50.
    rig.wait(269_000).await;
    assert!(!ann.types().contains(&"availability.changed"));
    rig.wait(2_000).await;
    let said = ann.messages().into_iter().find_map(|message| match message {
        ServerMessage::AvailabilityChanged(changed) => Some((changed.availability, changed.by)),
        _ => None,
    });
    assert_eq!(said, Some((model::Availability::Away, model::By::Idle)));
}

#[tokio::test(start_paused = true)]
async fn who_is_idle_soon_is_heard_often() {
    let rig = Rig::new().await;
    rig.set(r#"{"idle_away_ms":2000}"#).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    for _ in 0..20 {
        rig.wait(600).await;
        ann.request(&rig, ClientBody::SessionActivity).await;
    }
    assert!(!ann.types().contains(&"availability.changed"));
    rig.wait(2_100).await;
    assert!(ann.types().contains(&"availability.changed"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_idle_where_that_is_off() {
    let rig = Rig::new().await;
    rig.set(r#"{"idle_away_ms":0}"#).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    rig.wait(HOUR_MS).await;
    assert!(!ann.types().contains(&"availability.changed"));
}

#[tokio::test(start_paused = true)]
async fn who_reports_each_minute_is_not_idle_although_a_report_comes_early() {
    let rig = Rig::new().await;
    rig.set(r#"{"idle_away_ms":90000}"#).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    for wait in [60_000, 59_000, 61_000, 59_900, 60_100] {
        rig.wait(wait).await;
        ann.request(&rig, ClientBody::SessionActivity).await;
    }
    assert!(!ann.types().contains(&"availability.changed"));
}
