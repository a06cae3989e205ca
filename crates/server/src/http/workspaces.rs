//! `/v1/workspaces`: root's list, and each workspace itself.

use futures::future::BoxFuture;
use switchboard_protocol::{
    ErrorCode,
    http::{CreateWorkspace, PatchWorkspace},
    model::{Workspace, WorkspaceEntry},
};

use super::{App, PAGE, dispatch::asking, failure::Failure, request::Request, route::Route};
use crate::ask::{Answer, Question};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("create_workspace", "/v1/workspaces", "Create a workspace")
            .for_root()
            .takes::<CreateWorkspace>()
            .makes::<Workspace>()
            .fails(&[ErrorCode::IdTaken])
            .calls(create),
        Route::get("list_workspaces", "/v1/workspaces", "List the workspaces")
            .for_root()
            .gives_page::<WorkspaceEntry>()
            .query(PAGE)
            .calls(list),
        Route::get("read_workspace", "/v1/workspaces/{ws}", "Read a workspace")
            .gives::<Workspace>()
            .asks(|_| Ok(Question::Workspace)),
        Route::patch("change_workspace", "/v1/workspaces/{ws}", "Change a workspace")
            .takes::<PatchWorkspace>()
            .gives::<Workspace>()
            .fails(&[ErrorCode::PlanTooSmall])
            .asks(|request| Ok(Question::PatchWorkspace(request.body::<PatchWorkspace>()?))),
        Route::delete("erase_workspace", "/v1/workspaces/{ws}", "Erase a workspace")
            .for_root()
            .calls(delete),
    ]
}

fn create<'a>(app: &'a App, request: &'a Request) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let body = request.body::<CreateWorkspace>()?;
        Ok(app.workspaces.create(body, asking(request)?).await?)
    })
}

fn list<'a>(app: &'a App, request: &'a Request) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move { Ok(app.workspaces.list(request.page()?).await?) })
}

fn delete<'a>(app: &'a App, request: &'a Request) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move { Ok(app.workspaces.delete(&request.parameter("ws")).await?) })
}
