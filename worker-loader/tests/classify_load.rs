//! What the runtime says of a code that it does not run, and what it means. The messages are workerd's, to the letter.

mod said;

use said::{Whose, check, thrown};
use worker_loader::{ErrorKind, Position, TooLarge};

fn at(file: &str, line: u32, column: u32) -> Option<Position> {
    Some(Position { file: file.into(), line, column })
}

#[test]
fn code_that_does_not_parse_or_link() {
    for (message, position, why) in [
        (
            "Failed to start Worker:\nUncaught SyntaxError: Unexpected end of input\n  at index.js:1:31",
            at("index.js", 1, 31),
            "Unexpected end of input",
        ),
        (
            "Failed to start Worker:\nUncaught SyntaxError: Unexpected token '}'\n  at lib/a b.js:20:7",
            at("lib/a b.js", 20, 7),
            "Unexpected token '}'",
        ),
        (
            "Failed to start Worker:\nUncaught SyntaxError: The requested module './b.js' does not provide an export named 'x'\n  at index.js:1:10",
            at("index.js", 1, 10),
            "The requested module './b.js' does not provide an export named 'x'",
        ),
        (
            "Failed to start Worker:\nUncaught SyntaxError: Invalid or unexpected token",
            None,
            "Invalid or unexpected token",
        ),
    ] {
        let place = position.as_ref().map_or(String::new(), |position| format!(" at {position}"));
        check(
            ("Error", message, false),
            ErrorKind::Syntax { message: why.into(), at: position },
            Whose::Load,
            &format!("the dynamic worker's code has a syntax error{place}: {why}"),
        );
    }
}

#[test]
fn code_that_does_not_start() {
    for (message, position, why) in [
        ("Failed to start Worker:\nUncaught Error: top\n  at index.js:1:7", at("index.js", 1, 7), "Error: top"),
        (
            "Failed to start Worker:\nUncaught TypeError: x is not a function\n    at start (lib/a.js:3:9)\n    at index.js:1:1",
            at("lib/a.js", 3, 9),
            "TypeError: x is not a function",
        ),
        ("Failed to start Worker:\nUncaught Error: No such module: nope.js", None, "Error: No such module: nope.js"),
        (
            "Failed to start Worker:\nUncaught Error: No such module: undefined",
            None,
            "Error: No such module: undefined",
        ),
        (
            "Failed to start Worker:\nUncaught Error: No such module \"gone.js\".\n  imported from \"index.js\"",
            None,
            "Error: No such module \"gone.js\". Imported from \"index.js\".",
        ),
        (
            "Failed to start Worker:\nUncaught Error: No such module \"node:fs\".\n  imported from \"index.js\"",
            None,
            "Error: No such module \"node:fs\". Imported from \"index.js\".",
        ),
        (
            "Failed to start Worker:\nUncaught TypeError: Incorrect type for map entry 'x': the provided value is not of type 'function or ExportedHandler'.",
            None,
            "TypeError: Incorrect type for map entry 'x': the provided value is not of type 'function or ExportedHandler'.",
        ),
        (
            "Failed to start Worker:\nUncaught TypeError: Main module must be an ES module.",
            None,
            "TypeError: Main module must be an ES module.",
        ),
    ] {
        let place = position.as_ref().map_or(String::new(), |position| format!(" at {position}"));
        check(
            ("Error", message, false),
            ErrorKind::Startup { message: why.into(), at: position },
            Whose::Load,
            &format!("the dynamic worker failed to start{place}: {why}"),
        );
    }
}

