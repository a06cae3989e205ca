//! Who is in a recording, and whom an alternative means there.

use std::collections::{BTreeMap, BTreeSet};

use switchboard_protocol::model;
use switchboard_routing::{AgentId, DepartmentId};

use super::{
    alternative::{Alternative, AlternativeError, Otherwise, Rule, Scope, Setting},
    happening::{Happening, What},
    measure::Figures,
};

/// How many ids an error names.
const NAMED: usize = 12;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    departments: BTreeSet<DepartmentId>,
    /// Each with the departments that it was a member of at any time.
    agents: BTreeMap<AgentId, BTreeSet<DepartmentId>>,
    /// How long each was reachable.
    reachable_ms: BTreeMap<AgentId, u64>,
}

/// An alternative, with whom it means.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    rules: Vec<(Option<DepartmentId>, Rule)>,
    capacities: BTreeMap<AgentId, u32>,
    /// Who is not there.
    dismissed: BTreeSet<AgentId>,
    /// Who is there besides, by whom each is like.
    hired: BTreeMap<AgentId, Vec<AgentId>>,
    like: BTreeMap<AgentId, AgentId>,
}

/// Whom a setting is for.
enum Whom {
    All,
    Agent(AgentId),
    Department(DepartmentId),
}

impl Cast {
    /// Who is in what happened.
    pub fn of(happenings: &[Happening], recorded: &Figures) -> Self {
        let mut cast = Self::default();
        for happening in happenings {
            match &happening.what {
                What::Department { id, .. } => {
                    cast.departments.insert(id.clone());
                }
                What::Agent { id, .. } => {
                    cast.agents.entry(id.clone()).or_default();
                }
                What::Member { agent, department, member: true } => {
                    cast.agents.entry(agent.clone()).or_default().insert(department.clone());
                }
                _ => {}
            }
        }
        let reachable = |(id, work): (&AgentId, &super::Work)| (id.clone(), work.reachable_ms);
        cast.reachable_ms = recorded.agents.iter().map(reachable).collect();
        cast
    }

    /// The departments.
    pub fn departments(&self) -> impl Iterator<Item = &DepartmentId> {
        self.departments.iter()
    }

    /// An alternative, as it is meant here.
    ///
    /// # Errors
    /// Where it names somebody who is not there, or asks for an agent like nobody.
    pub fn plan(&self, alternative: &Alternative) -> Result<Plan, AlternativeError> {
        let mut plan = Plan::default();
        for setting in &alternative.settings {
            self.set(setting, &alternative.text, &mut plan)?;
        }
        Ok(plan)
    }

    fn set(&self, setting: &Setting, text: &str, plan: &mut Plan) -> Result<(), AlternativeError> {
        let whom = self.whom(setting.scope.as_ref())?;
        match (&setting.what, whom) {
            (Otherwise::Policy(rule), Whom::All) => plan.rules.push((None, *rule)),
            (Otherwise::Policy(rule), Whom::Department(id)) => plan.rules.push((Some(id), *rule)),
            (Otherwise::Policy(_) | Otherwise::Hire(_), Whom::Agent(id)) => {
                let (name, scope) = (text.to_owned(), format!("the agent `{id}`"));
                return Err(AlternativeError::WrongScope { name, scope });
            }
            (Otherwise::Capacity(capacity), whom) => {
                for id in self.members(&whom) {
                    plan.capacities.insert(id.clone(), *capacity);
                }
            }
            (Otherwise::Hire(many), whom) => {
                let like = self.like_most(&whom);
                if like.is_empty() {
                    return Err(AlternativeError::NobodyToCopy(text.to_owned()));
                }
                for like in like.into_iter().cycle().take(*many as usize) {
                    self.hire(like, plan);
                }
            }
            (Otherwise::Dismiss(id), _) => {
                plan.dismissed.insert(self.agent(id)?);
            }
        }
        Ok(())
    }

