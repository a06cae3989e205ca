//! What people did in a recording, whatever routing made of it: who came, when and for how long an
//! agent's time, how long each would have waited, who was there, and how they answered.
//!
//! Owns what is taken from a recording. How it is carried out again is [`super::rerun`]'s.

use std::collections::{BTreeMap, BTreeSet};

use switchboard_routing::{AgentId, ConversationId, DepartmentId};

use super::{
    beginning::{Guessed, beginning},
    case::Track,
    happening::{Came, Happening, Request, Unaccepted, What},
    imagine,
    read::Recording,
};

/// Somebody's visit: from an opening, or a reopening, to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// When it began.
    pub at: u64,
    /// Where, as far as the recording says: behind the fallbacks of an unstaffed department.
    pub department: DepartmentId,
    /// Who, and what for.
    pub request: Request,
    /// How long the first agents had to serve it, in milliseconds.
    pub service_ms: u64,
    /// To whom it was handed on then, one after the other.
    pub handed_on: Vec<HandOn>,
    /// How long its visitor would wait in all; none: for ever.
    pub patience_ms: Option<u64>,
    /// Whether its agent closed it, and was there: else it closes whoever is there.
    pub agent_closes: bool,
    /// How those answered who were asked to take it, in order.
    pub answers: Vec<(AgentId, Answered)>,
}

/// One handing-on.
#[derive(Clone, Debug, PartialEq)]
pub struct HandOn {
    /// Where to.
    pub department: DepartmentId,
    /// To whom, where that was said.
    pub agent: Option<AgentId>,
    /// How long it took there.
    pub service_ms: u64,
}

/// How an agent answered an offer, and after how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It took it.
    Accepted(u64),
    /// It did not want it.
    Declined(u64),
    /// It said nothing in time.
    Missed,
    /// Not yet after so long, when the offer was taken back.
    NotYet(u64),
}

/// What else was done, at its time.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// What a workspace's admins, agents and hours did.
    World(What),
    /// An agent is lost; `on_purpose`: it ended its session, and what it held was routed at once.
    Leaves {
        /// Who.
        agent: AgentId,
        /// Whether it meant to.
        on_purpose: bool,
    },
    /// An agent takes a conversation that waits.
    Claims {
        /// The visit.
        case: usize,
        /// Who.
        agent: AgentId,
    },
    /// An admin gives a conversation to an agent.
    Gives {
        /// The visit.
        case: usize,
        /// To whom.
        agent: AgentId,
    },
    /// Somebody hands on a conversation that waits, or whose agent is not there.
    Moves {
        /// The visit.
        case: usize,
        /// Where to.
        department: DepartmentId,
        /// To whom, where that was said.
        agent: Option<AgentId>,
    },
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Story {
    /// From when.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// Everything that happened, with what was taken for granted at its beginning.
    pub happenings: Vec<Happening>,
    /// The visits, in the order of their beginnings.
    pub cases: Vec<Case>,
    /// What else was done, by time.
    pub deeds: Vec<(u64, Deed)>,
    /// How each agent answered, for offers that the recording does not have.
    pub habits: BTreeMap<AgentId, Vec<Answered>>,
    /// What had to be guessed of the beginning.
    pub guessed: Guessed,
    /// What had to be imagined of the visits.
    pub imagined: imagine::Imagined,
    /// Conversations that were under way when the recording begins: they are left out.
    pub strangers: u64,
    /// Conversations of which something happens that cannot follow from what is recorded.
    pub torn: u64,
}

impl Story {
    /// What people did in a recording. What it does not say is drawn from the seed.
    pub fn of(recording: &Recording, seed: u64) -> Self {
        let (mut happenings, guessed) = beginning(&recording.happenings);
        happenings.extend(recording.happenings.iter().cloned());
        let mut telling = Telling::default();
        for (index, happening) in happenings.iter().enumerate() {
            telling.hear(happening, happenings.get(index + 1));
        }
        let until = happenings.last().map_or(0, |last| last.at);
        let (tracks, habits) = (telling.tracks, telling.habits);
        let (cases, imagined) = imagine::complete(tracks, until, seed);
        Self {
            from: happenings.first().map_or(0, |first| first.at),
            until,
            happenings,
            cases,
            deeds: telling.deeds,
            habits,
            guessed,
            imagined,
            strangers: telling.strangers.len() as u64,
            torn: telling.torn.len() as u64,
        }
    }
}

/// A recording, while it is listened to.
#[derive(Default)]
struct Telling {
    tracks: Vec<Track>,
    /// The visit that a conversation is on.
    current: BTreeMap<ConversationId, usize>,
    strangers: BTreeSet<ConversationId>,
    torn: BTreeSet<ConversationId>,
    present: BTreeMap<AgentId, bool>,
    deeds: Vec<(u64, Deed)>,
    habits: BTreeMap<AgentId, Vec<Answered>>,
}

