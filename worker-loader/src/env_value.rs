//! What a dynamic worker finds in its `env`.

use serde_json::Value;

use crate::Stub;

/// One entry of `env`.
#[derive(Clone)]
pub(crate) enum EnvValue {
    Json(Value),
    /// Text, and what stands for it in the key.
    Secret {
        secret: Value,
        fingerprint: String,
    },
    Stub(Stub),
}

/// A secret is not for logs.
impl std::fmt::Debug for EnvValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(value) => write!(f, "{value}"),
            Self::Secret { fingerprint, .. } => write!(f, "secret {fingerprint:?}"),
            Self::Stub(stub) => write!(f, "{stub:?}"),
        }
    }
}

/// How many bytes V8's serializer writes for a value: what the runtime counts against its limit, so JSON's own
/// length would refuse what it accepts (three bytes for a sign that V8 writes in two).
pub(crate) fn serialized_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => match number.as_i64() {
            Some(int) if (-(1 << 30)..1 << 30).contains(&int) => 1 + varint(((int << 1) ^ (int >> 63)) as u64),
            _ => 9,
        },
        Value::String(text) => string_size(text),
        Value::Array(items) => {
            let length = varint(items.len() as u64);
            3 + 2 * length + items.iter().map(serialized_size).sum::<usize>()
        }
        Value::Object(map) => {
            2 + varint(map.len() as u64)
                + map.iter().map(|(name, value)| string_size(name) + serialized_size(value)).sum::<usize>()
        }
    }
}

/// A tag, the length, and one byte a sign where all fit (Latin-1), else two a UTF-16 unit.
pub(crate) fn string_size(text: &str) -> usize {
    let units = text.encode_utf16().count();
    let bytes = if text.chars().all(|c| c as u32 <= 0xff) { units } else { 2 * units };
    1 + varint(bytes as u64) + bytes
}

pub(crate) fn varint(value: u64) -> usize {
    ((64 - value.max(1).leading_zeros()) as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_does_not_show() {
        let secret = EnvValue::Secret { secret: json!("hunter2"), fingerprint: "3".into() };
        assert_eq!(format!("{secret:?}"), "secret \"3\"");
    }

    #[test]
    fn counts_as_v8_writes() {
        // Checked against `v8.serialize(value).length - 2` of Node (the two are the format's header).
        for (value, bytes) in [
            (json!(null), 1),
            (json!(1), 2),
            (json!(64), 3),
            (json!(1.5), 9),
            (json!("abc"), 5),
            (json!("é"), 3),
            (json!("日本"), 6),
            (json!([1, 2]), 9),
            (json!({"a": 1}), 8),
        ] {
            assert_eq!(serialized_size(&value), bytes, "{value}");
        }
    }
}
