//! Closed sets of values.

use switchboard_protocol::model;
use switchboard_routing as core;

/// A value of the core's, as the wire writes it.
pub(crate) trait ToWire {
    /// The wire's type.
    type Wire;
    /// The same value.
    fn to_wire(self) -> Self::Wire;
}

/// A value of the wire's, as the core has it. Decoders refuse what the core does not have.
pub(crate) trait ToCore: Sized {
    /// The core's type.
    type Core;
    /// The same value; none: one that is not known here.
    fn to_core(self) -> Option<Self::Core>;
}

macro_rules! both {
    ($core:path = $wire:path { $($variant:ident),+ $(,)? }) => {
        impl ToWire for $core {
            type Wire = $wire;
            fn to_wire(self) -> $wire {
                match self { $(<$core>::$variant => <$wire>::$variant,)+ }
            }
        }

        impl ToCore for $wire {
            type Core = $core;
            fn to_core(self) -> Option<$core> {
                match self {
                    $(<$wire>::$variant => Some(<$core>::$variant),)+
                    <$wire>::Other => None,
                }
            }
        }
    };
}

both!(core::Role = model::Role { Agent, Admin });
both!(core::Availability = model::Availability { Online, Away });
both!(core::Strategy = model::Strategy { LeastBusy, RoundRobin, LongestIdle });
both!(core::OnUnstaffed = model::OnUnstaffed { Queue, Reject, Fallback });
both!(core::OnAgentLost = model::OnAgentLost { Requeue, Keep });
both!(core::Status = model::WorkspaceStatus { Active, Suspended });
both!(core::State = model::ConversationState { Queued, Offered, Assigned, Closed, Rejected });
both!(
    core::RejectedReason =
        model::RejectedReason { NoAgentsOnline, QueueFull, MaxWait, DepartmentDeleted }
);
both!(
    core::AssignmentCause = model::AssignmentCause {
        Routed,
        Accepted,
        Claimed,
        Transferred,
        Assigned,
        Sticky,
        Requeued,
        Reopened,
    }
);
both!(
    core::By = model::By {
        Visitor,
        Agent,
        Admin,
        Api,
        Root,
        Engine,
        VisitorLeft,
        MissedOffers,
        Absence,
        Idle,
    }
);

both!(
    core::CandidateReason = model::CandidateReason {
        Chosen,
        RankedLower,
        Held,
        Away,
        Absent,
        DepartmentClosed,
        AtCapacity,
        AtDepartmentCapacity,
        MissingSkill,
        Giver,
        CoolingDown,
    }
);
both!(core::ReleasedReason = model::ReleasedReason { Transferred, Reassigned, AgentLost, Removed });
both!(
    core::RequeuedReason =
        model::RequeuedReason { AgentLost, Removed, DepartmentDeleted, MaxWait, Reassigned }
);
both!(
    core::WithdrawnReason = model::WithdrawnReason {
        Declined,
        Expired,
        Away,
        Lost,
        Closed,
        Removed,
        Claimed,
        AcceptedElsewhere,
        Reassigned,
        NotEligible,
        DepartmentDeleted,
    }
);
