//! What the runtime says of a call, and what it means. The messages are workerd's, to the letter.

mod said;

use said::{Whose, check, thrown, whose};
use worker_loader::{Error, ErrorKind, Limit};

#[test]
fn what_the_worker_does_not_export() {
    check(
        ("Error", "Worker has no such entrypoint: Nope", false),
        ErrorKind::NoSuchEntrypoint { name: Some("Nope".into()) },
        Whose::Other,
        "the dynamic worker has no entrypoint \"Nope\": export it, or name one that it exports",
    );
    check(
        ("Error", "Worker has no default entrypoint.", false),
        ErrorKind::NoSuchEntrypoint { name: None },
        Whose::Other,
        "the dynamic worker has no default entrypoint: it needs an `export default`",
    );
    check(
        ("Error", "Handler does not export a fetch() function.", true),
        ErrorKind::NoHandler { handler: "fetch".into() },
        Whose::Worker,
        "the dynamic worker's entrypoint has no `fetch`: add the handler or method",
    );
    check(
        ("TypeError", "The RPC receiver does not implement the method \"nosuch\".", true),
        ErrorKind::NoHandler { handler: "nosuch".into() },
        Whose::Worker,
        "the dynamic worker's entrypoint has no `nosuch`: add the handler or method",
    );
}

#[test]
fn what_the_worker_may_not() {
    let blocked = "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities (such as bindings in 'env') to talk to the outside world.";
    let limit = |limit, what: &str| {
        (ErrorKind::LimitExceeded(limit), format!("the dynamic worker used more {what} than its limit"))
    };
    let (cpu, cpu_sentence) = limit(Limit::Cpu, "CPU time");
    let (requests, requests_sentence) = limit(Limit::SubRequests, "subrequests");
    let (memory, memory_sentence) = limit(Limit::Memory, "memory");
    check(
        ("Error", blocked, true),
        ErrorKind::OutboundBlocked,
        Whose::Worker,
        "the dynamic worker used the network, which is blocked, or exports no default: give it an `export default`, an Outbound, or a binding in its env",
    );
    check(("Error", "Worker exceeded CPU time limit.", false), cpu, Whose::Worker, &cpu_sentence);
    check(("Error", "Too many subrequests.", true), requests, Whose::Worker, &requests_sentence);
    check(("Error", "Worker exceeded memory limit.", false), memory, Whose::Worker, &memory_sentence);
    check(
        (
            "Error",
            "The Workers runtime canceled this request because it detected that your Worker's code had hung and would never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/",
            true,
        ),
        ErrorKind::Hung,
        Whose::Worker,
        "the dynamic worker waits for something that can never come",
    );
}

#[test]
fn what_is_the_platforms() {
    let many = "too many dynamic workers in flight at once (4 a request, 10 a Durable Object): wait with a Gate, and read or cancel every body";
    for message in ["Too many concurrent dynamic workers", "Dynamic worker concurrency limit exceeded"] {
        check(("Error", message, false), ErrorKind::Concurrency, Whose::Other, many);
    }
    check(
        ("DataCloneError", "Unable to deserialize cloned data due to invalid or unsupported version.", false),
        ErrorKind::CloneSkew,
        Whose::Other,
        "the dynamic worker holds a stub of an older deployment and cannot read the newer one's values: load it under another key",
    );
    // A worker without a default export fails so, remote; and any worker can throw the text.
    for (remote, expected) in [(false, Whose::Other), (true, Whose::Worker)] {
        check(
            ("Error", "internal error; reference = 0123456789abcdefghijklmn", remote),
            ErrorKind::Internal { reference: Some("0123456789abcdefghijklmn".into()), remote },
            expected,
            "the runtime failed inside; its log says more under reference 0123456789abcdefghijklmn",
        );
        check(
            ("Error", "internal error", remote),
            ErrorKind::Internal { reference: None, remote },
            expected,
            "the runtime failed inside",
        );
    }
}

#[test]
fn what_the_worker_threw() {
    for (name, message) in [
        ("TypeError", "bad thing"),
        ("RangeError", ""),
        ("Error", "just a string"),
        ("TypeError", "Callback returned incorrect type; expected 'Promise'"),
        (
            "TypeError",
            "Attempted to call RPC function \"add\" with the wrong number of arguments. When calling a top-level handler function that is not declared as part of a class, you must always send exactly one argument.",
        ),
    ] {
        // Not remote, it was thrown by the call and not by the worker.
        check(
            (name, message, false),
            thrown(name, message, false),
            Whose::Other,
            &format!("the call failed with {name}: {message}"),
        );
        check(
            (name, message, true),
            thrown(name, message, true),
            Whose::Worker,
            &format!("the dynamic worker threw {name}: {message}"),
        );
    }
}

/// A tenant's code can throw any text. It must not pass for a failure of the loader, which would have another version
/// serve in its place, or be counted as ours.
#[test]
fn a_worker_cannot_speak_for_the_loader() {
    for message in [
        "Failed to start Worker:\nUncaught SyntaxError: Unexpected end of input\n  at index.js:1:31",
        "worker-loader factory: storage is down",
        "worker-loader key: asked t@1 given t@2",
        "worker-loader code: there is no module",
        "The request which initiated this dynamic worker load has already completed.",
        "The execution context responding to this call was canceled.",
        "Worker has no such entrypoint: Nope",
        "Worker has no default entrypoint.",
        "Too many concurrent dynamic workers",
        "Dynamic Worker code size (68157499 bytes) exceeds the maximum allowed size of 67108864 bytes.",
        "Unable to deserialize cloned data due to invalid or unsupported version.",
        "No such compatibility flag: zzz",
        "A KV namespace binding cannot be serialized.",
        "Module \"a.py\" is a Python module, but the main module isn't a Python module.",
    ] {
        let error = Error::classify("Error", message, true);
        assert_eq!(*error.kind(), thrown("Error", message, true));
        assert_eq!(whose(&error), Whose::Worker);
    }
}

#[test]
fn texts_that_only_begin_like_one_do_no_harm() {
    for message in [
        "",
        "Failed to start Worker:",
        "Failed to start Worker:\n",
        "Failed to start Worker:\nUncaught SyntaxError: \n  at :x:y\n  at ::\n  at (",
        "internal error; reference = ",
        "Dynamic Worker ",
        "Dynamic Worker code size (99999999999999999999 bytes) exceeds the maximum allowed size of 1 bytes.",
        "Handler does not export a ",
        "The RPC receiver does not implement the method \"",
    ] {
        for remote in [false, true] {
            assert!(!Error::classify("Error", message, remote).to_string().is_empty());
        }
    }
}
