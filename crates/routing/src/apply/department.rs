//! What happens to the workspace itself and to departments.

use crate::{
    Config, DeadlineKind, DepartmentId, Policy, Workspace,
    department::Department,
    slab::{AgentIx, DepartmentIx},
};

impl Workspace {
    pub(super) fn apply_configured(&mut self, config: &Config) {
        if self.position == 1 {
            self.created_at = self.clock;
        }
        let idle = self.config.idle_away_ms.is_some() != config.idle_away_ms.is_some();
        self.config = config.clone();
        if idle {
            let agents: Vec<AgentIx> = self.agents.iter().map(|(ix, _)| ix).collect();
            for ix in agents {
                // What was not asked for until now counts from now on.
                self.agents[ix].active_at = self.clock;
                self.note_times(ix);
            }
        }
    }

    pub(super) fn apply_department_created(
        &mut self,
        id: &DepartmentId,
        name: &str,
        policy: &Policy,
    ) {
        let department = Department::new(id.clone(), name.into(), policy.clone(), self.clock);
        let ix = self.departments.insert(department);
        let taken = self.department_ids.insert(id.clone(), ix);
        assert!(taken.is_none(), "a department's id is given once");
        self.open_departments += 1;
    }

    pub(super) fn apply_department_updated(
        &mut self,
        id: &DepartmentId,
        name: &str,
        policy: &Policy,
    ) {
        let ix = self.known_department(id);
        let department = &mut self.departments[ix];
        department.name = name.into();
        let old = std::mem::replace(&mut department.policy, policy.clone());
        if old.strategy != policy.strategy || old.agent_capacity != policy.agent_capacity {
            let members: Vec<_> = department.members.values().copied().collect();
            for member in members {
                self.refresh(member);
            }
        }
        self.rearm(ix);
    }

    pub(super) fn apply_open(&mut self, id: &DepartmentId, open: bool) {
        let ix = self.known_department(id);
        self.departments[ix].open = open;
        let offered = self.departments[ix].offered.iter();
        let asked: Vec<_> =
            offered.filter_map(|(.., at)| self.conversations[*at].offered_to).collect();
        asked.into_iter().for_each(|agent| self.suspect(agent));
        if !planted!(OpenedNotServed) {
            self.stir(ix);
        }
    }

    pub(super) fn apply_department_deleted(&mut self, id: &DepartmentId) {
        let ix = self.known_department(id);
        let room = &self.departments[ix];
        assert!(room.waiting_since().is_none(), "nobody waits in a deleted department");
        self.departments[ix].deleted = true;
        let members = std::mem::take(&mut self.departments[ix].members);
        for agent in members.into_values() {
            self.leave_department(agent, ix);
        }
        if self.config.default_department_id.as_ref() == Some(id) {
            self.config.default_department_id = None;
        }
        self.open_departments -= 1;
        self.rearm(ix);
    }

    /// Marks a department for the drain at the end of the step.
    pub(super) fn stir(&mut self, ix: DepartmentIx) {
        if self.departments[ix].queued > 0 {
            self.stirred.insert(ix);
        }
    }

    /// Arms the deadlines of a department as they are now.
    pub(super) fn rearm(&mut self, ix: DepartmentIx) {
        let department = &self.departments[ix];
        let lost = department.agent_lost_deadline();
        let left = department.visitor_left_deadline();
        let waited = department.max_wait_deadline();
        self.deadlines.set(DeadlineKind::AgentLost, ix, lost);
        self.deadlines.set(DeadlineKind::VisitorLeft, ix, left);
        self.deadlines.set(DeadlineKind::MaxWait, ix, waited);
    }

    /// The place of a department that an event names, deleted or not.
    #[allow(clippy::panic)] // see the module: events name what exists
    pub(super) fn known_department(&self, id: &DepartmentId) -> DepartmentIx {
        match self.department_ids.get(id) {
            Some(ix) => *ix,
            None => panic!("an event names a department that never was"),
        }
    }
}
