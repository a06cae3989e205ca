//! Random commands about few agents, departments and visitors, so that they meet.

use proptest::{bool::weighted, collection::vec, option, prelude::*, sample::select};
use switchboard_routing::{
    AgentId, Availability, By, Command, DepartmentId, InviteId, Key, OpenConversation, Origin,
    Person, Policy, Role, SeatReservation, SessionId, Timestamp, VisitorId, Workspace,
};

use crate::{
    deeds::{self, Deed},
    policies::{config, policy, sticky_ms},
};

/// One step of a run.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// So many milliseconds pass, and what is due is done.
    Pass(u64),
    /// Somebody asks for something.
    Ask(Origin, Command),
    /// Somebody does something about one of the conversations that there are by then: which, who
    /// does it, and what.
    Do(usize, deeds::Who, Deed),
    /// Seats are held, for so long from then, or no longer.
    Invite(Invites),
    /// The workspace is kept as it is.
    Keep,
    /// It is taken up again from what was kept last, and the events since.
    TakeUp,
}

/// What somebody does about invites; all but the first about one of those that are pending by then.
#[derive(Clone, Debug)]
pub(crate) enum Invites {
    Reserve(Vec<InviteId>, u64),
    Extend(usize, u64),
    Release(usize),
    Accept(usize, AgentId),
}

impl Invites {
    /// As it is asked at this time.
    pub(crate) fn command(self, now: u64, core: &Workspace) -> Command {
        let until = |ms| Timestamp(now + ms);
        let pending = |which: usize| {
            let pending: Vec<_> = core.reserved_seats().map(|(id, _)| id.clone()).collect();
            let at = which.checked_rem(pending.len());
            at.map_or_else(|| "i0".into(), |at| pending[at].clone())
        };
        match self {
            Self::Reserve(invites, ms) => {
                let seat = |invite_id| SeatReservation { invite_id, until: until(ms) };
                Command::ReserveSeats { seats: invites.into_iter().map(seat).collect() }
            }
            Self::Extend(which, ms) => {
                Command::ExtendSeat { invite_id: pending(which), until: until(ms) }
            }
            Self::Release(which) => Command::ReleaseSeat { invite_id: pending(which) },
            Self::Accept(which, agent_id) => Command::AddAgent {
                agent_id,
                role: Role::Agent,
                capacity: 1,
                skills: Vec::new(),
                department_ids: Vec::new(),
                invite_id: Some(pending(which)),
            },
        }
    }
}

fn one_of<T: std::fmt::Debug + for<'a> From<&'a str>>(
    kind: &'static str,
    count: u8,
) -> impl Strategy<Value = T> {
    (0..count).prop_map(move |number| format!("{kind}{number}").as_str().into())
}

pub(crate) fn department() -> impl Strategy<Value = DepartmentId> {
    prop_oneof![8 => one_of("d", 3), 2 => one_of("d", 5)]
}

pub(crate) fn agent() -> impl Strategy<Value = AgentId> {
    one_of("a", 6)
}

pub(crate) fn visitor() -> impl Strategy<Value = VisitorId> {
    one_of("v", 4)
}

fn skill() -> impl Strategy<Value = String> {
    select(vec!["french", "german", "law"]).prop_map(String::from)
}

/// What an agent has.
pub(crate) fn skills() -> impl Strategy<Value = Vec<String>> {
    vec(skill(), 0..5)
}

/// What a conversation asks for.
fn asked() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![4 => Just(vec![]), 1 => vec(skill(), 1..3)]
}

fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::Agent, Role::Agent, Role::Admin])
}