    fn whom(&self, scope: Option<&Scope>) -> Result<Whom, AlternativeError> {
        Ok(match scope {
            None => Whom::All,
            Some(Scope::Agent(id)) => Whom::Agent(self.agent(id)?),
            Some(Scope::Department(id)) => match self.departments.get(id.as_str()) {
                Some(id) => Whom::Department(id.clone()),
                None => return Err(unknown("department", id, self.departments.iter())),
            },
            Some(Scope::Either(id)) => {
                match (self.departments.get(id.as_str()), self.agents.get_key_value(id.as_str())) {
                    (Some(_), Some(_)) => return Err(AlternativeError::Ambiguous(id.clone())),
                    (Some(id), None) => Whom::Department(id.clone()),
                    (None, Some((id, _))) => Whom::Agent(id.clone()),
                    (None, None) => {
                        let departments = self.departments.iter().map(DepartmentId::as_str);
                        let agents = self.agents.keys().map(AgentId::as_str);
                        let known = departments.chain(agents);
                        return Err(unknown("department or agent", id, known));
                    }
                }
            }
        })
    }

    fn agent(&self, id: &str) -> Result<AgentId, AlternativeError> {
        let known = self.agents.get_key_value(id).map(|(id, _)| id.clone());
        known.ok_or_else(|| unknown("agent", id, self.agents.keys()))
    }

    fn members<'a>(&'a self, whom: &'a Whom) -> impl Iterator<Item = &'a AgentId> {
        let is_meant = move |id: &AgentId, of: &BTreeSet<DepartmentId>| match whom {
            Whom::All => true,
            Whom::Agent(agent) => agent == id,
            Whom::Department(department) => of.contains(department),
        };
        self.agents.iter().filter(move |(id, of)| is_meant(id, of)).map(|(id, _)| id)
    }

    /// Those who were ever reachable, who was so for about as long as all on average first.
    fn like_most<'a>(&'a self, whom: &'a Whom) -> Vec<&'a AgentId> {
        let reachable = |id: &AgentId| self.reachable_ms.get(id).copied().unwrap_or(0);
        let mut there: Vec<&AgentId> = self.members(whom).filter(|id| reachable(id) > 0).collect();
        let sum: u128 = there.iter().map(|id| u128::from(reachable(id))).sum();
        let average = (sum / there.len().max(1) as u128) as u64;
        there.sort_by_key(|id| reachable(id).abs_diff(average));
        there
    }

    /// Somebody else who comes and goes like this one does.
    fn hire(&self, like: &AgentId, plan: &mut Plan) {
        let hired = plan.hired.entry(like.clone()).or_default();
        let mut number = hired.len() + 1;
        let mut id = AgentId::from(format!("{like}-{number}"));
        while self.agents.contains_key(&id) || plan.like.contains_key(&id) {
            number += 1;
            id = AgentId::from(format!("{like}-{number}"));
        }
        hired.push(id.clone());
        plan.like.insert(id, like.clone());
    }
}

fn unknown<I: ToString>(
    kind: &'static str,
    id: &str,
    known: impl Iterator<Item = I>,
) -> AlternativeError {
    let mut ids: Vec<String> = known.map(|id| id.to_string()).collect();
    if ids.len() > NAMED {
        ids.truncate(NAMED);
        ids.push("…".into());
    }
    AlternativeError::UnknownId { kind, id: id.to_owned(), known: ids.join(", ") }
}

impl Plan {
    /// A department's policy, as it is to be.
    pub(super) fn policy(&self, of: &DepartmentId, recorded: &model::Policy) -> model::Policy {
        let mut policy = recorded.clone();
        for (scope, rule) in &self.rules {
            if scope.as_ref().is_none_or(|scope| scope == of) {
                rule.apply(&mut policy);
            }
        }
        policy
    }

    /// An agent's capacity, as it is to be: also of those who are like it.
    pub(super) fn capacity(&self, of: &AgentId, recorded: u32) -> u32 {
        self.capacities.get(of).copied().unwrap_or(recorded)
    }

    /// Who does what an agent of the recording did: itself, unless it is not there, and those who
    /// are like it.
    pub(super) fn doers<'a>(&'a self, of: &'a AgentId) -> impl Iterator<Item = &'a AgentId> {
        let itself = (!self.dismissed.contains(of)).then_some(of);
        itself.into_iter().chain(self.hired.get(of).into_iter().flatten())
    }

    /// Whom of the recording an agent is like: itself, if it is in there.
    pub(super) fn like<'a>(&'a self, agent: &'a AgentId) -> &'a AgentId {
        self.like.get(agent).unwrap_or(agent)
    }
}
