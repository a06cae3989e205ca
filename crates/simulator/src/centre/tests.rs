//! What people do in the centre, one thing at a time.

use switchboard_routing::{
    AgentId, Availability, By, Command, Conversation, Event, Input, Origin, Person, Policy, Record,
    Timestamp,
};

use super::{Answer, Arrival, Centre, Change, Floor, Parting, Script, Tally, Traffic};

/// What happened to conversations: when, what, and by whom or with whom.
fn told(record: &Record) -> Option<(u64, &'static str, String)> {
    let (what, whom) = match &record.event {
        Event::ConversationQueued { conversation_id, .. } => {
            ("queued", conversation_id.to_string())
        }
        Event::ConversationOffered { agent_id, .. } => ("offered", agent_id.to_string()),
        Event::OfferEnded { agent_id, .. } => ("declined", agent_id.to_string()),
        Event::ConversationAssigned { agent_id, .. } => ("assigned", agent_id.to_string()),
        Event::ConversationRequeued { conversation_id, .. } => {
            ("requeued", conversation_id.to_string())
        }
        Event::ConversationClosed { conversation_id, .. } => match record.origin.by {
            By::Visitor => ("gave up", conversation_id.to_string()),
            _ => ("closed", conversation_id.to_string()),
        },
        _ => return None,
    };
    Some((record.at.0, what, whom))
}

#[track_caller]
fn check(floor: &Floor, traffic: impl Traffic, expected: &[(u64, &str, &str)]) {
    check_refusing(0, floor, traffic, expected);
}

#[track_caller]
fn check_refusing(
    refused: usize,
    floor: &Floor,
    traffic: impl Traffic,
    expected: &[(u64, &str, &str)],
) {
    let mut centre = Centre::new(floor.open(Timestamp(0)).unwrap(), traffic);
    let mut happened = Vec::new();
    let mut refusals = Vec::new();
    centre.run(|step| {
        refusals.extend(step.outcome.as_ref().err().cloned());
        happened.extend(step.records().filter_map(|record| told(record)));
    });
    assert_eq!(refusals.len(), refused, "{refusals:?}");
    let happened: Vec<_> = happened.iter().map(|(at, what, whom)| (*at, *what, &**whom)).collect();
    assert_eq!(happened, expected);
}

fn arrival(at: u64, service_ms: u64, patience_ms: Option<u64>) -> Arrival {
    Arrival { patience_ms, ..Arrival::new(Timestamp(at), service_ms) }
}

fn change(at: u64, command: Command) -> Change {
    Change { at: Timestamp(at), input: Input::new(Origin::ROOT, command) }
}

fn session() -> switchboard_routing::SessionId {
    "session-of-a0".into()
}

#[test]
fn who_gives_up_is_not_served_and_who_is_served_does_not_give_up() {
    let arrivals = [arrival(0, 100, Some(50)), arrival(10, 5, Some(60)), arrival(20, 7, Some(90))];
    check(
        &Floor::alike(1, 1, Policy::default()),
        Script::new(arrivals),
        &[
            (0, "assigned", "a0"),
            (10, "queued", "c1"),
            (20, "queued", "c2"),
            (70, "gave up", "c1"),
            (100, "closed", "c0"),
            (100, "assigned", "a0"),
            (107, "closed", "c2"),
        ],
    );
}

#[test]
fn the_workspace_is_woken_for_its_own_deadlines() {
    let policy = Policy { wrap_up_ms: 30, ..Policy::default() };
    check(
        &Floor::alike(1, 1, policy),
        Script::new([arrival(0, 10, None), arrival(5, 10, None)]),
        &[
            (0, "assigned", "a0"),
            (5, "queued", "c1"),
            (10, "closed", "c0"),
            (40, "assigned", "a0"),
            (50, "closed", "c1"),
        ],
    );
}

#[test]
fn an_agent_who_is_away_goes_on_serving_and_gets_nothing_new() {
    let away = |at, availability| {
        change(at, Command::SetAvailability { agent_id: "a0".into(), availability })
    };
    let script = Script::new([arrival(0, 10, None), arrival(5, 10, None)])
        .with_changes([away(2, Availability::Away), away(40, Availability::Online)]);
    check(
        &Floor::alike(1, 1, Policy::default()),
        script,
        &[
            (0, "assigned", "a0"),
            (5, "queued", "c1"),
            (10, "closed", "c0"),
            (40, "assigned", "a0"),
            (50, "closed", "c1"),
        ],
    );
}

#[test]
fn who_is_absent_closes_nothing_until_it_is_back() {
    let back = Command::AttachSession { session_id: session(), person: Person::Agent("a0".into()) };
    let script = Script::new([arrival(0, 10, None)]).with_changes([
        change(5, Command::LoseSession { session_id: session() }),
        change(25, back),
    ]);
    let policy = Policy { reconnect_grace_ms: 30, ..Policy::default() };
    check(&Floor::alike(1, 1, policy), script, &[(0, "assigned", "a0"), (25, "closed", "c0")]);
}

