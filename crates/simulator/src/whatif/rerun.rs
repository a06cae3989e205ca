//! The same people once more, around the same engine, with something otherwise.
//!
//! Owns how what people did becomes commands: who comes comes when it did, needs an agent for as
//! long and waits as long at the most; who worked works the same hours. What was routing's own
//! doing (assignments, offers and their ends, requeueing, rejections) is the engine's again.

use std::collections::{BTreeMap, VecDeque};

use switchboard_routing::{AgentId, Conversation, Timestamp, Workspace};

use super::{
    cast::Plan,
    deeds::Deeds,
    measure::{Figures, Measure},
    story::{Answered, Story},
    told::told,
};
use crate::{
    Rng,
    centre::{Answer, Arrival, Centre, Change, Parting, Traffic, number_of},
};

/// After how long everybody accepts, where nobody was ever asked in the recording.
pub const UNKNOWN_ANSWER_MS: u64 = 2_000;

/// What came of a rerun.
#[derive(Clone, Debug)]
pub struct Rerun {
    /// What was measured.
    pub figures: Figures,
    /// What was refused: visitors whose department was not there, claims, gifts and handings-on
    /// for which there was no place.
    pub refused: u64,
}

/// Carries out a story, as a plan has it, until the recording's end.
pub fn rerun(story: &Story, plan: &Plan, seed: u64) -> Rerun {
    let workspace = Workspace::new(1).explaining(false);
    let mut centre = Centre::new(workspace, People::new(story, plan, seed));
    let mut measure = Measure::default();
    let mut refused = 0;
    while let Some(step) = centre.step() {
        if step.at.0 > story.until {
            break;
        }
        refused += u64::from(step.outcome.is_err());
        for record in step.records() {
            measure.hear(&told(record));
        }
    }
    Rerun { figures: measure.finish(story.from, story.until), refused }
}

/// Who comes, and who works.
struct People<'a> {
    story: &'a Story,
    plan: &'a Plan,
    seed: u64,
    arrived: usize,
    deeds: Deeds<'a>,
    planned: VecDeque<Change>,
    /// How many answers of the recording were given, for each visit that was offered.
    given: BTreeMap<u64, Vec<usize>>,
    /// How everybody answered, together.
    habits: Vec<Answered>,
}

impl<'a> People<'a> {
    fn new(story: &'a Story, plan: &'a Plan, seed: u64) -> Self {
        Self {
            story,
            plan,
            seed,
            arrived: 0,
            deeds: Deeds::new(&story.deeds, plan),
            planned: VecDeque::new(),
            given: BTreeMap::new(),
            habits: story.habits.values().flatten().copied().collect(),
        }
    }

    /// What the agent answered when it was asked for this visit in the recording, once for each
    /// time that it was.
    fn recorded(&mut self, number: u64, agent: &AgentId) -> Option<Answered> {
        let case = self.story.cases.get(usize::try_from(number).ok()?)?;
        let given = self.given.entry(number).or_default();
        let next = case.answers.iter().enumerate();
        let mut next = next.filter(|(at, (asked, _))| asked == agent && !given.contains(at));
        let (at, (_, answered)) = next.next()?;
        given.push(at);
        Some(*answered)
    }

    /// An answer such as the agent gives, or where it gave none, such as all give; with one that
    /// had not come `after` so long, one that is later.
    fn usual(&self, agent: &AgentId, after: Option<u64>, rng: &mut Rng) -> Answer {
        let own = self.story.habits.get(self.plan.like(agent)).map_or(&[][..], Vec::as_slice);
        for habits in [own, &self.habits] {
            let later = |answered: &&Answered| match (answered, after) {
                (Answered::Accepted(ms) | Answered::Declined(ms), Some(after)) => *ms > after,
                _ => true,
            };
            let fitting: Vec<&Answered> = habits.iter().filter(later).collect();
            if let Some(drawn) = rng.pick(&fitting) {
                return answer_of(**drawn);
            }
        }
        match after {
            Some(_) => Answer::Ignore,
            None => Answer::Accept(UNKNOWN_ANSWER_MS),
        }
    }
}

impl Traffic for People<'_> {
    fn arrival(&mut self) -> Option<Arrival> {
        let case = self.story.cases.get(self.arrived)?;
        self.arrived += 1;
        Some(Arrival {
            at: Timestamp(case.at),
            visitor_id: Some(case.request.visitor.clone()),
            department_id: Some(case.department.clone()),
            priority: case.request.priority,
            skills: case.request.skills.clone(),
            service_ms: case.service_ms,
            patience_ms: case.patience_ms,
        })
    }

    fn change(&mut self) -> Option<Change> {
        while self.planned.is_empty() {
            self.planned.extend(self.deeds.next()?);
        }
        self.planned.pop_front()
    }

    fn answer(&mut self, agent: &AgentId, asked: &Conversation) -> Answer {
        let Some(number) = number_of(&asked.id) else { return Answer::Ignore };
        let times = self.given.get(&number).map_or(0, Vec::len) as u64;
        let mut rng = Rng::stream(self.seed ^ asked.revision, number ^ (times << 48));
        match self.recorded(number, agent) {
            Some(Answered::NotYet(after)) => self.usual(agent, Some(after), &mut rng),
            Some(answered) => answer_of(answered),
            None => self.usual(agent, None, &mut rng),
        }
    }

    fn parting(&mut self, number: u64, handed_on: u32) -> Parting {
        let case = usize::try_from(number).ok().and_then(|case| self.story.cases.get(case));
        let Some(case) = case else { return Parting::AgentCloses };
        match case.handed_on.get(handed_on as usize) {
            Some(on) => Parting::HandedOn {
                department_id: Some(on.department.clone()),
                agent_id: on.agent.clone(),
                service_ms: on.service_ms,
            },
            None if case.agent_closes => Parting::AgentCloses,
            None => Parting::OthersClose,
        }
    }
}

fn answer_of(answered: Answered) -> Answer {
    match answered {
        Answered::Accepted(after) => Answer::Accept(after),
        Answered::Declined(after) => Answer::Decline(after),
        Answered::Missed | Answered::NotYet(_) => Answer::Ignore,
    }
}
