//! What people see of a workspace: the core's state joined with the names that it does not know.

use std::{collections::HashMap, sync::Arc};

use switchboard_journal::{AgentProfile, Attribute, Details, Ended, Profiles, VisitorProfile};
use switchboard_protocol::model;
use switchboard_routing::{
    Agent, Conversation, Department, DepartmentId, Eta, Offer, State, Timestamp, VisitorId,
    Workspace,
};

use super::{ToWire, policy_to_wire};
use crate::{hours::Timetable, ids::PublicIds};

/// Who reads: it decides what of a conversation is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Agents and admins.
    Staff,
    /// The visitor: no offers, skills, priority or comments.
    Visitor,
}

/// Who is known by what.
pub(crate) trait People: std::fmt::Debug {
    /// Agents, and what is attached to open conversations.
    fn profiles(&self) -> &Profiles;
    /// What is known of a visitor.
    fn visitor(&self, id: &VisitorId) -> Option<Arc<VisitorProfile>>;
}

/// A workspace and its people, at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) core: &'a Workspace,
    pub(crate) people: &'a dyn People,
    pub(crate) eta: &'a Eta,
    pub(crate) timetable: &'a Timetable,
    pub(crate) ids: PublicIds<'a>,
    pub(crate) now: Timestamp,
}

