//! What visitors hear of their places, when, and how long it is said to take yet.

use super::*;

/// What a visitor heard of its place: after how many milliseconds, where, and how long yet.
type Heard = Vec<(u64, u64, Option<u64>)>;

impl Rig {
    /// A department in which ann and bob are, with this policy.
    async fn department(&self, id: &str, policy: &str) {
        let json = format!(r#"{{"id":"{id}","name":"{id}","policy":{policy}}}"#);
        self.ask(Question::CreateDepartment(body(&json))).await.unwrap();
    }

    pub(super) async fn policy(&self, id: &str, policy: &str) {
        let patch = format!(r#"{{"policy":{policy}}}"#);
        self.ask(Question::PatchDepartment(id.into(), Box::new(body(&patch)))).await.unwrap();
    }

    async fn shown(&self, id: &str) -> serde_json::Value {
        self.read(Question::Conversation(id.into())).await
    }

    async fn eta_of(&self, id: &str) -> Option<u64> {
        self.shown(id).await["eta_ms"].as_u64()
    }

    async fn close(&self, id: &str) {
        self.ask(Question::CloseConversation(id.into())).await.unwrap();
        self.settle().await;
    }

    /// Waits so long, and notes what each visitor hears meanwhile, and when.
    async fn listen(&self, visitors: &[&Session], ms: u64) -> Vec<Heard> {
        const STEP_MS: u64 = 10;
        let mut heard = vec![Heard::new(); visitors.len()];
        let mut known: Vec<_> = visitors.iter().map(|visitor| visitor.places().len()).collect();
        for at in (STEP_MS..=ms).step_by(STEP_MS as usize) {
            self.wait(STEP_MS).await;
            for ((visitor, known), heard) in visitors.iter().zip(&mut known).zip(&mut heard) {
                let places = visitor.places();
                heard.extend(places[*known..].iter().map(|(place, eta)| (at, *place, *eta)));
                *known = places.len();
            }
        }
        heard
    }
}

impl Session {
    /// The places that it was told, with how long it takes yet.
    fn places(&self) -> Vec<(u64, Option<u64>)> {
        let place = |message: &ServerMessage| match message {
            ServerMessage::ConversationQueued(queued) => Some((queued.position?, queued.eta_ms)),
            _ => None,
        };
        self.messages().iter().filter_map(place).collect()
    }

    async fn open_in(&mut self, rig: &Rig, department: &str) -> Arc<model::Conversation> {
        let department_id = Some(department.to_owned());
        let open = ConversationOpen { department_id, ..ConversationOpen::default() };
        match self.request(rig, ClientBody::ConversationOpen(Box::new(open))).await {
            ServerMessage::Ok(OkAnswer { conversation: Some(opened), .. }) => opened,
            other => panic!("not opened: {other:?}"),
        }
    }

    async fn set(&mut self, rig: &Rig, availability: model::Availability) {
        self.request(rig, ClientBody::AvailabilitySet { availability }).await;
    }
}

/// Ann is online with room for one, and has `first`, from now on.
async fn one_at_work(rig: &Rig) -> (Session, Session, String) {
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("first").await);
    ann.online(rig).await;
    let first = visitor.open(rig).await.id.clone();
    (ann, visitor, first)
}

#[tokio::test(start_paused = true)]
async fn what_is_left_to_wait_follows_from_what_was_served_and_who_serves() {
    let rig = Rig::new().await;
    let (mut ann, _visitor, first) = one_at_work(&rig).await;
    let mut waiting = rig.visitor("v").await;
    let second = waiting.open(&rig).await;
    assert_eq!((second.position, second.eta_ms), (Some(1), None), "nothing to go on");
    rig.wait(10_000).await;
    rig.close(&first).await;
    let opened = |position, eta_ms| (Some(position), Some(eta_ms));
    let third = waiting.open(&rig).await;
    assert_eq!((third.position, third.eta_ms), opened(1, 10_000));
    let fourth = waiting.open(&rig).await;
    assert_eq!((fourth.position, fourth.eta_ms), opened(2, 20_000));
    // With two at work it goes twice as fast.
    let mut bob = rig.agent("bob").await;
    bob.online(&rig).await;
    assert_eq!(rig.eta_of(&fourth.id).await, Some(5_000));
    bob.set(&rig, model::Availability::Away).await;
    assert_eq!(rig.eta_of(&fourth.id).await, Some(10_000), "who is away serves nobody else");
    // Nothing is promised that does not come: by chance it may take three times as long.
    rig.wait(30_000).await;
    assert_eq!(rig.eta_of(&fourth.id).await, Some(10_000));
    rig.wait(15_000).await;
    assert_eq!(rig.eta_of(&fourth.id).await, Some(25_000));
    ann.set(&rig, model::Availability::Away).await;
    assert_eq!(rig.eta_of(&fourth.id).await, None, "nobody is there");
    ann.set(&rig, model::Availability::Online).await;
    assert_eq!(rig.eta_of(&fourth.id).await, Some(10_000), "a fresh start");
}

#[tokio::test(start_paused = true)]
async fn what_rests_after_its_end_is_waited_for_too() {
    let rig = Rig::new().await;
    rig.policy("sales", r#"{"wrap_up_ms":5000}"#).await;
    let (mut ann, _visitor, first) = one_at_work(&rig).await;
    let mut waiting = rig.visitor("v").await;
    let second = waiting.open(&rig).await;
    rig.wait(10_000).await;
    rig.close(&first).await;
    assert_eq!(rig.eta_of(&second.id).await, Some(15_000));
    ann.set(&rig, model::Availability::Away).await;
    assert_eq!(rig.eta_of(&second.id).await, None);
    ann.set(&rig, model::Availability::Online).await;
    rig.wait(5_000).await;
    assert_eq!(rig.shown(&second.id).await["state"], "assigned");
}

#[tokio::test(start_paused = true)]
async fn a_restart_forgets_how_fast_it_went() {
    let rig = Rig::new().await;
    let (_ann, visitor, first) = one_at_work(&rig).await;
    let mut waiting = rig.visitor("v").await;
    waiting.open(&rig).await;
    rig.close(&first).await;
    assert!(waiting.open(&rig).await.eta_ms.is_some());
    let claims = Claims::Agent {
        agent_id: "bob".into(),
        expires_at: u64::MAX,
        proof: crate::auth::Proof::Host { issued_at: 0 },
    };
    let socket = Socket { breaks: true.into(), ..Socket::default() };
    assert!(rig.hello("w", claims, None, socket).await.is_none());
    rig.settle().await;
    assert_eq!(visitor.closed(), Some(CloseCode::WorkspaceMoved));
    let _ann = rig.agent("ann").await;
    assert_eq!(rig.visitor("w").await.open(&rig).await.eta_ms, None);
}

#[tokio::test(start_paused = true)]
async fn who_is_queued_again_after_an_offer_hears_a_place_only_where_it_is_another() {
    let rig = Rig::new().await;
    rig.policy("sales", r#"{"offer_timeout_ms":2000,"decline_cooldown_ms":3000}"#).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let mut first = rig.visitor("first").await;
    let offered = first.open(&rig).await;
    assert_eq!((offered.state, offered.position), (model::ConversationState::Offered, Some(1)));
    assert_eq!(offered.eta_ms, None);
    let mut second = rig.visitor("second").await;
    assert_eq!(second.open(&rig).await.position, Some(2), "who is offered counts");
    // Missed: ann is asked for the second one then, for two seconds. Missed as well: nobody can be
    // asked for a second; then ann is for the first one again. Nobody's place has changed.
    let heard = rig.listen(&[&first, &second], 5_400).await;
    assert_eq!(heard, [vec![], vec![]]);
    assert_eq!(rig.shown(&offered.id).await["state"], "offered");
    // Now it has.
    first
        .request(&rig, ClientBody::ConversationClose { conversation_id: offered.id.clone() })
        .await;
    rig.wait(1_000).await;
    assert_eq!(first.places(), []);
    assert_eq!(second.places().iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1]);
}

#[tokio::test(start_paused = true)]
async fn who_waited_too_long_hears_its_place_elsewhere_and_those_behind_move_up() {
    let rig = Rig::new().await;
    rig.department("night", "{}").await;
    rig.policy("sales", r#"{"max_wait_ms":2000,"fallback_department_id":"night"}"#).await;
    let (mut first, mut second) = (rig.visitor("first").await, rig.visitor("second").await);
    let (mut third, mut there) = (rig.visitor("third").await, rig.visitor("there").await);
    assert_eq!(first.open_in(&rig, "sales").await.position, Some(1));
    rig.wait(1_000).await;
    assert_eq!(second.open_in(&rig, "sales").await.position, Some(2));
    assert_eq!(third.open_in(&rig, "sales").await.position, Some(3));
    assert_eq!(there.open_in(&rig, "night").await.position, Some(1));
    let heard = rig.listen(&[&first, &second, &third, &there], 3_000).await;
    let places = |heard: &Heard| heard.iter().map(|(at, place, _)| (*at, *place)).collect();
    let heard: Vec<Vec<_>> = heard.iter().map(places).collect();
    // Each keeps its place by its arrival, also elsewhere.
    assert_eq!(heard[0], [(1_000, 1)]);
    assert_eq!(heard[1], [(1_000, 1), (2_000, 2)]);
    assert_eq!(heard[2], [(1_000, 2), (2_000, 3)]);
    assert_eq!(heard[3], [(1_000, 2), (2_000, 4)]);
}

/// At least a second between any two.
fn check_pace(heard: &[Heard]) {
    for heard in heard {
        for pair in heard.windows(2) {
            assert!(pair[1].0 - pair[0].0 >= 1_000, "{heard:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_line_is_told_in_pieces_and_the_last_place_is_right() {
    const WAITING: u64 = 2_000;
    let rig = Rig::new().await;
    let mut visitors = Vec::new();
    for n in 0..WAITING {
        let mut visitor = rig.visitor(&format!("v{n}")).await;
        let opened = visitor.open(&rig).await;
        assert_eq!(opened.position, Some(n + 1));
        visitors.push((visitor, opened.id.clone()));
    }
    rig.wait(2_000).await;
    assert!(visitors.iter().all(|(visitor, _)| visitor.places().is_empty()));
    let leaving: Vec<_> = visitors.drain(..3).collect();
    rig.close(&leaving[0].1).await;
    let told = visitors.iter().filter(|(visitor, _)| !visitor.places().is_empty()).count();
    assert!(told <= 512, "{told} in one turn or two");
    for (_, id) in &leaving[1..] {
        rig.wait(7).await;
        rig.close(id).await;
    }
    let listening: Vec<_> = visitors.iter().map(|(visitor, _)| visitor).collect();
    let heard = rig.listen(&listening, 3_000).await;
    check_pace(&heard);
    for (place, (visitor, _)) in (1..).zip(&visitors) {
        let places = visitor.places();
        assert_eq!(places.last(), Some(&(place, None)));
        assert!(places.len() <= 2, "{places:?}");
    }
}
