//! The stored forms of each version, as files that are never changed: what a release wrote, every
//! later one reads. `WRITE_GOLDEN=1` writes those of the current version that are not there yet.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod stocked;

use std::{fmt::Debug, fs, path::PathBuf, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use stocked::{Actor, Scratch};
use switchboard_journal::*;
use switchboard_routing::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1")
}

fn writes() -> bool {
    std::env::var_os("WRITE_GOLDEN").is_some()
}

/// What stands in a file; written where it is not there and may be.
fn golden(name: &str, form: &Value) -> Value {
    let path = folder().join(name);
    if writes() && !path.exists() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, serde_json::to_string_pretty(form).unwrap() + "\n").unwrap();
    }
    let text = fs::read_to_string(&path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A value reads as it is from its file, and has that form still.
fn check_golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let form = golden(name, &serde_json::to_value(value).unwrap());
    let read: T = serde_json::from_value(form.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(&read, value, "{name}");
    assert_eq!(serde_json::to_value(&read).unwrap(), form, "{name} has another form now");
}

/// One of each variant. A variant that is not here does not compile.
macro_rules! events {
    ($($variant:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        fn events() -> Vec<Event> {
            vec![$(Event::$variant { $($field: $value),* }),*]
        }

        fn name(event: &Event) -> &'static str {
            match event {
                $(Event::$variant { .. } => stringify!($variant),)*
            }
        }
    };
}

events! {
    WorkspaceConfigured { config: Box::new(config()) }
    WorkspaceRecovered {}
    DepartmentCreated { department_id: "d".into(), name: "Help".into(), policy: Box::new(policy()) }
    DepartmentUpdated { department_id: "d".into(), name: "Aid".into(), policy: Box::default() }
    DepartmentOpened { department_id: "d".into() }
    DepartmentClosed { department_id: "d".into() }
    DepartmentDeleted { department_id: "d".into() }
    AgentAdded {
        agent_id: "a".into(), role: Role::Admin, capacity: 5, skills: vec!["en".into()],
        invite_id: None,
    }
    AgentUpdated { agent_id: "a".into(), role: Role::Agent, capacity: 0, skills: vec![] }
    AgentRemoved { agent_id: "a".into() }
    MemberAdded { department_id: "d".into(), agent_id: "a".into() }
    MemberRemoved { department_id: "d".into(), agent_id: "a".into() }
    AvailabilityChanged { agent_id: "a".into(), availability: Availability::Online }
    PresenceChanged { agent_id: "a".into(), present: true }
    SessionAttached { session_id: "s".into(), person: Person::Visitor("v".into()) }
    SessionHeld { session_id: "s".into(), until: Timestamp(9_000), on_socket: true }
    AgentActive { agent_id: "a".into() }
    WrapUpEnded { agent_id: "a".into(), conversation_id: "c".into() }
    CooldownEnded { conversation_id: "c".into(), agent_id: "a".into() }
    SessionLost { session_id: "s".into() }
    SessionEnded { session_id: "s".into() }
    ConversationOpened {
        conversation_id: "c".into(), department_id: "d".into(), visitor_id: "v".into(),
        priority: -7, skills: vec!["en".into()], key: Some(key()), passed: vec!["e".into()],
    }
    ConversationQueued { conversation_id: "c".into(), department_id: "d".into() }
    ConversationOffered {
        conversation_id: "c".into(), department_id: "d".into(), agent_id: "a".into(),
        expires_at: Timestamp(30_000), forced: true,
    }
    OfferEnded {
        conversation_id: "c".into(), department_id: "d".into(), agent_id: "a".into(), offer: 12,
        reason: WithdrawnReason::Declined, cooling_until: Some(Timestamp(35_000)),
    }
    ConversationTransferred {
        conversation_id: "c".into(), department_id: "d".into(), from_department_id: "e".into(),
        from_agent_id: Some("a".into()), agent_id: Some("b".into()),
        cooling_until: Some(Timestamp(35_000)), passed: vec!["e".into()],
    }
    ConversationReopened { conversation: Box::new(conversation()), department_id: "d".into() }
    ConversationAssigned {
        conversation_id: "c".into(), department_id: "d".into(), agent_id: "a".into(),
        cause: AssignmentCause::Routed,
    }
    ConversationRequeued {
        conversation_id: "c".into(), department_id: "d".into(), agent_id: Some("a".into()),
        reason: RequeuedReason::AgentLost, passed: vec!["e".into()],
    }
    ConversationClosed {
        conversation_id: "c".into(), department_id: "d".into(), agent_id: Some("a".into()),
    }
    ConversationRejected {
        conversation_id: "c".into(), department_id: "d".into(), reason: RejectedReason::QueueFull,
    }
    ConversationForgotten { visitor_id: "v".into(), key: "key".into() }
    // Each file has its place in this list: what is new comes last.
    SeatReserved { invite_id: "i".into(), until: Timestamp(259_200_000) }
    SeatExtended { invite_id: "i".into(), until: Timestamp(259_200_000) }
    SeatReleased { invite_id: "i".into(), expired: true }
}

fn config() -> Config {
    Config {
        name: "Acme".into(),
        plan: "pro".into(),
        limits: PlanLimits { seats: Some(5), departments: None },
        status: Status::Suspended,
        default_department_id: Some("d".into()),
        absent_away_ms: Some(60_000),
        idle_away_ms: Some(900_000),
        mobile_hold_ms: 600_000,
    }
}

fn policy() -> Policy {
    let opening = OpeningTime { day: "mon".into(), from: "09:00".into(), to: "24:00".into() };
    Policy {
        strategy: Strategy::RoundRobin,
        offer_timeout_ms: Some(30_000),
        decline_cooldown_ms: 5_000,
        on_unstaffed: OnUnstaffed::Fallback,
        max_queue: Some(50),
        max_wait_ms: Some(600_000),
        fallback_department_id: Some("e".into()),
        on_agent_lost: OnAgentLost::Keep,
        reconnect_grace_ms: 40_000,
        agent_capacity: Some(3),
        sticky_ms: 86_400_000,
        wrap_up_ms: 10_000,
        visitor_grace_ms: 120_000,
        business_hours: Some(BusinessHours {
            time_zone: "Europe/Berlin".into(),
            weekly: vec![opening],
            holidays: vec!["2026-12-25".into()],
        }),
    }
}

fn key() -> Key {
    Key { key: "key".into(), fingerprint: u64::MAX }
}

/// One that ended, with something in every field that can have it then.
fn conversation() -> Conversation {
    let origin = Origin::new(By::Agent, "a");
    Conversation {
        id: "c".into(),
        department_id: "d".into(),
        visitor_id: "v".into(),
        priority: -7,
        skills: vec!["en".into()],
        state: State::Closed,
        revision: 6,
        number: 1,
        place: 2,
        agent_id: Some("a".into()),
        assignment: Some(Assignment { cause: AssignmentCause::Claimed, origin: origin.clone() }),
        offer: Some(Offer {
            number: 9,
            agent_id: "a".into(),
            expires_at: Timestamp(30_000),
            forced: false,
        }),
        last_agent_id: Some("a".into()),
        attended: true,
        pauses: vec![Pause { agent_id: "b".into(), until: Timestamp(9_000), giver: true }],
        next_cause: AssignmentCause::Requeued,
        passed: vec!["e".into()],
        reason: Some(RejectedReason::MaxWait),
        opened_at: Timestamp(1_000),
        queued_at: Some(Timestamp(1_000)),
        assigned_at: Some(Timestamp(2_000)),
        closed_at: Some(Timestamp(8_000)),
        closed_by: Some(origin),
        waited_ms: 1_000,
        key: Some(key()),
    }
}

#[test]
fn every_event_reads_as_it_was_written() {
    for (position, event) in (1..).zip(events()) {
        let (name, origin) = (name(&event), Origin::new(By::Visitor, "v"));
        let record = Record { position, epoch: 3, at: Timestamp(1_767_225_600_000), origin, event };
        check_golden(&format!("events/{name}.json"), &record);
    }
    let files = fs::read_dir(folder().join("events")).unwrap().count();
    assert_eq!(files, events().len(), "a file is of no event");
}

/// Events that came to say more, as they are where they say it.
#[test]
fn what_events_came_to_say_reads_as_it_was_written() {
    let accepted = Event::AgentAdded {
        agent_id: "a".into(),
        role: Role::Agent,
        capacity: 5,
        skills: vec![],
        invite_id: Some("i".into()),
    };
    let taken_back = Event::SeatReleased { invite_id: "i".into(), expired: false };
    for (name, event) in [("AgentAccepted", accepted), ("SeatTakenBack", taken_back)] {
        let (origin, at) = (Origin::new(By::Admin, "a"), Timestamp(1_767_225_600_000));
        let record = Record { position: 8, epoch: 3, at, origin, event };
        check_golden(&format!("more/{name}.json"), &record);
    }
}

#[test]
fn what_stands_beside_the_events_reads_as_it_was_written() {
    check_golden("conversation.json", &conversation());
    let agent = AgentProfile {
        email: "ann@example.org".into(),
        name: "Ann".into(),
        external_id: Some("host-ann".into()),
        avatar_url: Some("https://example.org/ann.png".into()),
    };
    check_golden("agent.json", &agent);
    let visitor = VisitorProfile {
        name: Some("Vic".into()),
        email: Some("vic@example.org".into()),
        external_id: Some("host-vic".into()),
        vouched: true,
        verified: true,
    };
    check_golden("visitor.json", &visitor);
    let attributes = [
        ("vip".into(), Attribute::Bool(true)),
        ("age".into(), Attribute::Integer(-1)),
        ("total".into(), Attribute::Number(0.1)),
        ("page".into(), Attribute::Text("/".into())),
    ];
    let (external_id, comment) = (Some("order-1".into()), Some("speaks French".into()));
    check_golden("details.json", &Details { attributes: attributes.into(), external_id, comment });
    let candidate = Candidate {
        agent_id: "a".into(),
        load: 1,
        capacity: 5,
        rank: Some(1),
        reason: CandidateReason::Chosen,
    };
    let decision = Decision {
        conversation_id: "c".into(),
        department_id: "d".into(),
        position: 12,
        at: Timestamp(1_000),
        cause: AssignmentCause::Routed,
        strategy: Strategy::LongestIdle,
        chosen: Some("a".into()),
        candidates: vec![candidate],
        left_out: [(CandidateReason::AtCapacity, 3)].into(),
    };
    check_golden("decision.json", &decision);
    let hour = hour();
    check_golden("hour.json", &hour);
}

/// With something in every figure.
fn hour() -> HourFigures {
    let waits = serde_json::json!({ "exact": [0, 3, 1_200, 1], "coarse": [1_400, 2] });
    let tally = Tally {
        opened: 1,
        assigned: 2,
        closed: 3,
        rejected: 4,
        abandoned: 5,
        handle_ms: 6,
        handled: 7,
        missed_offers: 8,
        online_ms: 9,
        busy_ms: 10,
        waits: serde_json::from_value(waits).unwrap(),
    };
    HourFigures {
        departments: [("d".into(), tally.clone())].into(),
        agents: [("a".into(), Tally::default()), ("b".into(), tally)].into(),
    }
}

/// What goes with a snapshot so that figures go on.
#[test]
fn figures_read_as_they_were_written() {
    let scratch = Scratch::new();
    let mut actor = rich(&Sqlite::open(&Options::new(scratch.path("data"))).unwrap());
    actor.wait(HOUR_MS);
    let form = golden("figures.json", &serde_json::to_value(actor.figures()).unwrap());
    let figures: Figures = serde_json::from_value(form.clone()).unwrap();
    assert_eq!(serde_json::to_value(&figures).unwrap(), form, "they have another form now");
}

/// A workspace in which nothing is empty that a snapshot has.
fn rich(store: &Sqlite) -> Actor {
    stocked::create(store, "acme", 7);
    let mut actor = Actor::of(store, "acme");
    stocked::furnish(&mut actor);
    actor.open("c1", "v1", Some("key"));
    actor.open("c2", "v2", None);
    actor.open("c3", "v3", None);
    actor.close("c3");
    let attach = |id: &str, visitor: &str| Command::AttachSession {
        session_id: id.into(),
        person: Person::Visitor(visitor.into()),
    };
    actor.ask(attach("ses_v1", "v1"));
    actor.ask(attach("ses_v2", "v2"));
    actor.ask(Command::LoseSession { session_id: "ses_v2".into() });
    let open = OpenConversation {
        conversation_id: "c4".into(),
        visitor_id: "v4".into(),
        department_id: Some("sales".into()),
        priority: 5,
        skills: vec!["en".into()],
        key: None,
    };
    actor.ask(Command::OpenConversation(open));
    let offered = actor.core.conversation("c4").and_then(|of| of.offer.clone()).unwrap();
    let (conversation_id, offer) = ("c4".into(), offered.number);
    actor.ask(Command::DeclineOffer { conversation_id, agent_id: offered.agent_id, offer });
    actor
}

#[test]
fn a_snapshot_reads_as_it_was_written() {
    let scratch = Scratch::new();
    let actor = rich(&Sqlite::open(&Options::new(scratch.path("data"))).unwrap());
    let form = golden("snapshot.json", &serde_json::to_value(actor.core.snapshot()).unwrap());
    for (field, value) in form.as_object().unwrap() {
        assert!(value.as_array().is_none_or(|all| !all.is_empty()), "there is nothing in {field}");
    }
    // What routing makes of the same commands may change; how it is stored may not.
    let snapshot: Snapshot = serde_json::from_value(form.clone()).unwrap();
    assert_eq!(serde_json::to_value(&snapshot).unwrap(), form, "it has another form now");
    let histories = Histories::new();
    let stored = Stored {
        snapshot: snapshot.clone(),
        histories,
        figures: None,
        sessions: None,
        dormant: false,
    };
    let recovered = Recovered::fold(Some(stored), &[], 1).unwrap();
    assert_eq!(recovered.workspace.snapshot(), snapshot);
}

#[test]
fn a_team_is_kept_as_it_was() {
    check_golden("invite.json", &stocked::invite());
    check_golden("api_key.json", &stocked::api_key());
    check_golden("account.json", &stocked::account());
    check_golden("site.json", &stocked::site());
    check_golden("audit.json", &stocked::change());
}

/// What is kept of a team is there when its workspace is taken up again, with the last change
/// first; and what is erased is gone.
#[test]
fn a_team_is_there_again() {
    let scratch = Scratch::new();
    let options = Options::new(scratch.path("data"));
    let id = "acme".into();
    {
        let store = Sqlite::open(&options).unwrap();
        stocked::fill(&store);
    }
    let store = Sqlite::open(&options).unwrap();
    assert_eq!(*store.entry("acme").unwrap().site, stocked::site());
    let claim = store.claim(&id, Arc::new(|_, _| {})).unwrap();
    let kept = &claim.profiles;
    assert_eq!(*kept.invites["inv_1"], stocked::invite());
    assert_eq!(*kept.api_keys["key_1"], stocked::api_key());
    assert_eq!(*kept.accounts[&AgentId::from("ann")], stocked::account());
    assert_eq!((&*kept.site, kept.audited), (&stocked::site(), 2));
    let numbers = |before, limit| {
        let read = store.audit(&id, before, limit).unwrap();
        read.into_iter().map(|(number, change)| (number, change.id.clone())).collect::<Vec<_>>()
    };
    assert_eq!(numbers(u64::MAX, 50), [(2, "cat".to_owned()), (1, "bob".to_owned())]);
    assert_eq!(numbers(2, 50), [(1, "bob".to_owned())]);
    assert_eq!(numbers(u64::MAX, 1), [(2, "cat".to_owned())]);
    let mut writer = claim.writer;
    let gone = vec![
        PersonalChange::Invite("inv_1".into(), None),
        PersonalChange::ApiKey("key_1".into(), None),
        PersonalChange::AgentLeft("ann".into()),
    ];
    let _ = writer.append(Batch { personal: gone, ..Batch::default() });
    writer.settle();
    let kept = store.claim(&id, Arc::new(|_, _| {})).unwrap().profiles;
    assert!(kept.invites.is_empty() && kept.api_keys.is_empty() && kept.accounts.is_empty());
    assert_eq!(check(&scratch.path("data")).unwrap().findings, []);
}

/// The seats that invites hold came later: a snapshot has them where there are any.
#[test]
fn a_snapshot_with_invites_reads_as_it_was_written() {
    let scratch = Scratch::new();
    let mut actor = rich(&Sqlite::open(&Options::new(scratch.path("data"))).unwrap());
    let without = serde_json::to_value(actor.core.snapshot()).unwrap();
    assert_eq!(without.get("seats"), None, "it is as it was where there are none");
    let seat = |id: &str, until| SeatReservation { invite_id: id.into(), until: Timestamp(until) };
    let seats = vec![seat("inv_1", 259_200_000), seat("inv_2", 86_400_000)];
    actor.ask(Command::ReserveSeats { seats });
    let form = golden("more/snapshot.json", &serde_json::to_value(actor.core.snapshot()).unwrap());
    let snapshot: Snapshot = serde_json::from_value(form.clone()).unwrap();
    assert_eq!(serde_json::to_value(&snapshot).unwrap(), form, "it has another form now");
    let again = Workspace::restore(&snapshot, &[]);
    let held: Vec<_> = again.reserved_seats().map(|(id, until)| (id.as_str(), until.0)).collect();
    assert_eq!(held, [("inv_1", 259_200_000), ("inv_2", 86_400_000)]);
}

/// What a store tells of a workspace.
fn told(store: &Sqlite) -> Value {
    let id = "acme".into();
    let Claim { recovered, profiles, sessions, .. } =
        store.claim(&id, Arc::new(|_, _| {})).unwrap();
    let listed = store.list(&id, &ArchiveFilter::default(), 0, 100).unwrap();
    let ended = listed.iter().map(|ended| {
        let found = store.find(&id, &ended.conversation.id).unwrap().unwrap();
        serde_json::json!([found.conversation, found.details, found.history])
    });
    let decisions = store.decisions(&id, &"c4".into(), 4).unwrap();
    let mut profiles = serde_json::to_value(profiles).unwrap();
    // It was made before there were teams.
    for later in ["invites", "api_keys", "accounts", "site", "audited"] {
        let kept = profiles.as_object_mut().unwrap().remove(later).unwrap();
        let nothing = serde_json::to_value(Profiles::default()).unwrap()[later].clone();
        assert_eq!(kept, nothing, "{later}");
    }
    let vouched = store.vouched(&id, "host-v1").unwrap();
    serde_json::json!({
        "snapshot": recovered.workspace.snapshot(),
        "histories": recovered.histories,
        "profiles": profiles,
        "sessions": sessions,
        "ended": ended.collect::<Vec<_>>(),
        "decisions": decisions,
        "vouched": vouched,
    })
}

#[test]
fn a_whole_database_reads_as_it_was_written() {
    let (file, scratch) = (folder().join(DATABASE), Scratch::new());
    if writes() && !file.exists() {
        let store = Sqlite::open(&Options::new(scratch.path("made"))).unwrap();
        let mut actor = rich(&store);
        actor.snapshot();
        actor.open("c5", "v5", None);
        actor.settle();
        drop((actor, store));
        backup(&scratch.path("made"), &file).unwrap();
    }
    let data = scratch.path("data");
    fs::create_dir(&data).unwrap();
    fs::copy(&file, data.join(DATABASE)).unwrap();
    assert_eq!(check(&data).unwrap().findings, []);
    let told = told(&Sqlite::open(&Options::new(&data)).unwrap());
    assert_eq!(golden("database.json", &told), told);
}
