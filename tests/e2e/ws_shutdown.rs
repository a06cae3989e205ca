//! A drain: everybody is told, and nobody new is let in.

use std::time::Duration;

use crate::{
    server::TestServer,
    ws::{DEADLINE, Encoding, Ws, check_fields, in_both},
};

in_both![everybody_is_told_and_let_go];

async fn everybody_is_told_and_let_go(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let token = workspace.agent("ann", &[]).await;
    let mut people = [
        Ws::agent(server.addr, encoding, &token).await,
        Ws::visitor(server.addr, encoding, &workspace.site_key).await,
    ];
    let mut unidentified = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
    let listens = async {
        for person in &mut people {
            let told = person.recv().await;
            check_fields(&told, &["type", "retry_after_ms"]);
            assert_eq!(told["type"], "going_away");
            assert!(told["retry_after_ms"].as_u64().unwrap() > 0);
            person.expect_close(1001).await;
        }
        unidentified.expect_close(1001).await;
    };
    let drained = async { tokio::join!(server.shutdown(), listens) };
    let drained = tokio::time::timeout(DEADLINE.min(Duration::from_secs(10)), drained).await;
    drained.expect("within ten seconds");
}
