//! Departments and who is in them.

use std::fmt::Debug;

use serde::Serialize;
use switchboard_protocol::{http, model};
use switchboard_routing::{Command, Department, DepartmentId};

use super::{Answered, Rights};
use crate::{
    actor::{hours::apply_patch, worker::Worker},
    ask::{Answer, ApiError, PageQuery},
    convert::{policy_from_wire, policy_to_wire, refused},
    ids,
    registry::bad_cursor,
};

impl Worker {
    pub(super) fn departments(&self, page: &PageQuery) -> Result<Answer, ApiError> {
        let view = self.view();
        let all = view.departments();
        let begin = match &page.cursor {
            None => 0,
            Some(after) => self.place_behind(&all, after).ok_or_else(bad_cursor)?,
        };
        let later = all.into_iter().zip(1..).skip(begin).take(page.limit + 1);
        let shown = later.map(|(department, position)| model::Department {
            position,
            ..view.department(department)
        });
        let mut items: Vec<model::Department> = shown.collect();
        let next_cursor = next_cursor(&mut items, page.limit, |department| department.id.clone());
        Ok(Answer::ok(http::Page { items, next_cursor }))
    }

    /// Where those begin that stand behind a department, which may have been deleted meanwhile.
    fn place_behind(&self, all: &[&Department], after: &str) -> Option<usize> {
        if let Some(place) = all.iter().position(|of| of.id.as_str() == after) {
            return Some(place + 1);
        }
        let order = &self.profiles.site.department_order;
        let place = |id: &str| order.iter().position(|put| put.as_str() == id);
        let mut later = self.core.departments_after(Some(after))?;
        if let Some(gone) = place(after) {
            let before = |of: &&&Department| place(of.id.as_str()).is_some_and(|own| own < gone);
            return Some(all.iter().filter(before).count());
        }
        let next = later.find(|of| place(of.id.as_str()).is_none());
        let next = next.and_then(|next| all.iter().position(|of| of.id == next.id));
        Some(next.unwrap_or(all.len()))
    }

    pub(super) fn department(&self, rights: &Rights, id: &str) -> Result<Answer, ApiError> {
        rights.admin()?;
        Ok(Answer::ok(self.shown_department(id)?))
    }

    fn shown_department(&self, id: &str) -> Result<model::Department, ApiError> {
        let department = self.core.department(id);
        let department = department.ok_or_else(|| ApiError::not_found("department"))?;
        Ok(self.view().department(department))
    }

    pub(super) fn create_department(
        &mut self,
        rights: &Rights,
        request: http::CreateDepartment,
    ) -> Answered {
        rights.admin()?;
        let id = request.id.unwrap_or_else(|| ids::fresh("dep"));
        let mut policy = model::Policy::default();
        if let Some(patch) = request.policy {
            apply_patch(patch, &mut policy)?;
        }
        let create = Command::CreateDepartment {
            department_id: id.as_str().into(),
            name: request.name,
            policy: Box::new(policy_from_wire(policy)),
        };
        let step = self.carry_out_for(rights.origin.clone(), create)?;
        self.keep_hours();
        Ok((Answer::created(self.shown_department(&id)?), Some(step)))
    }

    pub(super) fn patch_department(
        &mut self,
        rights: &Rights,
        id: &str,
        patch: http::PatchDepartment,
    ) -> Answered {
        rights.admin()?;
        let department = self.core.department(id);
        let department = department.ok_or_else(|| ApiError::not_found("department"))?;
        let mut policy = policy_to_wire(&department.policy);
        match patch.policy {
            http::Patch::Keep => {}
            http::Patch::Clear => policy = model::Policy::default(),
            http::Patch::Set(patch) => apply_patch(patch, &mut policy)?,
        }
        let name = patch.name.unwrap_or_else(|| department.name.clone());
        let step = self.update_department(rights.origin.clone(), id.into(), name, policy);
        let step = step.map_err(refused)?;
        match patch.position {
            http::Patch::Keep => {}
            http::Patch::Clear => self.place_department(id, None),
            http::Patch::Set(position) => self.place_department(id, Some(position)),
        }
        Ok((Answer::ok(self.shown_department(id)?), Some(step)))
    }

    pub(super) fn delete_department(&mut self, rights: &Rights, id: &str) -> Answered {
        rights.admin()?;
        let delete = Command::DeleteDepartment { department_id: DepartmentId::from(id) };
        let step = self.carry_out_for(rights.origin.clone(), delete)?;
        Ok((Answer::empty(), Some(step)))
    }

    pub(super) fn change_members(&mut self, rights: &Rights, change: Command) -> Answered {
        rights.admin()?;
        let step = self.carry_out_for(rights.origin.clone(), change)?;
        Ok((Answer::empty(), Some(step)))
    }
}

/// A page of what is all there, in its order; the cursor is the id of the last one shown.
pub(super) fn page_of<T, S: Serialize + Send + Debug + 'static>(
    all: Vec<T>,
    page: &PageQuery,
    id: impl Fn(&T) -> &str,
    shown: impl Fn(T) -> S,
) -> Result<Answer, ApiError> {
    let begin = match &page.cursor {
        None => 0,
        Some(after) => 1 + all.iter().position(|one| id(one) == after).ok_or_else(bad_cursor)?,
    };
    let mut later: Vec<T> = all.into_iter().skip(begin).take(page.limit + 1).collect();
    let next_cursor = next_cursor(&mut later, page.limit, |one| id(one).to_owned());
    let items: Vec<S> = later.into_iter().map(shown).collect();
    Ok(Answer::ok(http::Page { items, next_cursor }))
}

/// Cuts a page that was read one too long, and says where the next begins.
pub(super) fn next_cursor<T>(
    items: &mut Vec<T>,
    limit: usize,
    cursor: impl Fn(&T) -> String,
) -> Option<String> {
    let more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| more).map(cursor)
}
