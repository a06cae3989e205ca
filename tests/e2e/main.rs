//! Black-box tests over real sockets: a whole server in this process, and clients that know of it
//! no more than its address and its keys. What is expected is the contract's word, not the code's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod http;
mod http_agent_changes;
mod http_agents;
mod http_conversation_close;
mod http_conversation_lists;
mod http_conversations;
mod http_credentials;
mod http_department_end;
mod http_department_policy;
mod http_departments;
mod http_errors;
mod http_events;
mod http_idempotency;
mod http_limits;
mod http_members;
mod http_node;
mod http_openapi;
mod http_site;
mod http_visitors;
mod http_workspace_changes;
mod http_workspaces;
mod people;
mod promises;
mod server;
