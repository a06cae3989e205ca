//! The bugs, in the order of what must never happen.

/// Lists the bugs, so that none is left out of [`Bug::ALL`].
macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Something that is wrong on purpose, by what it does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Bug {
            $($(#[$doc])* $name,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

bugs! {
    // Two have one conversation.
    /// What is assigned while an agent has it stays with that one too.
    TwoHolders,
    /// A claim takes what a colleague has.
    ClaimsHeld,

    // Somebody who may not is asked or given.
    /// Who says `away` is picked.
    AsksAway,
    /// Who is not there is picked.
    AsksAbsent,
    /// Who is no member is assigned, handed and led back conversations of a department.
    AsksStrangers,
    /// A closed department goes on.
    AsksWhileClosed,
    /// Skills are not looked at.
    AsksUnskilled,
    /// Who just declined, missed or gave it away is asked again at once.
    AsksCooling,
    /// Agents are picked up to one more than they have capacity for.
    OverCapacity,
    /// The department's share of an agent is not looked at.
    OverAgentCapacity,
    /// Who sleeps is given and not asked.
    AssignsAsleep,
    /// A transfer to an agent is not checked.
    TransfersToAnybody,

    // A conversation is lost, or there twice.
    /// What is requeued leaves its agent and comes into no line.
    LosesRequeued,
    /// What is offered stays among those who can be taken, and is offered again.
    OffersTwice,

    // Whoever came first is not first.
    /// Of the same priority the last one is served first.
    LastComeFirst,
    /// An agent of several departments serves one of them before all the others.
    OneDepartmentFirst,
    /// What is requeued goes to the end.
    LosesPlace,

    // Somebody waits while somebody could.
    /// Who comes to have room is given nothing that waits.
    FreedNotServed,
    /// Who waits in a department that opens is not served by that.
    OpenedNotServed,

    // Not the one whom the strategy takes.
    /// `least_busy` counts conversations and not how full that makes an agent.
    LoadWithoutCapacity,
    /// `round_robin` goes on after who was asked, not only after who was assigned.
    OffersSpendTurns,
    /// `longest_idle` looks at assignments and not at closes.
    IdleSinceAssigned,

    // What is over is not.
    /// A conversation that is closed stays with its agent.
    ClosedStaysHeld,
    /// A visitor reopens what is another's, an agent what it never had.
    StrangersReopen,

    // A key is not what it was.
    /// A key is forgotten when its conversation ends.
    ForgetsKeys,
    /// A key gives what any visitor opened with it.
    KeysOfAnybody,

    // What is taken up from the log is not what was.
    /// The time of what did nothing is kept, though no event says it.
    KeepsTimeUnlogged,
    /// A snapshot has not whose turn it is.
    SnapshotWithoutTurns,
    /// Who was there before a recovery is there after it.
    RecoveredPresent,

    // An offer ends twice, or not, or otherwise than it says.
    /// A declined offer ends twice.
    DeclineEndsTwice,
    /// An offer that is not answered stays.
    OfferNeverExpires,
    /// An answer to an earlier offer counts for the one that is open.
    AnyOfferAnswered,
    /// Who goes away is still asked for what it was asked for before.
    AwayKeepsOffers,

    // Presence is not what the sessions say.
    /// A device that signs in makes its agent online.
    DeviceSetsOnline,
    /// Who loses one of several devices is gone.
    OneDeviceIsAll,
    /// What a lost agent holds stays with it for ever.
    GraceNotStarted,
    /// Who comes back within the grace loses what it holds.
    ReturnTakesHeld,

    // Something that is due does not come.
    /// Whoever waits too long waits on.
    LongestWaitIsEndless,
    /// What a visitor left waiting is never closed.
    LeftVisitorWaits,
    /// A closed conversation counts for ever.
    WrapUpIsEndless,
    /// Who declined is never asked again.
    CooldownIsEndless,
    /// A session that sleeps with leave sleeps for ever.
    HoldIsEndless,
    /// An invite that nobody accepted in time keeps its seat.
    InviteIsEndless,

    // A refusal does something; a limit is none; somebody else has a say.
    /// What was decided before a refusal is carried out.
    RefusesAndDoes,
    /// One agent more than the plan has seats.
    OneSeatTooMany,
    /// Several are invited where one seat is left.
    OneSeatForSeveral,
    /// Who accepts an invite takes a seat, and the invite keeps its own.
    AcceptedKeepsInvite,
    /// The last admin is demoted or removed.
    LastAdminGoes,
    /// An offer does not raise the revision.
    RevisionStays,
    /// Who waited too long goes back to a department where it did so before.
    FallsBackInCircles,
    /// Places are counted for all workspaces together.
    CountsForEverybody,
}