fn availability() -> impl Strategy<Value = Availability> {
    prop_oneof![5 => Just(Availability::Online), 1 => Just(Availability::Away)]
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
    (one_of("c", 90), visitor(), department, -1i32..2, asked(), key).prop_map(
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

fn with_sticky((id, mut policy): (DepartmentId, Box<Policy>)) -> (DepartmentId, Box<Policy>) {
    policy.sticky_ms = sticky_ms(&id);
    (id, policy)
}

fn manage() -> impl Strategy<Value = Command> {
    let name = String::new;
    let policy = || (department(), policy()).prop_map(with_sticky);
    prop_oneof![
        3 => policy().prop_map(move |(department_id, policy)| {
            Command::CreateDepartment { department_id, name: name(), policy }
        }),
        4 => policy().prop_map(move |(department_id, policy)| {
            Command::UpdateDepartment { department_id, name: name(), policy }
        }),
        8 => (department(), weighted(0.75)).prop_map(|(department_id, open)| {
            Command::SetDepartmentOpen { department_id, open }
        }),
        2 => department().prop_map(|department_id| Command::DeleteDepartment { department_id }),
        2 => config().prop_map(Command::Configure),
    ]
}

fn hire() -> impl Strategy<Value = Command> {
    let departments = || vec(department(), 0..4);
    prop_oneof![
        4 => (
            one_of("a", 9),
            role(),
            0u32..4,
            skills(),
            departments(),
            option::weighted(0.2, invite()),
        ).prop_map(|(agent_id, role, capacity, skills, department_ids, invite_id)| {
            Command::AddAgent { agent_id, role, capacity, skills, department_ids, invite_id }
        }),
        4 => (
            agent(),
            option::of(role()),
            option::of(0u32..4),
            option::of(skills()),
            option::weighted(0.2, departments()),
        ).prop_map(|(agent_id, role, capacity, skills, department_ids)| {
            Command::UpdateAgent { agent_id, role, capacity, skills, department_ids }
        }),
        2 => one_of("a", 9).prop_map(|agent_id| Command::RemoveAgent { agent_id }),
        3 => (department(), agent()).prop_map(|(department_id, agent_id)| {
            Command::AddMember { department_id, agent_id }
        }),
        2 => (department(), agent()).prop_map(|(department_id, agent_id)| {
            Command::RemoveMember { department_id, agent_id }
        }),
    ]
}

fn invite() -> impl Strategy<Value = InviteId> {
    one_of("i", 5)
}

/// What becomes of the seats of invites.
fn invites() -> impl Strategy<Value = Invites> {
    let lasts = || select(vec![0, 500, 1_000, 6_000, 30_000]);
    prop_oneof![
        5 => (vec(invite(), 0..4), lasts()).prop_map(|(invites, ms)| Invites::Reserve(invites, ms)),
        2 => (any::<usize>(), lasts()).prop_map(|(which, ms)| Invites::Extend(which, ms)),
        1 => any::<usize>().prop_map(Invites::Release),
        3 => (any::<usize>(), one_of("a", 9)).prop_map(|(w, agent)| Invites::Accept(w, agent)),
    ]
}

fn people() -> impl Strategy<Value = Step> {
    let as_agent = |id: &AgentId| Origin::new(By::Agent, id.as_str());
    let person = |person: &Person| match person {
        Person::Agent(id) => Origin::new(By::Agent, id.as_str()),
        Person::Visitor(id) => Origin::new(By::Visitor, id.as_str()),
    };
    prop_oneof![
        9 => (agent(), availability(), weighted(0.8)).prop_map(move |(agent_id, availability, own)| {
            let origin = if own { as_agent(&agent_id) } else { Origin::ROOT };
            Step::Ask(origin, Command::SetAvailability { agent_id, availability })
        }),
        12 => session().prop_map(move |(session_id, who)| {
            Step::Ask(person(&who), Command::AttachSession { session_id, person: who })
        }),
        3 => session().prop_map(|(session_id, _)| {
            Step::Ask(Origin::ENGINE, Command::LoseSession { session_id })
        }),
        1 => session().prop_map(move |(session_id, who)| {
            Step::Ask(person(&who), Command::EndSession { session_id })
        }),
        14 => (session(), select(vec![0u64, 1_000, 9_000, 30_000])).prop_map(
            move |((session_id, who), hold_ms)| {
                Step::Ask(person(&who), Command::HoldSession { session_id, hold_ms })
            },
        ),
        1 => agent().prop_map(move |agent_id| {
            Step::Ask(as_agent(&agent_id), Command::ReportActivity { agent_id })
        }),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let root = |command| Step::Ask(Origin::ROOT, command);
    let forget = (visitor(), select(vec!["k", "l"]));
    prop_oneof![
        150 => open().prop_map(root),
        330 => deeds::step(),
        180 => people(),
        40 => hire().prop_map(root),
        25 => invites().prop_map(Step::Invite),
        40 => manage().prop_map(root),
        8 => forget.prop_map(move |(visitor_id, key)| {
            root(Command::Forget { visitor_id, key: key.into() })
        }),
        5 => Just(root(Command::Recover)),
        180 => select(vec![0, 1, 500, 500, 500, 1_000, 1_000, 1_500, 2_500, 6_000]).prop_map(Step::Pass),
        30 => Just(Step::Keep),
        30 => Just(Step::TakeUp),
    ]
}

/// A workspace with something in it, then whatever comes.
pub(crate) fn run(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let ask = |command| Step::Ask(Origin::ROOT, command);
    let configure = config().prop_map(move |mut config| {
        (config.limits, config.default_department_id) = Default::default();
        config.status = switchboard_routing::Status::Active;
        vec![ask(Command::Configure(config))]
    });
    let departments = vec(policy(), 3).prop_map(move |policies| {
        let create = |(number, mut policy): (usize, Box<Policy>)| {
            policy.fallback_department_id =
                policy.fallback_department_id.filter(|id| *id.as_str() < *format!("d{number}"));
            let (department_id, policy) = with_sticky((format!("d{number}").into(), policy));
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
                    invite_id: None,
                },
                Command::SetAvailability { agent_id, availability },
                Command::AttachSession { session_id: format!("a{number}/0").into(), person },
            ]
        };
        agents.into_iter().enumerate().flat_map(staff).map(ask).collect::<Vec<_>>()
    });
    (configure, departments, agents, vec(step(), length)).prop_map(
        |(configure, departments, agents, steps)| [configure, departments, agents, steps].concat(),
    )
}
