//! Random commands about few agents, departments and visitors, so that they meet.

use proptest::{bool::weighted, collection::vec, option, prelude::*, sample::select};
use switchboard_routing::{
    AgentId, Availability, By, Command, Config, ConversationId, DepartmentId, Key, OnAgentLost,
    OnUnstaffed, OpenConversation, Origin, Person, PlanLimits, Policy, Role, SessionId, Status,
    Strategy as Picks, VisitorId,
};

/// One step of a run.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// So many milliseconds pass, and what is due is done.
    Pass(u64),
    /// Somebody asks for something.
    Ask(Origin, Command),
    /// The workspace is kept as it is.
    Keep,
    /// It is taken up again from what was kept last, and the events since.
    TakeUp,
}

fn one_of<T: std::fmt::Debug + for<'a> From<&'a str>>(
    kind: &'static str,
    count: u8,
) -> impl Strategy<Value = T> {
    (0..count).prop_map(move |number| format!("{kind}{number}").as_str().into())
}

fn department() -> impl Strategy<Value = DepartmentId> {
    one_of("d", 4)
}

fn agent() -> impl Strategy<Value = AgentId> {
    one_of("a", 6)
}

fn visitor() -> impl Strategy<Value = VisitorId> {
    one_of("v", 4)
}

fn conversation() -> impl Strategy<Value = ConversationId> {
    one_of("c", 50)
}

fn skill() -> impl Strategy<Value = String> {
    select(vec!["french", "german", "law"]).prop_map(String::from)
}

/// What an agent has.
fn skills() -> impl Strategy<Value = Vec<String>> {
    vec(skill(), 0..4)
}

/// What a conversation asks for.
fn asked() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![2 => Just(vec![]), 1 => vec(skill(), 1..3)]
}

fn grace() -> impl Strategy<Value = u64> {
    select(vec![0, 1_000, 5_000, 10_000])
}

fn policy() -> impl Strategy<Value = Box<Policy>> {
    let strategy = select(vec![Picks::LeastBusy, Picks::RoundRobin, Picks::LongestIdle]);
    let unstaffed = prop_oneof![
        3 => Just(OnUnstaffed::Queue),
        1 => Just(OnUnstaffed::Reject),
        2 => Just(OnUnstaffed::Fallback),
    ];
    let lost = prop_oneof![3 => Just(OnAgentLost::Requeue), 1 => Just(OnAgentLost::Keep)];
    let max_queue = prop_oneof![4 => Just(None), 1 => (0u32..4).prop_map(Some)];
    let agent_capacity = prop_oneof![3 => Just(None), 1 => (0u32..3).prop_map(Some)];
    let fallback = option::of(department());
    let parts = (strategy, unstaffed, lost, max_queue, agent_capacity, fallback, grace(), grace());
    parts.prop_map(
        |(
            strategy,
            on_unstaffed,
            on_agent_lost,
            max_queue,
            agent_capacity,
            fallback,
            agents,
            visitors,
        )| {
            Box::new(Policy {
                strategy,
                on_unstaffed,
                on_agent_lost,
                max_queue,
                agent_capacity,
                fallback_department_id: fallback,
                reconnect_grace_ms: agents,
                visitor_grace_ms: visitors,
                sticky_ms: 0,
                ..Policy::default()
            })
        },
    )
}

fn config() -> impl Strategy<Value = Box<Config>> {
    let limit = |from| prop_oneof![3 => Just(None), 1 => (from..6u32).prop_map(Some)];
    let default = option::of(department());
    let suspended = prop_oneof![12 => Just(Status::Active), 1 => Just(Status::Suspended)];
    (limit(3), limit(2), default, suspended).prop_map(|(seats, departments, default, status)| {
        Box::new(Config {
            limits: PlanLimits { seats, departments },
            default_department_id: default,
            status,
            ..Config::default()
        })
    })
}

fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::Agent, Role::Agent, Role::Admin])
}

fn availability() -> impl Strategy<Value = Availability> {
    prop_oneof![4 => Just(Availability::Online), 1 => Just(Availability::Away)]
}

fn session() -> impl Strategy<Value = (SessionId, Person)> {
    let named = |who: &str, device: u8| SessionId::from(format!("{who}/{device}"));
    prop_oneof![
        3 => (agent(), 0u8..2).prop_map(move |(id, device)| {
            (named(id.as_str(), device), Person::Agent(id))
        }),
        2 => (visitor(), 0u8..2).prop_map(move |(id, device)| {
            (named(id.as_str(), device), Person::Visitor(id))
        }),
    ]
}

fn open() -> impl Strategy<Value = Command> {
    let department = prop_oneof![6 => department().prop_map(Some), 1 => Just(None)];
    let key = prop_oneof![
        3 => Just(None),
        1 => (select(vec!["k", "l"]), 0u64..2).prop_map(|(key, fingerprint)| Some(Key {
            key: key.into(),
            fingerprint,
        })),
    ];
    (conversation(), visitor(), department, -1i32..2, asked(), key).prop_map(
        |(conversation_id, visitor_id, department_id, priority, skills, key)| {
            Command::OpenConversation(OpenConversation {
                conversation_id,
                visitor_id,
                department_id,
                priority,
                skills,
                key,
            })
        },
    )
}