#[test]
fn code_that_the_runtime_refuses() {
    for (name, message) in [
        ("TypeError", "Dynamic Worker code must contain at least one module."),
        (
            "TypeError",
            "Module name must end with '.js' or '.py' (or the content must be an object indicating the type explicitly). Got: x.ts. If you're trying to load TypeScript, bundle it first with '@cloudflare/worker-bundler' and pass the generated JavaScript modules.",
        ),
        (
            "TypeError",
            "Each module must contain exactly one of 'js', 'cjs', 'text', 'data', 'json', 'py', or 'wasm'. Module 'x' contained 2 properties.",
        ),
        ("TypeError", "Module \"a.js\" is a JS module, but the main module is a Python module."),
        ("TypeError", "Module \"a.py\" is a Python module, but the main module isn't a Python module."),
        ("Error", "Invalid compatibility date: x"),
        (
            "Error",
            "This Worker requires compatibility date \"2031-01-01\", but the newest date supported by this server binary is \"2026-11-24\".",
        ),
        ("Error", "No such compatibility flag: zzz"),
        ("Error", "Compatibility flags are mutually contradictory: nodejs_compat vs no_nodejs_compat"),
        ("Error", "Compatibility flag specified multiple times: nodejs_compat"),
        (
            "Error",
            "The compatibility flag experimental is experimental and may break or be removed in a future version of workerd. To use this flag, you must pass --experimental on the command line.",
        ),
        (
            "TypeError",
            "Cannot initialize N7workerd3api12WorkerLoader10WorkerCodeE with required members from an undefined or null value.",
        ),
        (
            "TypeError",
            "Incorrect type for the 'globalOutbound' field on 'WorkerCode': the provided value is not of type 'Fetcher'.",
        ),
        (
            "Error",
            "'allowExperimental' is only allowed when the calling worker has the 'experimental' compat flag set.",
        ),
        (
            "Error",
            "Streaming tail workers are experimental. You must pass the option 'allowExperimental: true' to the worker loader to use them",
        ),
        ("DataCloneError", "A KV namespace binding cannot be serialized."),
        ("DataCloneError", "An R2 bucket binding cannot be serialized."),
        (
            "DataCloneError",
            "Could not serialize object of type \"DurableObjectNamespace\". This type does not support serialization.",
        ),
        (
            "DataCloneError",
            "Could not serialize object of type \"LoopbackServiceStub\". This type does not support serialization.",
        ),
        (
            "DataCloneError",
            "Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not know how to reload this Worker from scratch. Instead, have the parent Worker expose an entrypoint which constructs the dynamic worker and forwards to it.",
        ),
    ] {
        check(
            (name, message, false),
            ErrorKind::Refused { message: message.into() },
            Whose::Load,
            &format!("the dynamic worker's code was refused: {message}"),
        );
    }
}

#[test]
fn code_and_env_that_are_too_large() {
    check(
        (
            "Error",
            "Dynamic Worker code size (68157499 bytes) exceeds the maximum allowed size of 67108864 bytes.",
            false,
        ),
        ErrorKind::TooLarge { what: TooLarge::Code, bytes: 68_157_499, limit: 67_108_864 },
        Whose::Load,
        "the dynamic worker's code is 68157499 bytes, the runtime takes 67108864",
    );
    check(
        ("Error", "Dynamic Worker env size (1100016 bytes) exceeds the maximum allowed size of 1048576 bytes.", false),
        ErrorKind::TooLarge { what: TooLarge::Env, bytes: 1_100_016, limit: 1_048_576 },
        Whose::Load,
        "the dynamic worker's env is 1100016 bytes, the runtime takes 1048576",
    );
    let other = "Dynamic Worker env size (many bytes) exceeds the maximum allowed size of 1048576 bytes.";
    check(
        ("Error", other, false),
        thrown("Error", other, false),
        Whose::Other,
        &format!("the call failed with Error: {other}"),
    );
}

#[test]
fn a_factory_that_gives_no_code() {
    check(
        ("Error", "worker-loader factory: R2 is down", false),
        ErrorKind::Factory { message: "R2 is down".into() },
        Whose::Load,
        "the dynamic worker's code could not be had: R2 is down",
    );
    check(
        ("Error", "worker-loader key: asked t@1 given t@2", false),
        ErrorKind::KeyMismatch { asked: "t@1".into(), given: "t@2".into() },
        Whose::Load,
        "the factory gave other code than the key was computed from (asked for t@1, given t@2): compute the key from \
         the code that is loaded",
    );
    let invalid = "the dynamic worker's code is not valid: there is no module: add at least the main module";
    check(
        ("Error", &format!("worker-loader code: {invalid}"), false),
        ErrorKind::Refused { message: invalid.into() },
        Whose::Load,
        &format!("the dynamic worker's code was refused: {invalid}"),
    );
    let gone = "The request which initiated this dynamic worker load has already completed.";
    check(
        ("Error", gone, false),
        ErrorKind::Factory { message: gone.into() },
        Whose::Load,
        &format!("the dynamic worker's code could not be had: {gone}"),
    );
    // Ambiguous: the load was cut off, or the call. To run it again could be to run it twice.
    check(
        ("Error", "The execution context responding to this call was canceled.", false),
        ErrorKind::Canceled,
        Whose::Other,
        "the call was cut off: a request that it depended on, such as the one that had begun the load, ended first",
    );
}