impl View<'_> {
    /// A conversation that has not ended.
    pub(crate) fn conversation(&self, of: &Conversation, reader: Reader) -> model::Conversation {
        self.shown(of, self.people.profiles().conversations.get(&of.id).map(Arc::as_ref), reader)
    }

    /// A conversation that ended.
    pub(crate) fn ended(&self, ended: &Ended, reader: Reader) -> model::Conversation {
        self.shown(&ended.conversation, ended.details.as_deref(), reader)
    }

    fn shown(
        &self,
        of: &Conversation,
        details: Option<&Details>,
        reader: Reader,
    ) -> model::Conversation {
        let staff = reader == Reader::Staff;
        let at = |time: Option<Timestamp>| time.map(|time| time.0);
        let position = self.core.queue_position(of);
        model::Conversation {
            id: of.id.to_string(),
            revision: of.revision,
            state: of.state.to_wire(),
            department_id: of.department_id.to_string(),
            priority: staff.then_some(of.priority),
            skills: staff.then(|| of.skills.clone()),
            attributes: details.map(attributes_to_wire).unwrap_or_default(),
            external_id: details.and_then(|details| details.external_id.clone()),
            visitor: self.visitor(of),
            agent: of.agent_id.as_ref().map(|id| self.agent_ref(id.as_str())),
            offer: staff.then(|| of.offer.as_ref().map(|offer| self.offer(offer))),
            position,
            eta_ms: position.and_then(|position| self.eta_ms(of, position)),
            reason: of.reason.map(ToWire::to_wire),
            opened_at: of.opened_at.0,
            queued_at: at(of.queued_at),
            assigned_at: at(of.assigned_at),
            closed_at: at(of.closed_at),
            waited_ms: of.waited_ms(self.now),
            assignment: of.agent_id.as_ref().and(of.assignment.as_ref()).map(|assignment| {
                model::Assignment {
                    cause: assignment.cause.to_wire(),
                    by: assignment.origin.by.to_wire(),
                    by_id: assignment.origin.by_id.as_ref().map(ToString::to_string),
                    comment: details.filter(|_| staff).and_then(|said| said.comment.clone()),
                }
            }),
        }
    }

    fn offer(&self, offer: &Offer) -> model::Offer {
        model::Offer {
            id: self.ids.offer(offer.number),
            agent_id: offer.agent_id.to_string(),
            expires_at: offer.expires_at.0,
            expires_in_ms: offer.expires_at.since_ms(self.now),
        }
    }

    /// How long it will wait yet, where that can be said. Of one that is offered nothing is said:
    /// it waits for an answer, which may come at once.
    fn eta_ms(&self, of: &Conversation, position: u64) -> Option<u64> {
        let department = self.core.department(of.department_id.as_str())?;
        let queued = of.state == State::Queued;
        let estimate = self.eta.estimate(self.core, department, self.now).filter(|_| queued)?;
        Some(estimate.at(position))
    }

    fn visitor(&self, of: &Conversation) -> model::Visitor {
        let id = of.visitor_id.to_string();
        match self.people.visitor(&of.visitor_id).as_deref() {
            None => {
                model::Visitor { id, name: None, email: None, external_id: None, verified: false }
            }
            Some(VisitorProfile { name, email, external_id, verified, .. }) => model::Visitor {
                id,
                name: name.clone(),
                email: email.clone(),
                external_id: external_id.clone(),
                verified: *verified,
            },
        }
    }

    fn agent_ref(&self, id: &str) -> model::AgentRef {
        model::AgentRef { id: id.to_owned(), name: self.agent_name(id) }
    }

    fn agent_name(&self, id: &str) -> String {
        self.people
            .profiles()
            .agents
            .get(id)
            .map(|profile| profile.name.clone())
            .unwrap_or_default()
    }

    /// An agent in full.
    pub(crate) fn agent(&self, agent: &Agent) -> model::Agent {
        let profile = self.people.profiles().agents.get(&agent.id).map(Arc::as_ref);
        let unknown = AgentProfile::default();
        let profile = profile.unwrap_or(&unknown);
        let reason = unroutable(agent, agent.present);
        model::Agent {
            id: agent.id.to_string(),
            email: profile.email.clone(),
            name: profile.name.clone(),
            role: agent.role.to_wire(),
            department_ids: self.department_ids(agent),
            capacity: agent.capacity,
            skills: agent.skills.clone(),
            external_id: profile.external_id.clone(),
            avatar_url: profile.avatar_url.clone(),
            availability: agent.availability.to_wire(),
            availability_since: agent.availability_since.0,
            availability_by: agent.availability_by.by.to_wire(),
            present: agent.present,
            load: agent.load(),
            routable: reason.is_none(),
            routable_reason: reason,
        }
    }

    /// An agent in its own welcome, written before its session counts: it is there.
    pub(crate) fn agent_arriving(&self, agent: &Agent) -> model::Agent {
        let reason = unroutable(agent, true);
        let view = self.agent(agent);
        model::Agent { present: true, routable: reason.is_none(), routable_reason: reason, ..view }
    }

    /// An agent as colleagues see it.
    pub(crate) fn agent_summary(&self, agent: &Agent) -> model::AgentSummary {
        model::AgentSummary {
            id: agent.id.to_string(),
            name: self.agent_name(agent.id.as_str()),
            availability: agent.availability.to_wire(),
            present: agent.present,
            department_ids: self.department_ids(agent),
        }
    }

    /// The ids of an agent's departments.
    pub(crate) fn department_ids(&self, agent: &Agent) -> Vec<String> {
        self.core.departments_of(agent).map(|department| department.id.to_string()).collect()
    }

    /// A department in full.
    pub(crate) fn department(&self, department: &Department) -> model::Department {
        let members = self.core.members(&department.id);
        let place = self.departments().iter().position(|other| other.id == department.id);
        model::Department {
            id: department.id.to_string(),
            name: department.name.clone(),
            policy: policy_to_wire(&department.policy),
            member_ids: members.map(|agent| agent.id.to_string()).collect(),
            staffed: department.is_staffed(),
            queued: department.queued() as u64,
            position: place.map_or(0, |place| place as u64 + 1),
            created_at: department.created_at.0,
        }
    }

    /// The departments in their order: as people put them, and then as they were made.
    pub(crate) fn departments(&self) -> Vec<&Department> {
        let mut all: Vec<&Department> = self.core.departments().collect();
        let order = &self.people.profiles().site.department_order;
        if !order.is_empty() {
            let places: HashMap<&DepartmentId, usize> =
                order.iter().enumerate().map(|(place, id)| (id, place)).collect();
            all.sort_by_key(|of| places.get(&of.id).copied().unwrap_or(usize::MAX));
        }
        all
    }

    /// The departments as the public sees them.
    pub(crate) fn public_departments(&self) -> Vec<model::PublicDepartment> {
        let public = |department: &Department| model::PublicDepartment {
            id: department.id.to_string(),
            name: department.name.clone(),
            staffed: department.is_staffed(),
            opens_at: self.timetable.opens_at(&department.id).map(|at| at.0),
        };
        self.departments().into_iter().map(public).collect()
    }

    /// An agent in the live view.
    pub(crate) fn live_agent(&self, agent: &Agent) -> model::LiveAgent {
        model::LiveAgent {
            id: agent.id.to_string(),
            name: self.agent_name(agent.id.as_str()),
            role: agent.role.to_wire(),
            availability: agent.availability.to_wire(),
            availability_since: agent.availability_since.0,
            present: agent.present,
            load: agent.load(),
            capacity: agent.capacity,
            department_ids: self.department_ids(agent),
        }
    }

    /// A department in the live view.
    pub(crate) fn live_department(&self, department: &Department) -> model::LiveDepartment {
        model::LiveDepartment {
            id: department.id.to_string(),
            name: department.name.clone(),
            staffed: department.is_staffed(),
            online: department.online(),
            queued: department.queued() as u64,
            oldest_wait_ms: department.waiting_since().map(|since| self.now.since_ms(since)),
            assigned: u64::from(department.assigned),
        }
    }

    /// The workspace itself, which began with this site key.
    pub(crate) fn workspace(&self, id: &str, first_site_key: &str) -> model::Workspace {
        let (config, site) = (self.core.config(), &self.people.profiles().site);
        let holding = site.old_site_keys.iter().filter(|(_, until)| *until > self.now);
        let old = |(key, until): &(String, Timestamp)| model::OldSiteKey {
            site_key: key.clone(),
            valid_until: until.0,
        };
        model::Workspace {
            id: id.to_owned(),
            name: config.name.clone(),
            plan: plan_of(&config.plan),
            limits: model::PlanLimits {
                seats: config.limits.seats,
                departments: config.limits.departments,
            },
            usage: model::PlanUsage {
                seats: self.core.seats(),
                departments: self.core.department_count(),
            },
            site_key: site.site_key.as_deref().unwrap_or(first_site_key).to_owned(),
            old_site_keys: holding.map(old).collect(),
            settings: model::Settings {
                absent_away_ms: config.absent_away_ms,
                idle_away_ms: config.idle_away_ms,
                mobile_hold_ms: config.mobile_hold_ms,
                default_department_id: config.default_department_id.as_ref().map(|d| d.to_string()),
                allowed_origins: site.allowed_origins.clone(),
                missing_origin: match site.missing_origin_allowed {
                    true => model::MissingOrigin::Allow,
                    false => model::MissingOrigin::Refuse,
                },
            },
            status: config.status.to_wire(),
            created_at: self.core.created_at().0,
        }
    }
}

