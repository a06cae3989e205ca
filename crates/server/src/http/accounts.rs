//! Calls of people's accounts, invites and API keys: there by name, not built.

use switchboard_protocol::ErrorCode;

use super::{PAGE, route::Route};

const KEYS: &str = "/v1/workspaces/{ws}/api_keys";
const KEY: &str = "/v1/workspaces/{ws}/api_keys/{id}";
const INVITES: &str = "/v1/workspaces/{ws}/invites";
const INVITE: &str = "/v1/workspaces/{ws}/invites/{id}";
const RESEND: &str = "/v1/workspaces/{ws}/invites/{id}/resend";
const JSON: &str = "application/json";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_api_keys", KEYS, "List the API keys")
            .query(PAGE)
            .gives_other(JSON)
            .later_for_admins(),
        Route::post("create_api_key", KEYS, "Create an API key")
            .gives_other(JSON)
            .later_for_admins(),
        Route::delete("revoke_api_key", KEY, "Revoke an API key").later_for_admins(),
        Route::get("list_invites", INVITES, "List the invites")
            .query(PAGE)
            .gives_other(JSON)
            .later_for_admins(),
        Route::post("create_invite", INVITES, "Invite people")
            .gives_other(JSON)
            .later_for_admins()
            .fails(&[ErrorCode::SeatLimit, ErrorCode::AlreadyMember, ErrorCode::AlreadyInvited]),
        Route::delete("revoke_invite", INVITE, "Take an invite back").later_for_admins(),
        Route::post("resend_invite", RESEND, "Send an invite again")
            .gives_other(JSON)
            .later_for_admins(),
        Route::post("accept_invite", "/v1/invites/accept", "Join by an invite")
            .for_anyone()
            .gives_other(JSON),
        Route::post("sign_in", "/v1/sign-in", "Sign in with a password")
            .for_anyone()
            .gives_other(JSON)
            .fails(&[ErrorCode::InvalidCredentials]),
    ]
}
