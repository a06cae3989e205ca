//! Departments that keep hours: opening and closing in time, and at once where a policy says so.

use switchboard_protocol::DepartmentsChanged;

use super::*;

const MINUTE_MS: u64 = 60_000;
/// Monday, 16:00 in Berlin.
const MONDAY: u64 = 1_767_625_200_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

const NINE_TO_FIVE: &str =
    r#"{"time_zone":"Europe/Berlin","weekly":[{"day":"mon","from":"09:00","to":"17:00"}]}"#;
const NEVER: &str = r#"{"time_zone":"Europe/Berlin"}"#;

impl Rig {
    async fn on_monday() -> Self {
        Self::at(Clock::start_at(MONDAY), Arc::new(Memory::default())).await
    }

    async fn keep(&self, policy: &str) -> serde_json::Value {
        let patch = Box::new(body(&format!(r#"{{"policy":{policy}}}"#)));
        self.read(Question::PatchDepartment("sales".into(), patch)).await
    }

    async fn keep_hours(&self, hours: &str) -> serde_json::Value {
        self.keep(&format!(r#"{{"business_hours":{hours}}}"#)).await
    }

    async fn site(&self) -> serde_json::Value {
        self.read(Question::Site).await["departments"][0].clone()
    }

    async fn staffed(&self) -> bool {
        self.site().await["staffed"].as_bool().unwrap()
    }

    /// Which of `department.opened` and `department.closed` happened.
    async fn feed(&self) -> Vec<String> {
        let page = PageQuery { limit: 100, cursor: None };
        let events = self.read(Question::Events { after: None, page }).await;
        let types = events["items"].as_array().unwrap().iter().map(|event| &event["type"]);
        let types = types.map(|name| name.as_str().unwrap().to_owned());
        types.filter(|n| n == "department.opened" || n == "department.closed").collect()
    }
}

impl Session {
    fn told_of_departments(&self) -> Vec<(bool, Option<u64>)> {
        let told = self.messages().into_iter().filter_map(|message| match message {
            ServerMessage::DepartmentsChanged(DepartmentsChanged { departments }) => {
                departments.first().map(|sales| (sales.staffed, sales.opens_at))
            }
            _ => None,
        });
        told.collect()
    }
}

#[tokio::test(start_paused = true)]
async fn it_closes_at_the_minute_and_opens_at_the_next_opening() {
    let rig = Rig::on_monday().await;
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("v1").await);
    ann.online(&rig).await;
    rig.keep_hours(NINE_TO_FIVE).await;
    assert_eq!(rig.site().await, serde_json::json!({"id":"sales","name":"Sales","staffed":true}));
    rig.wait(HOUR_MS - 1).await;
    assert!(rig.staffed().await);
    rig.wait(1).await;
    let opens_at = MONDAY + 7 * 24 * HOUR_MS - 7 * HOUR_MS;
    assert_eq!(rig.site().await["opens_at"], opens_at);
    assert!(!rig.staffed().await);
    assert_eq!(visitor.told_of_departments().last(), Some(&(false, Some(opens_at))));
    assert_eq!(visitor.open(&rig).await.state, model::ConversationState::Queued);
    let me = rig.read(Question::Agent("ann".into())).await;
    assert_eq!(me["availability"], "online", "what an agent says is the agent's");

    rig.wait(opens_at - MONDAY - HOUR_MS - 1).await;
    assert!(!ann.types().contains(&"conversation.assigned"));
    // Nobody asks anything: the time alone does it.
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(ann.types().last(), Some(&"conversation.assigned"));
    assert_eq!(visitor.told_of_departments().last(), Some(&(true, None)));
    assert_eq!(rig.feed().await, ["department.closed", "department.opened"]);
}

/// The timer may be late; whoever asks after the minute finds it closed all the same.
#[tokio::test(start_paused = true)]
async fn what_comes_after_closing_time_comes_to_a_closed_department() {
    let rig = Rig::on_monday().await;
    let (mut ann, mut visitor) = (rig.agent("ann").await, rig.visitor("v1").await);
    ann.online(&rig).await;
    rig.keep(&format!(r#"{{"on_unstaffed":"reject","business_hours":{NINE_TO_FIVE}}}"#)).await;
    // It is in the mailbox when the timer fires, and is taken out first.
    visitor.say(ClientBody::ConversationOpen(Box::default()));
    tokio::time::advance(Duration::from_millis(HOUR_MS)).await;
    rig.settle().await;
    let answers = visitor.messages();
    let Some(ServerMessage::Ok(OkAnswer { conversation: Some(opened), .. })) =
        answers.iter().find(|message| message.reference().is_some())
    else {
        panic!("not opened: {answers:?}")
    };
    assert_eq!(opened.state, model::ConversationState::Rejected);
    assert_eq!(opened.reason, Some(model::RejectedReason::NoAgentsOnline));
}

#[tokio::test(start_paused = true)]
async fn a_policy_opens_and_closes_at_once() {
    let rig = Rig::on_monday().await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let changed = rig.keep_hours(NEVER).await;
    assert_eq!(changed["staffed"], false, "the answer knows of it");
    assert_eq!(rig.site().await.get("opens_at"), None, "it never opens");
    let opened = rig.open_for("v1").await;
    assert_eq!(opened["state"], "queued");
    assert!(!ann.types().contains(&"conversation.assigned"));
    let changed = rig.keep_hours("null").await;
    assert_eq!((&changed["staffed"], &changed["queued"]), (&true.into(), &0.into()));
    assert_eq!(ann.types().last(), Some(&"conversation.assigned"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_closes_routes_nothing_by_what_else_it_says() {
    let rig = Rig::on_monday().await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    rig.keep(r#"{"agent_capacity":0}"#).await;
    rig.open_for("v1").await;
    rig.keep(&format!(r#"{{"agent_capacity":1,"business_hours":{NEVER}}}"#)).await;
    assert!(!ann.types().contains(&"conversation.assigned"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_refused_closes_nothing() {
    let rig = Rig::on_monday().await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let patch =
        format!(r#"{{"policy":{{"business_hours":{NEVER},"fallback_department_id":"nowhere"}}}}"#);
    let patch = Question::PatchDepartment("sales".into(), Box::new(body(&patch)));
    assert_eq!(rig.ask(patch).await.unwrap_err().code, ErrorCode::NotFound);
    assert!(rig.staffed().await);
    assert!(rig.feed().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_zone_nobody_knows_changes_nothing() {
    let rig = Rig::on_monday().await;
    let hours = r#"{"business_hours":{"time_zone":"Europe/Atlantis"}}"#;
    let create = format!(r#"{{"id":"help","name":"Help","policy":{hours}}}"#);
    let patch = Box::new(body(&format!(r#"{{"policy":{hours}}}"#)));
    for question in [
        Question::CreateDepartment(body(&create)),
        Question::PatchDepartment("sales".into(), patch),
    ] {
        let refused = rig.ask(question).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::BadRequest);
        assert!(refused.detail.contains("business_hours.time_zone"), "{}", refused.detail);
    }
    assert!(rig.ask(Question::Department("help".into())).await.is_err());
}

/// Whoever sleeps does not wake for an opening or a closing, and is right when asked.
#[tokio::test(start_paused = true)]
async fn a_workspace_that_slept_through_its_closing_wakes_up_closed() {
    let rig = Rig::on_monday().await;
    rig.keep_hours(NINE_TO_FIVE).await;
    tokio::time::sleep(Duration::from_millis(30 * MINUTE_MS)).await;
    assert!(!rig.workspaces.is_loaded("w"), "hours keep nobody awake");
    tokio::time::sleep(Duration::from_millis(6 * HOUR_MS)).await;
    assert!(!rig.workspaces.is_loaded("w"), "nor wake anybody");
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    rig.open_for("v1").await;
    assert!(!ann.types().contains(&"conversation.assigned"), "it is late in the evening");
    assert_eq!(rig.feed().await, ["department.closed"]);
    assert!(rig.site().await["opens_at"].is_u64());
}

/// A panic: what is loaded again stands as the clock says, whatever was written last.
#[tokio::test(start_paused = true)]
async fn a_workspace_that_starts_over_keeps_its_hours() {
    let rig = Rig::on_monday().await;
    rig.keep_hours(NINE_TO_FIVE).await;
    let claims = Claims::Agent {
        agent_id: "bob".into(),
        expires_at: u64::MAX,
        proof: crate::auth::Proof::Host { issued_at: 0 },
    };
    let socket = Socket { breaks: true.into(), ..Socket::default() };
    assert!(rig.hello("w", claims, None, socket).await.is_none());
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    assert!(rig.staffed().await);
    rig.wait(HOUR_MS).await;
    assert!(!rig.staffed().await);
}
