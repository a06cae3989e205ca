//! Both encodings: how a value becomes bytes, and bytes a value.

use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scan::MAX_DEPTH;
use crate::strict::{Strict, Trail};
use crate::text::FieldError;
use crate::wire_enum::UnknownValue;

/// How much of a complaint is told. It may quote what it complains of, which may be long.
const MAX_COMPLAINT_CHARS: usize = 200;

/// How messages are written on a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// JSON in text frames.
    #[default]
    Json,
    /// MessagePack in binary frames, maps with text keys.
    MessagePack,
}

impl Encoding {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Json, Self::MessagePack];

    /// The name of the WebSocket subprotocol.
    #[must_use]
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "switchboard.v1.json",
            Self::MessagePack => "switchboard.v1.msgpack",
        }
    }

    /// The encoding that goes with a subprotocol, if it is one of ours.
    #[must_use]
    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.subprotocol() == name)
    }

    /// Whether its frames are text frames, rather than binary ones.
    #[must_use]
    pub fn is_text(self) -> bool {
        self == Self::Json
    }
}

impl FromStr for Encoding {
    type Err = UnknownValue;

    /// `json` or `msgpack`, as on a command line.
    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        match text {
            "json" => Ok(Self::Json),
            "msgpack" => Ok(Self::MessagePack),
            _ => Err(UnknownValue),
        }
    }
}

/// A value that cannot be written. None of this crate's messages is one.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Not as JSON.
    #[error("cannot be written as JSON")]
    Json(#[source] serde_json::Error),
    /// Not as MessagePack.
    #[error("cannot be written as MessagePack")]
    MessagePack(#[source] rmp_serde::encode::Error),
}

/// Writes a message.
pub fn encode<T: Serialize + ?Sized>(
    value: &T,
    encoding: Encoding,
) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::with_capacity(256);
    encode_into(value, encoding, &mut bytes)?;
    Ok(bytes)
}

/// Writes a message at the end of a buffer.
pub fn encode_into<T: Serialize + ?Sized>(
    value: &T,
    encoding: Encoding,
    bytes: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match encoding {
        Encoding::Json => serde_json::to_writer(bytes, value).map_err(EncodeError::Json),
        Encoding::MessagePack => {
            let mut serializer = rmp_serde::Serializer::new(bytes).with_struct_map();
            value.serialize(&mut serializer).map_err(EncodeError::MessagePack)
        }
    }
}

/// Reads a request: see [`crate::strict`]. The bytes were scanned before.
pub(crate) fn read_strict<T: DeserializeOwned>(
    bytes: &[u8],
    encoding: Encoding,
) -> Result<T, FieldError> {
    let trail = Trail::default();
    match encoding {
        Encoding::Json => {
            let mut reader = serde_json::Deserializer::from_slice(bytes);
            T::deserialize(Strict::new(&mut reader, &trail)).map_err(|error| error.to_string())
        }
        Encoding::MessagePack => {
            let mut reader = message_pack(bytes);
            T::deserialize(Strict::new(&mut reader, &trail)).map_err(|error| error.to_string())
        }
    }
    .map_err(|complaint| explain(trail.into_path(), &complaint))
}

/// Reads what a server said: forgiving. The bytes were scanned before.
pub(crate) fn read_lenient<T: DeserializeOwned>(
    bytes: &[u8],
    encoding: Encoding,
) -> Result<T, FieldError> {
    match encoding {
        Encoding::Json => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        Encoding::MessagePack => {
            T::deserialize(&mut message_pack(bytes)).map_err(|error| error.to_string())
        }
    }
    .map_err(|complaint| explain(String::new(), &complaint))
}

type MessagePackReader<'b> = rmp_serde::Deserializer<rmp_serde::decode::ReadRefReader<'b, [u8]>>;

fn message_pack(bytes: &[u8]) -> MessagePackReader<'_> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    // It refuses the depth at which its count comes to nought, hence one more.
    reader.set_max_depth(MAX_DEPTH + 1);
    reader
}

/// A library's complaint in our form: the field apart, no position, not too long.
fn explain(path: String, complaint: &str) -> FieldError {
    let complaint = match complaint.rfind(" at line ") {
        Some(end) => complaint.get(..end).unwrap_or(complaint),
        None => complaint,
    };
    let missing = complaint.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(field) = missing {
        let error = FieldError::new(field, "the field is missing");
        return if path.is_empty() { error } else { error.within(&path) };
    }
    FieldError::new(path, complaint.chars().take(MAX_COMPLAINT_CHARS).collect::<String>())
}
