//! `…/departments`, and who their members are.

use switchboard_protocol::{
    ErrorCode,
    http::{CreateDepartment, PatchDepartment},
    model::Department,
};

use super::{PAGE, request::Request, route::Route};
use crate::ask::Question;

const ALL: &str = "/v1/workspaces/{ws}/departments";
const ONE: &str = "/v1/workspaces/{ws}/departments/{id}";
const MEMBER: &str = "/v1/workspaces/{ws}/departments/{id}/members/{agent}";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_departments", ALL, "List the departments")
            .gives_page::<Department>()
            .query(PAGE)
            .asks(|request| Ok(Question::Departments(request.page()?))),
        Route::post("create_department", ALL, "Create a department")
            .takes::<CreateDepartment>()
            .makes::<Department>()
            .fails(&[ErrorCode::DepartmentLimit, ErrorCode::IdTaken])
            .asks(|request| Ok(Question::CreateDepartment(request.body::<CreateDepartment>()?))),
        Route::get("read_department", ONE, "Read a department")
            .gives::<Department>()
            .asks(|request| Ok(Question::Department(request.parameter("id")))),
        Route::patch("change_department", ONE, "Change a department")
            .takes::<PatchDepartment>()
            .gives::<Department>()
            .asks(|request| {
                let body = request.body::<PatchDepartment>()?;
                Ok(Question::PatchDepartment(request.parameter("id"), Box::new(body)))
            }),
        Route::delete("delete_department", ONE, "Delete a department; its queue moves or ends")
            .asks(|request| Ok(Question::DeleteDepartment(request.parameter("id")))),
        Route::put("add_member", MEMBER, "Make an agent a member").gives_nothing().asks(
            |request| {
                let (department_id, agent_id) = member(request);
                Ok(Question::AddMember { department_id, agent_id })
            },
        ),
        Route::delete("remove_member", MEMBER, "End an agent's membership").asks(|request| {
            let (department_id, agent_id) = member(request);
            Ok(Question::RemoveMember { department_id, agent_id })
        }),
    ]
}

fn member(request: &Request) -> (String, String) {
    (request.parameter("id"), request.parameter("agent"))
}
