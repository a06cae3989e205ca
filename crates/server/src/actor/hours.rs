//! Opening and closing departments by their hours. The core is told; it knows no clock.

use switchboard_protocol::{ErrorCode, http, model};
use switchboard_routing::{Command, DepartmentId, Event, Origin, Refusal};

use super::worker::{Step, Worker};
use crate::{
    ask::ApiError,
    convert::{policy_from_wire, policy_to_wire},
    hours::Hours,
};

impl Worker {
    /// Reads every department's hours, once the workspace is loaded.
    pub(super) fn recall_hours(&mut self) {
        for department in self.core.departments() {
            let hours = policy_to_wire(&department.policy).business_hours;
            self.timetable.set(&department.id, hours.as_ref());
        }
    }

    /// Keeps the timetable as the policies are.
    pub(super) fn observe_hours(&mut self, event: &Event) {
        match event {
            Event::DepartmentCreated { department_id, policy, .. }
            | Event::DepartmentUpdated { department_id, policy, .. } => {
                let hours = policy_to_wire(policy).business_hours;
                self.timetable.set(department_id, hours.as_ref());
            }
            Event::DepartmentDeleted { department_id } => self.timetable.remove(department_id),
            _ => {}
        }
    }

    /// Opens and closes what is to be open and closed by now, where that is due.
    pub(crate) fn keep_hours(&mut self) {
        let clock = self.node.clock;
        let look = self.timetable.look(clock.now(), || clock.wall());
        self.departments_stirred |= look.changed;
        for (department_id, open) in look.open {
            self.set_open(department_id, open);
        }
    }

    fn set_open(&mut self, department_id: DepartmentId, open: bool) {
        let department = self.core.department(department_id.as_str());
        if department.is_some_and(|department| department.open != open) {
            self.step_as_engine(Command::SetDepartmentOpen { department_id, open });
        }
    }

    /// Sets a department's name and policy. Its new hours count before anything is routed by the
    /// new policy, and before the answer is out.
    pub(super) fn update_department(
        &mut self,
        origin: Origin,
        department_id: DepartmentId,
        name: String,
        policy: model::Policy,
    ) -> Result<Step, Refusal> {
        if self.closes_by(&policy) {
            self.set_open(department_id.clone(), false);
        }
        // Whatever comes of it: what is closed for a change that is refused opens again.
        self.timetable.stir(&department_id);
        let policy = Box::new(policy_from_wire(policy));
        let update = Command::UpdateDepartment { department_id, name, policy };
        let step = self.step(origin, None, update);
        self.keep_hours();
        step
    }

    /// Whether an update closes the department. One that will be refused closes nothing.
    fn closes_by(&self, policy: &model::Policy) -> bool {
        let Some(Ok(hours)) = policy.business_hours.as_ref().map(Hours::new) else { return false };
        let fallback = policy.fallback_department_id.as_deref();
        fallback.is_none_or(|id| self.core.department(id).is_some())
            && !hours.at(self.node.clock.wall()).open
    }
}

/// Changes a policy. Hours that it names no zone for, or one that nobody knows, are refused.
pub(super) fn apply_patch(
    patch: http::PatchPolicy,
    policy: &mut model::Policy,
) -> Result<(), ApiError> {
    let refused = |detail: String| ApiError::new(ErrorCode::BadRequest, detail);
    // Hours that nobody touches stay, also where their zone is not known any more.
    let changes_hours = patch.business_hours.value().is_some();
    patch.apply(policy).map_err(|error| refused(error.within("policy").to_string()))?;
    if let Some(hours) = policy.business_hours.as_ref().filter(|_| changes_hours) {
        let unknown = |error| refused(format!("policy.business_hours.time_zone: {error}"));
        Hours::new(hours).map_err(unknown)?;
    }
    Ok(())
}