impl Telling {
    fn hear(&mut self, happening: &Happening, next: Option<&Happening>) {
        let at = happening.at;
        match &happening.what {
            What::Presence { id, present } => {
                self.present.insert(id.clone(), *present);
                let deed = match present {
                    true => Deed::World(happening.what.clone()),
                    false => {
                        let on_purpose = next.is_some_and(|next| gives_up(next, at, id));
                        Deed::Leaves { agent: id.clone(), on_purpose }
                    }
                };
                self.deeds.push((at, deed));
            }
            What::Recovered => {
                self.present.clear();
                self.deeds.push((at, Deed::World(What::Recovered)));
            }
            What::Availability { engine: true, .. } | What::Nothing => {}
            What::Department { .. }
            | What::Hours { .. }
            | What::DepartmentDeleted { .. }
            | What::Agent { .. }
            | What::AgentRemoved { .. }
            | What::Availability { .. }
            | What::Member { .. } => {
                self.deeds.push((at, Deed::World(happening.what.clone())));
            }
            What::Opened { id, department, request } => {
                let before = self.current.insert(id.clone(), self.tracks.len());
                if let Some(open) = before.and_then(|case| self.tracks.get_mut(case)) {
                    self.torn.insert(id.clone());
                    open.ends(at, false);
                }
                self.tracks.push(Track::new(at, department.clone(), request.clone()));
            }
            _ => self.goes_on(at, &happening.what),
        }
    }

    /// Something happens to a conversation that was opened.
    fn goes_on(&mut self, at: u64, what: &What) {
        let (What::Queued { id }
        | What::Offered { id, .. }
        | What::OfferEnded { id, .. }
        | What::Assigned { id, .. }
        | What::Requeued { id, .. }
        | What::Transferred { id, .. }
        | What::Closed { id, .. }
        | What::Rejected { id }) = what
        else {
            return;
        };
        let Some(case) = self.current.get(id).copied() else {
            self.strangers.insert(id.clone());
            return;
        };
        let Some(track) = self.tracks.get_mut(case) else { return };
        if !track.can(what) {
            self.torn.insert(id.clone());
        }
        match what {
            What::Offered { agent, .. } => track.asked = Some((agent.clone(), at)),
            What::OfferEnded { agent, how, .. } => self.answers(case, agent, *how, at),
            What::Assigned { agent, came, .. } => self.assigned(case, agent, *came, at),
            What::Requeued { .. } => track.waits(at),
            What::Transferred { department, to, .. } => {
                let (department, agent) = (department.clone(), to.clone());
                if track.agent.as_ref().is_some_and(|holder| is_there(&self.present, holder)) {
                    track.is_handed_on(at, department, agent);
                } else {
                    // Whoever has it is not there: somebody else does this.
                    track.waits(at);
                    self.deeds.push((at, Deed::Moves { case, department, agent }));
                }
            }
            What::Closed { by_agent, .. } => {
                let holder = track.agent.as_ref();
                let agent_closes =
                    *by_agent && holder.is_some_and(|holder| is_there(&self.present, holder));
                track.ends(at, agent_closes);
                self.current.remove(id);
            }
            What::Rejected { .. } => {
                track.is_rejected(at);
                self.current.remove(id);
            }
            _ => {}
        }
    }

    fn answers(&mut self, case: usize, agent: &AgentId, how: Unaccepted, at: u64) {
        let Some(track) = self.tracks.get_mut(case) else { return };
        let Some(after) = track.answers_after(agent, at) else { return };
        let answered = match how {
            Unaccepted::Declined => Answered::Declined(after),
            Unaccepted::Expired => Answered::Missed,
            Unaccepted::Withdrawn => Answered::NotYet(after),
        };
        self.note(case, agent, answered);
    }

    fn assigned(&mut self, case: usize, agent: &AgentId, came: Came, at: u64) {
        let Some(track) = self.tracks.get_mut(case) else { return };
        let after = track.answers_after(agent, at);
        track.is_taken(agent, at);
        let agent = agent.clone();
        match (came, after) {
            (Came::Accepted, Some(after)) => {
                self.note(case, &agent, Answered::Accepted(after));
            }
            (Came::Claimed, _) => self.deeds.push((at, Deed::Claims { case, agent })),
            (Came::Given, _) => self.deeds.push((at, Deed::Gives { case, agent })),
            _ => {}
        }
    }

    fn note(&mut self, case: usize, agent: &AgentId, answered: Answered) {
        if let Some(track) = self.tracks.get_mut(case) {
            track.answers.push((agent.clone(), answered));
        }
        if !matches!(answered, Answered::NotYet(_)) {
            self.habits.entry(agent.clone()).or_default().push(answered);
        }
    }
}

fn is_there(present: &BTreeMap<AgentId, bool>, agent: &AgentId) -> bool {
    present.get(agent).copied().unwrap_or(false)
}

/// Whether what an agent held was routed on in the very step in which it left.
fn gives_up(next: &Happening, at: u64, who: &AgentId) -> bool {
    matches!(&next.what, What::Requeued { agent: Some(agent), lost: true, .. } if agent == who)
        && next.at == at
}
