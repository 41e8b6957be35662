//! What a script may use. Some of it the runtime enforces, the rest `dispatch/bounds.js` and the gateway do.

use serde_json::{Map, Value};

use super::{Fields, Refusal, problem};

/// Its names, and the most that each may be set to.
///
/// `cpu_ms` and `subrequests` are Cloudflare's, per request, with Cloudflare's most
/// (<https://developers.cloudflare.com/workers/platform/limits/>). The others are ours: `wall_ms` until the answer begins,
/// `idle_ms` between two pieces of its body, `request_bytes` and `response_bytes` of the bodies, `subrequests_per_minute` of
/// the script through the gateway.
const NAMES: [(&str, u64); 7] = [
    ("cpu_ms", 300_000),
    ("subrequests", 10_000_000),
    ("wall_ms", 3_600_000),
    ("idle_ms", 3_600_000),
    ("request_bytes", 100_000_000_000),
    ("response_bytes", 100_000_000_000),
    ("subrequests_per_minute", 1_000_000),
];

/// The `limits` of a document; without those that it does not set.
pub fn of(fields: &mut Fields) -> Option<Value> {
    let mut inner = fields.within("limits", "limits.")?;
    let mut limits = Map::new();
    for (name, most) in NAMES {
        if let Some(value) = inner.whole(name, 1, most) {
            limits.insert(name.to_owned(), value.into());
        }
    }
    for name in inner.names() {
        if NAMES.iter().all(|(known, _)| *known != name) {
            inner.wrong(["limits.", name, " is none of the limits."].concat());
        }
    }
    fields.problems.append(&mut inner.problems);
    Some(limits.into())
}

/// The header in which a request brings limits of its own, which only lower what it may use (`request.js` reads it).
pub const HEADER: &str = "x-worker-limits";

/// Those that a request brings in its header, `wall_ms=200, cpu_ms=10`: each of the names but the last, which
/// is no single request's. Null, where there are none.
///
/// # Errors
/// [`Refusal::Api`] with 400, with what is wrong.
pub fn of_call(header: &str) -> Result<Value, Refusal> {
    let mut limits = Value::Null;
    for part in header.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let known = NAMES[..NAMES.len() - 1].iter().find(|(known, most)| {
            *known == name.trim() && value.trim().parse().is_ok_and(|value: u64| (1..=*most).contains(&value))
        });
        let Some((name, _)) = known else {
            let message = format!(
                "{HEADER}: {part:?} is no limit of a call, such as wall_ms=200: cpu_ms, subrequests, wall_ms, idle_ms, \
                 request_bytes and response_bytes are, in whole numbers from 1."
            );
            return Err(Refusal::api(400, problem::MALFORMED, message));
        };
        limits[*name] = value.trim().parse::<u64>().unwrap_or_default().into();
    }
    Ok(limits)
}

/// Of each limit the lower one. What is no object limits nothing.
pub fn lower(one: &Value, other: &Value) -> Value {
    let mut limits = Map::new();
    for (name, _) in NAMES {
        let set = [one, other].into_iter().filter_map(|limits| limits[name].as_u64()).min();
        if let Some(value) = set {
            limits.insert(name.to_owned(), value.into());
        }
    }
    limits.into()
}

/// Those that this host enforces itself, with each request; nothing, where there are none.
pub fn of_requests(limits: &Value) -> Option<Value> {
    let ours = ["wall_ms", "idle_ms", "request_bytes", "response_bytes"];
    let mut set = Value::Null;
    for name in ours {
        if limits[name].is_u64() {
            set[name] = limits[name].clone();
        }
    }
    (!set.is_null()).then_some(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::problem;
    use serde_json::json;

    fn read(limits: Value) -> Result<Option<Value>, usize> {
        let document = json!({ "limits": limits });
        let mut fields = Fields::new(&document, "it", "", problem::MALFORMED);
        let limits = of(&mut fields);
        if fields.problems.is_empty() { Ok(limits) } else { Err(fields.problems.len()) }
    }

    #[test]
    fn are_numbers_within_what_there_is() {
        assert_eq!(read(json!({ "cpu_ms": 50, "wall_ms": null })), Ok(Some(json!({ "cpu_ms": 50 }))));
        assert_eq!(read(Value::Null), Ok(None));
        assert_eq!(read(json!({ "cpu_ms": 0, "idle_ms": 3_600_001, "wall": 5, "request_bytes": "many" })), Err(4));
        assert_eq!(read(json!([])), Err(1));
    }

    #[test]
    fn the_lower_one_holds() {
        let (script, namespace) =
            (json!({ "cpu_ms": 50, "wall_ms": 10 }), json!({ "cpu_ms": 20, "response_bytes": 9 }));
        assert_eq!(lower(&script, &namespace), json!({ "cpu_ms": 20, "wall_ms": 10, "response_bytes": 9 }));
        assert_eq!(lower(&Value::Null, &Value::Null), json!({}));
    }

    #[test]
    fn a_call_brings_its_own() {
        assert_eq!(of_call("").unwrap(), Value::Null);
        assert_eq!(of_call(" wall_ms=200 , cpu_ms = 10,").unwrap(), json!({ "wall_ms": 200, "cpu_ms": 10 }));
        for wrong in [
            "wall_ms",
            "wall_ms=",
            "wall_ms=0",
            "wall_ms=-1",
            "wall_ms=1.5",
            "wall_ms=3600001",
            "wall=5",
            "=5",
            "subrequests_per_minute=5",
            "wall_ms=5;cpu_ms=5",
        ] {
            let refusal = of_call(wrong);
            assert!(matches!(refusal, Err(Refusal::Api { status: 400, .. })), "{wrong}: {refusal:?}");
        }
    }

    #[test]
    fn the_runtimes_own_are_not_enforced_twice() {
        assert_eq!(of_requests(&json!({ "cpu_ms": 5, "subrequests_per_minute": 5 })), None);
        assert_eq!(of_requests(&json!({ "cpu_ms": 5, "idle_ms": 7 })), Some(json!({ "idle_ms": 7 })));
    }
}
