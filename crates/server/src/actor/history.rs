//! The events of each conversation that has not ended: what its history shows, how long its waits
//! were, and where it was.

use std::sync::Arc;

use switchboard_routing::{Event, Record, Whereabouts};

/// How long the wait was that a history's last event, an assignment, ended: from when the
/// conversation last began to wait for somebody, through however many departments and offers.
/// None where it did not wait, but went from one agent straight to another.
pub(crate) fn wait_ended(history: &[Arc<Record>]) -> Option<u64> {
    let (assigned, before) = history.split_last()?;
    let waiting = before.iter().rev().take_while(|record| !ends_waiting(&record.event));
    let begun = waiting.filter(|record| begins_waiting(&record.event)).last()?;
    let handed_over =
        matches!(begun.event, Event::ConversationTransferred { agent_id: Some(_), .. });
    if handed_over && before.last().is_some_and(|last| last.position == begun.position) {
        return None;
    }
    Some(assigned.at.since_ms(begun.at))
}

/// Where a conversation was until its history's last event.
pub(crate) fn before_the_last(history: &[Arc<Record>]) -> Whereabouts {
    let before = history.split_last().and_then(|(_, before)| before.last());
    before.map_or(Whereabouts::Nowhere, |record| Whereabouts::after(record))
}

fn begins_waiting(event: &Event) -> bool {
    matches!(
        event,
        Event::ConversationOpened { .. }
            | Event::ConversationQueued { .. }
            | Event::ConversationRequeued { .. }
            | Event::ConversationTransferred { .. }
            | Event::ConversationReopened { .. }
    )
}

fn ends_waiting(event: &Event) -> bool {
    matches!(
        event,
        Event::ConversationAssigned { .. }
            | Event::ConversationClosed { .. }
            | Event::ConversationRejected { .. }
    )
}

#[cfg(test)]
mod tests {
    use switchboard_routing::{
        AssignmentCause, DepartmentId, Origin, RequeuedReason, Timestamp, WithdrawnReason,
    };

    use super::*;

    fn opened() -> Event {
        Event::ConversationOpened {
            conversation_id: "c".into(),
            department_id: "d".into(),
            visitor_id: "v".into(),
            priority: 0,
            skills: vec![],
            key: None,
            passed: vec![],
        }
    }

    fn queued() -> Event {
        Event::ConversationQueued { conversation_id: "c".into(), department_id: "d".into() }
    }

    fn offered() -> Event {
        Event::ConversationOffered {
            conversation_id: "c".into(),
            department_id: "d".into(),
            agent_id: "ann".into(),
            expires_at: Timestamp(0),
            forced: false,
        }
    }

    fn missed() -> Event {
        Event::OfferEnded {
            conversation_id: "c".into(),
            department_id: "d".into(),
            agent_id: "ann".into(),
            offer: 1,
            reason: WithdrawnReason::Expired,
            cooling_until: None,
        }
    }

    fn requeued(reason: RequeuedReason) -> Event {
        Event::ConversationRequeued {
            conversation_id: "c".into(),
            department_id: "d".into(),
            agent_id: None,
            reason,
            passed: vec![],
        }
    }

    fn transferred(to: Option<&str>) -> Event {
        Event::ConversationTransferred {
            conversation_id: "c".into(),
            department_id: "d".into(),
            from_department_id: DepartmentId::from("e"),
            from_agent_id: Some("ann".into()),
            agent_id: to.map(Into::into),
            cooling_until: None,
            passed: vec![],
        }
    }

    fn assigned() -> Event {
        Event::ConversationAssigned {
            conversation_id: "c".into(),
            department_id: "d".into(),
            agent_id: "ann".into(),
            cause: AssignmentCause::Routed,
        }
    }

    /// What happened to a conversation, each at its second, and how many the last wait was.
    fn check(events: Vec<(u64, Event)>, expected: Option<u64>) {
        let record = |(position, (second, event))| {
            let (at, origin) = (Timestamp(second * 1_000), Origin::ENGINE);
            Arc::new(Record { position, epoch: 1, at, origin, event })
        };
        let history: Vec<_> = (1..).zip(events).map(record).collect();
        assert_eq!(wait_ended(&history), expected.map(|seconds| seconds * 1_000), "{history:#?}");
    }

    #[test]
    fn an_arrival_waits_until_it_is_somebodys() {
        check(vec![(5, opened()), (5, assigned())], Some(0));
        check(vec![(5, opened()), (5, queued()), (9, assigned())], Some(4));
        let asked = vec![(5, opened()), (5, queued()), (5, offered()), (7, missed())];
        let asked_again = [(7, offered()), (12, assigned())];
        check(asked.into_iter().chain(asked_again).collect(), Some(7));
        let fallback = (8, requeued(RequeuedReason::MaxWait));
        check(vec![(5, opened()), (5, queued()), fallback, (9, assigned())], Some(4));
    }

    #[test]
    fn a_wait_is_counted_once() {
        let first = || vec![(1, opened()), (1, queued()), (5, assigned())];
        let with = |more: Vec<(u64, Event)>| first().into_iter().chain(more).collect::<Vec<_>>();
        let lost = (10, requeued(RequeuedReason::AgentLost));
        check(with(vec![lost, (12, assigned())]), Some(2));
        check(with(vec![(10, transferred(None)), (13, assigned())]), Some(3));
        check(with(vec![(10, transferred(None)), (10, assigned())]), Some(0));
    }

    #[test]
    fn who_goes_from_one_agent_to_another_does_not_wait() {
        check(vec![(1, opened()), (1, assigned()), (5, assigned())], None);
        check(vec![(1, opened()), (1, assigned()), (5, transferred(Some("bob")))], None);
        let handed = vec![(1, opened()), (1, assigned()), (5, transferred(Some("bob")))];
        check([handed.clone(), vec![(5, assigned())]].concat(), None);
        check([handed, vec![(5, offered()), (8, assigned())]].concat(), Some(3));
    }
}