fn manage() -> impl Strategy<Value = Command> {
    let name = String::new;
    prop_oneof![
        2 => (department(), policy()).prop_map(move |(department_id, policy)| {
            Command::CreateDepartment { department_id, name: name(), policy }
        }),
        3 => (department(), policy()).prop_map(move |(department_id, policy)| {
            Command::UpdateDepartment { department_id, name: name(), policy }
        }),
        8 => (department(), weighted(0.7)).prop_map(|(department_id, open)| {
            Command::SetDepartmentOpen { department_id, open }
        }),
        2 => department().prop_map(|department_id| Command::DeleteDepartment { department_id }),
        1 => config().prop_map(Command::Configure),
    ]
}

fn hire() -> impl Strategy<Value = Command> {
    let departments = || vec(department(), 0..4);
    prop_oneof![
        2 => (agent(), role(), 0u32..4, skills(), departments()).prop_map(
            |(agent_id, role, capacity, skills, department_ids)| {
                Command::AddAgent { agent_id, role, capacity, skills, department_ids }
            },
        ),
        4 => (
            agent(),
            option::of(role()),
            option::of(0u32..4),
            option::of(skills()),
            option::weighted(0.2, departments()),
        ).prop_map(|(agent_id, role, capacity, skills, department_ids)| {
            Command::UpdateAgent { agent_id, role, capacity, skills, department_ids }
        }),
        1 => one_of("a", 8).prop_map(|agent_id| Command::RemoveAgent { agent_id }),
        2 => (department(), agent()).prop_map(|(department_id, agent_id)| {
            Command::AddMember { department_id, agent_id }
        }),
        2 => (department(), agent()).prop_map(|(department_id, agent_id)| {
            Command::RemoveMember { department_id, agent_id }
        }),
    ]
}

fn people() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (agent(), availability()).prop_map(|(agent_id, availability)| {
            Command::SetAvailability { agent_id, availability }
        }),
        8 => session().prop_map(|(session_id, person)| {
            Command::AttachSession { session_id, person }
        }),
        3 => session().prop_map(|(session_id, _)| Command::LoseSession { session_id }),
        1 => session().prop_map(|(session_id, _)| Command::EndSession { session_id }),
    ]
}

fn origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        3 => Just(Origin::ROOT),
        1 => agent().prop_map(|id| Origin::new(By::Agent, id.as_str())),
        1 => visitor().prop_map(|id| Origin::new(By::Visitor, id.as_str())),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let close = conversation();
    let forget = (visitor(), select(vec!["k", "l"]));
    prop_oneof![
        60 => open(),
        40 => close.prop_map(|conversation_id| Command::CloseConversation { conversation_id }),
        60 => people(),
        16 => hire(),
        16 => manage(),
        4 => forget.prop_map(|(visitor_id, key)| Command::Forget { visitor_id, key: key.into() }),
        1 => Just(Command::Recover),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (origin(), command()).prop_map(|(origin, command)| Step::Ask(origin, command)),
        5 => (0u64..6_000).prop_map(Step::Pass),
        1 => Just(Step::Keep),
        1 => Just(Step::TakeUp),
    ]
}

/// A workspace with something in it, then whatever comes.
pub(crate) fn run(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let ask = |command| Step::Ask(Origin::ROOT, command);
    let departments = vec(policy(), 3).prop_map(move |policies| {
        let create = |(number, mut policy): (usize, Box<Policy>)| {
            policy.fallback_department_id =
                policy.fallback_department_id.filter(|id| *id.as_str() < *format!("d{number}"));
            let department_id = format!("d{number}").into();
            ask(Command::CreateDepartment { department_id, name: String::new(), policy })
        };
        policies.into_iter().enumerate().map(create).collect::<Vec<_>>()
    });
    let agents = vec((1u32..4, skills(), vec(one_of("d", 3), 1..4)), 4).prop_map(move |agents| {
        let staff = |(number, (capacity, skills, department_ids))| {
            let agent_id = AgentId::from(format!("a{number}"));
            let person = Person::Agent(agent_id.clone());
            let availability = Availability::Online;
            [
                Command::AddAgent {
                    agent_id: agent_id.clone(),
                    role: Role::Agent,
                    capacity,
                    skills,
                    department_ids,
                },
                Command::SetAvailability { agent_id, availability },
                Command::AttachSession { session_id: format!("a{number}/0").into(), person },
            ]
        };
        agents.into_iter().enumerate().flat_map(staff).map(ask).collect::<Vec<_>>()
    });
    (departments, agents, vec(step(), length))
        .prop_map(|(departments, agents, steps)| [departments, agents, steps].concat())
}