/// Why nothing could be routed to an agent now, the first of what is in the way.
fn unroutable(agent: &Agent, present: bool) -> Option<model::RoutableReason> {
    use model::RoutableReason::{Absent, AtCapacity, Away, NoDepartment};
    if !agent.is_member() {
        Some(NoDepartment)
    } else if agent.availability == switchboard_routing::Availability::Away {
        Some(Away)
    } else if !present {
        Some(Absent)
    } else if agent.load() >= agent.capacity {
        Some(AtCapacity)
    } else {
        None
    }
}

/// The plan by its name.
pub(crate) fn plan_of(name: &str) -> model::Plan {
    name.parse().unwrap_or(model::Plan::Other)
}

fn attributes_to_wire(details: &Details) -> model::Attributes {
    let value = |attribute: &Attribute| match attribute {
        Attribute::Bool(value) => model::AttributeValue::Bool(*value),
        Attribute::Integer(value) => model::AttributeValue::Integer(*value),
        Attribute::Number(value) => model::AttributeValue::Number(*value),
        Attribute::Text(value) => model::AttributeValue::String(value.clone()),
    };
    details.attributes.iter().map(|(key, attribute)| (key.clone(), value(attribute))).collect()
}

/// Attributes as they are stored.
pub(crate) fn attributes_from_wire(
    attributes: model::Attributes,
) -> std::collections::BTreeMap<String, Attribute> {
    let value = |value| match value {
        model::AttributeValue::Bool(value) => Attribute::Bool(value),
        model::AttributeValue::Integer(value) => Attribute::Integer(value),
        model::AttributeValue::Number(value) => Attribute::Number(value),
        model::AttributeValue::String(value) => Attribute::Text(value),
    };
    attributes.0.into_iter().map(|(key, attribute)| (key, value(attribute))).collect()
}
