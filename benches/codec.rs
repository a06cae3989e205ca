//! What reading a widget's open and writing an agent's push cost, in both encodings.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use switchboard_protocol::{
    ClientBody, ClientMessage, ConversationOpen, Encoding, ServerMessage, decode_client,
    decode_server, encode,
};

const ASSIGNED: &str = r#"{"type":"conversation.assigned","seq":7,"conversation":{
    "id":"cnv_3JxkQ0yVtT2m1o9bq8sVYw","revision":2,"state":"assigned","department_id":"sales",
    "priority":0,"skills":[],"attributes":{"page":"/pricing","plan":"pro"},
    "visitor":{"id":"vis_0pVdJj3Qq2mX5yT8r1cZkA","name":"Mia","verified":false},
    "agent":{"id":"ann","name":"Ann"},"offer":null,"position":null,"eta_ms":null,"reason":null,
    "opened_at":1790000000000,"queued_at":null,"assigned_at":1790000000000,"closed_at":null,
    "waited_ms":0,"assignment":{"cause":"routed","by":"engine"}}}"#;

fn codec(criterion: &mut Criterion) {
    let open = ClientMessage {
        reference: Some(7),
        body: ClientBody::ConversationOpen(Box::new(ConversationOpen {
            department_id: Some("sales".into()),
            ..ConversationOpen::default()
        })),
    };
    let push: ServerMessage = match decode_server(ASSIGNED.as_bytes(), Encoding::Json) {
        Ok(push) => push,
        Err(error) => unreachable!("the frame above is a good one: {error}"),
    };
    for (name, encoding) in [("json", Encoding::Json), ("msgpack", Encoding::MessagePack)] {
        let frame = encode(&open, encoding).unwrap_or_default();
        let mut group = criterion.benchmark_group(format!("codec/{name}"));
        group.bench_function("read an open", |bencher| {
            bencher.iter(|| decode_client(black_box(&frame), encoding));
        });
        group.bench_function("write an assignment", |bencher| {
            bencher.iter(|| encode(black_box(&push), encoding));
        });
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