#[test]
fn the_next_agent_does_what_is_left() {
    let script = Script::new([arrival(0, 50, Some(20))])
        .with_changes([change(10, Command::LoseSession { session_id: session() })]);
    let policy = Policy { reconnect_grace_ms: 30, ..Policy::default() };
    check(
        &Floor::alike(2, 1, policy),
        script,
        // Forty with the first one, who is absent for the last thirty of them.
        &[
            (0, "assigned", "a0"),
            (40, "requeued", "c0"),
            (40, "assigned", "a1"),
            (50, "closed", "c0"),
        ],
    );
}

/// Everybody declines after three, but the agent `a1`, who accepts after four.
struct Choosy(Option<Arrival>);

impl Traffic for Choosy {
    fn arrival(&mut self) -> Option<Arrival> {
        self.0.take()
    }

    fn answer(&mut self, agent: &AgentId, _: &Conversation) -> Answer {
        if agent.as_str() == "a1" { Answer::Accept(4) } else { Answer::Decline(3) }
    }
}

#[test]
fn agents_answer_what_they_are_asked() {
    let policy = Policy { offer_timeout_ms: Some(1_000), ..Policy::default() };
    check(
        &Floor::alike(2, 1, policy),
        Choosy(Some(arrival(0, 10, Some(100)))),
        &[
            (0, "offered", "a0"),
            (3, "declined", "a0"),
            (3, "offered", "a1"),
            (7, "assigned", "a1"),
            (17, "closed", "c0"),
        ],
    );
}

/// Whoever has it hands it to `a1`, to be served for five more; then the visitor closes it.
struct Wrong(Vec<Arrival>);

impl Traffic for Wrong {
    fn arrival(&mut self) -> Option<Arrival> {
        self.0.pop()
    }

    fn parting(&mut self, _: u64, handed_on: u32) -> Parting {
        match handed_on {
            0 => Parting::HandedOn {
                department_id: None,
                agent_id: Some("a1".into()),
                service_ms: 5,
            },
            _ => Parting::OthersClose,
        }
    }
}

#[test]
fn who_hands_on_what_nobody_takes_does_the_rest() {
    // The second is with a1 already, who would hand it to itself; a1 has no room for the first.
    check_refusing(
        1,
        &Floor::alike(2, 1, Policy::default()),
        Wrong(vec![arrival(1, 20, None), arrival(0, 10, None)]),
        &[
            (0, "assigned", "a0"),
            (1, "assigned", "a1"),
            (15, "gave up", "c0"),
            (26, "gave up", "c1"),
        ],
    );
    check(
        &Floor::alike(2, 1, Policy::default()),
        Wrong(vec![arrival(0, 10, None)]),
        &[(0, "assigned", "a0"), (10, "assigned", "a1"), (15, "gave up", "c0")],
    );
}

#[test]
fn what_is_refused_is_told_and_leaves_nothing_behind() {
    let floor = Floor { rooms: Vec::new(), ..Floor::alike(0, 1, Policy::default()) };
    let mut centre =
        Centre::new(floor.open(Timestamp(0)).unwrap(), Script::new([arrival(0, 1, None)]));
    let mut tally = Tally::new(0, 1, 1);
    centre.run(|step| tally.observe(step));
    assert_eq!((tally.refused, centre.workspace().conversation_count()), (1, 0));
}

#[test]
fn waits_the_line_and_what_is_served_are_measured() {
    // The first warms up; of the batch one is served at once, one waits 3, one gives up after 4.
    let arrivals = [
        arrival(0, 1, None),
        arrival(10, 5, None),
        arrival(12, 6, None),
        arrival(13, 9, Some(4)),
        arrival(30, 1, None),
    ];
    let mut tally = Tally::new(1, 1, 3).longer_than(3);
    assert_eq!(tally.arrivals(), arrivals.len() as u64);
    let floor = Floor::alike(1, 1, Policy::default()).open(Timestamp(0)).unwrap();
    Centre::new(floor, Script::new(arrivals)).run(|step| tally.observe(step));
    let batch = &tally.batches()[0];
    assert_eq!((batch.arrivals, batch.delayed, batch.abandoned, batch.longer), (3, 2, 1, 1));
    assert_eq!((batch.waited_ms, batch.lasted_ms), (7, 20));
    assert_eq!((batch.line_ms, batch.served_ms), (7, 11));
    assert_eq!((tally.waits.at(0.5), tally.waits.at(1.0)), (Some(3), Some(4)));
    assert_eq!((batch.turned_away, tally.refused), (0, 0));
}
