//! What people do about the conversations that there are when they do it.

use proptest::{bool::weighted, option, prelude::*, sample::select};
use switchboard_routing::{
    Agent, AgentId, By, Command, Conversation, DepartmentId, Origin, State, Workspace,
};

use crate::commands::{Step, agent, department, visitor};

/// What is done.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Close,
    /// Accept what is offered; or, not `mine`, an offer that is over or another's.
    Accept {
        mine: bool,
    },
    Decline {
        mine: bool,
    },
    /// By one of those who might; which.
    Claim(usize),
    /// To one of those who might; which, and whether by force.
    Assign(usize, bool),
    Transfer(Option<DepartmentId>, Option<usize>, bool),
    Reopen,
}

/// Who does it.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// The agent who has it or had it last.
    Holder,
    /// The visitor whose it is.
    Owner,
    Root,
    Somebody(Origin),
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        5 => Just(Who::Holder),
        3 => Just(Who::Owner),
        4 => Just(Who::Root),
        1 => agent().prop_map(|id| Who::Somebody(Origin::new(By::Agent, id.as_str()))),
        1 => visitor().prop_map(|id| Who::Somebody(Origin::new(By::Visitor, id.as_str()))),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let to =
        (option::weighted(0.7, department()), option::weighted(0.4, 0..24usize), weighted(0.15));
    prop_oneof![
        13 => Just(Deed::Close),
        16 => weighted(0.9).prop_map(|mine| Deed::Accept { mine }),
        7 => weighted(0.9).prop_map(|mine| Deed::Decline { mine }),
        10 => (0..24usize).prop_map(Deed::Claim),
        9 => (0..24usize, weighted(0.4)).prop_map(|(agent, force)| Deed::Assign(agent, force)),
        10 => to.prop_map(|(department, agent, force)| Deed::Transfer(department, agent, force)),
        8 => Just(Deed::Reopen),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    (select((0..40).collect::<Vec<usize>>()), who(), deed())
        .prop_map(|(which, who, deed)| Step::Do(which, who, deed))
}

/// The command that a deed comes to, by now; none where there is nothing to do it about.
pub(crate) fn command(
    core: &Workspace,
    ended: &[Conversation],
    which: usize,
    who: &Who,
    deed: &Deed,
) -> Option<(Origin, Command)> {
    let all: Vec<_> = match deed {
        Deed::Accept { mine: true } | Deed::Decline { mine: true } => {
            core.conversations().filter(|c| c.state == State::Offered).collect()
        }
        // One that is open now and then.
        Deed::Reopen if which > 2 => ended.iter().collect(),
        Deed::Claim(_) if which > 5 => core.conversations().filter(|c| c.is_waiting()).collect(),
        _ => core.conversations().collect(),
    };
    let c = *all.get(which % all.len().max(1))?;
    let conversation_id = c.id.clone();
    let origin = origin(c, who);
    let answers = |mine: bool| {
        let offer = c.offer.as_ref();
        let asked = offer.map(|offer| (offer.agent_id.clone(), offer.number));
        let (agent_id, number) = asked.unwrap_or(("a0".into(), 1));
        let other = AgentId::from(format!("a{}", which % 6));
        match mine {
            true => (agent_id, number),
            false if which.is_multiple_of(2) => (agent_id, number - 1),
            false => (other, number),
        }
    };
    let as_agent = |id: &AgentId| Origin::new(By::Agent, id.as_str());
    Some(match deed.clone() {
        Deed::Close => (origin, Command::CloseConversation { conversation_id }),
        Deed::Accept { mine } => {
            let (agent_id, offer) = answers(mine);
            (as_agent(&agent_id), Command::AcceptOffer { conversation_id, agent_id, offer })
        }
        Deed::Decline { mine } => {
            let (agent_id, offer) = answers(mine);
            (as_agent(&agent_id), Command::DeclineOffer { conversation_id, agent_id, offer })
        }
        Deed::Claim(which) => {
            let agent_id = might_take(core, &c.department_id, which);
            (as_agent(&agent_id), Command::ClaimConversation { conversation_id, agent_id })
        }
        Deed::Assign(which, force) => {
            let agent_id = might_take(core, &c.department_id, which);
            (origin, Command::AssignConversation { conversation_id, agent_id, force })
        }
        Deed::Transfer(department_id, which, force) => {
            let there = department_id.as_ref().unwrap_or(&c.department_id);
            let agent_id = which.map(|which| might_take(core, there, which));
            let to =
                Command::TransferConversation { conversation_id, department_id, agent_id, force };
            (origin, to)
        }
        Deed::Reopen => (origin, Command::ReopenConversation { conversation: Box::new(c.clone()) }),
    })
}

fn origin(c: &Conversation, who: &Who) -> Origin {
    match (who, &c.last_agent_id) {
        (Who::Holder, Some(agent)) => Origin::new(By::Agent, agent.as_str()),
        (Who::Holder | Who::Root, _) => Origin::ROOT,
        (Who::Owner, _) => Origin::new(By::Visitor, c.visitor_id.as_str()),
        (Who::Somebody(origin), _) => origin.clone(),
    }
}

/// Mostly a member of the department, now and then one who sleeps if there is one.
fn might_take(core: &Workspace, department: &DepartmentId, which: usize) -> AgentId {
    let sleeps = |agent: &&Agent| agent.is_reachable() && !agent.is_awake();
    let sleeping = core.members(department).filter(sleeps).count() > 0;
    let members = core.members(department);
    let members = members.filter(|agent| !sleeping || !which.is_multiple_of(3) || sleeps(agent));
    let members: Vec<_> = members.map(|agent| agent.id.clone()).collect();
    let member = members.get(which % members.len().max(1)).filter(|_| which % 8 != 7);
    member.cloned().unwrap_or_else(|| format!("a{}", which % 6).as_str().into())
}
