//! What an error of the runtime means. The runtime tells errors apart by their message alone.
//!
//! The messages are workerd's (`src/workerd/api/worker-loader.c++`, `src/workerd/server/server.c++`,
//! `src/workerd/io/worker.c++`) and, for limits, those Cloudflare documents
//! (<https://developers.cloudflare.com/workers/observability/errors/>). The Miniflare tests provoke each one that
//! can be provoked without Cloudflare, so a workerd that words one anew is noticed.

use crate::error::{ErrorKind, Limit, Position, TooLarge};

/// What our factories reject with crosses the runtime, which keeps little but the message. So the message says what it
/// is: the code could not be had,
const FACTORY: &str = "worker-loader factory: ";
/// or is not the key's,
const MISMATCH: &str = "worker-loader key: asked ";
/// or is not valid.
const CODE: &str = "worker-loader code: ";

/// The message that [`classify`] knows again.
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) fn factory_message(error: &crate::Error) -> String {
    match error.kind() {
        ErrorKind::Factory { message } => format!("{FACTORY}{message}"),
        ErrorKind::KeyMismatch { asked, given } => format!("{MISMATCH}{asked} given {given}"),
        _ => format!("{CODE}{error}"),
    }
}

/// `remote` is the property that the runtime sets on what was thrown inside the dynamic worker.
pub(crate) fn classify(name: &str, message: &str, remote: bool) -> ErrorKind {
    if let Some(reference) = after(message, "internal error; reference = ") {
        return ErrorKind::Internal { reference: Some(reference.to_owned()), remote };
    }
    if message == "internal error" {
        return ErrorKind::Internal { reference: None, remote };
    }
    if message.starts_with("This worker is not permitted to access the internet via global functions") {
        return ErrorKind::OutboundBlocked;
    }
    if let Some(handler) = after(message, "Handler does not export a ") {
        return ErrorKind::NoHandler { handler: handler.split("()").next().unwrap_or(handler).to_owned() };
    }
    if let Some(method) = after(message, "The RPC receiver does not implement the method \"") {
        return ErrorKind::NoHandler { handler: method.trim_end_matches(['.', '"']).to_owned() };
    }
    if message.starts_with("The Workers runtime canceled this request because it detected that your Worker's code") {
        return ErrorKind::Hung;
    }
    if message.contains("exceeded CPU time limit") || message.contains("exceeded its CPU limit") {
        return ErrorKind::LimitExceeded(Limit::Cpu);
    }
    if message.starts_with("Too many subrequests") {
        return ErrorKind::LimitExceeded(Limit::SubRequests);
    }
    if message.contains("exceeded memory limit") || message.contains("exceeded its memory limit") {
        return ErrorKind::LimitExceeded(Limit::Memory);
    }
    // What was thrown inside is the worker's own, whatever it says: the rest is for the loader to say only.
    if remote {
        return thrown(name, message, true);
    }
    if let Some(report) = message.strip_prefix("Failed to start Worker:") {
        return startup(report.trim());
    }
    if let Some(message) = after(message, FACTORY) {
        return ErrorKind::Factory { message: message.to_owned() };
    }
    if let Some((asked, given)) = after(message, MISMATCH).and_then(|keys| keys.split_once(" given ")) {
        return ErrorKind::KeyMismatch { asked: asked.to_owned(), given: given.to_owned() };
    }
    if let Some(message) = after(message, CODE) {
        return ErrorKind::Refused { message: message.to_owned() };
    }
    if message == "The request which initiated this dynamic worker load has already completed." {
        return ErrorKind::Factory { message: message.to_owned() };
    }
    if message == "The execution context responding to this call was canceled." {
        return ErrorKind::Canceled;
    }
    if let Some(entrypoint) = after(message, "Worker has no such entrypoint: ") {
        return ErrorKind::NoSuchEntrypoint { name: Some(entrypoint.to_owned()) };
    }
    if message == "Worker has no default entrypoint." {
        return ErrorKind::NoSuchEntrypoint { name: None };
    }
    if message.contains("Too many concurrent dynamic workers")
        || message.contains("Dynamic worker concurrency limit exceeded")
    {
        return ErrorKind::Concurrency;
    }
    if let Some(size) = too_large(message) {
        return size;
    }
    if message.starts_with("Unable to deserialize cloned data") {
        return ErrorKind::CloneSkew;
    }
    if refuses_code(message) {
        return ErrorKind::Refused { message: message.to_owned() };
    }
    thrown(name, message, false)
}

fn thrown(name: &str, message: &str, remote: bool) -> ErrorKind {
    ErrorKind::Thrown { name: name.to_owned(), message: message.to_owned(), remote }
}

fn after<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)
}

/// `Dynamic Worker code size (N bytes) exceeds the maximum allowed size of M bytes.`
fn too_large(message: &str) -> Option<ErrorKind> {
    let rest = after(message, "Dynamic Worker ")?;
    let (what, rest) = rest.split_once(" size (")?;
    let what = match what {
        "code" => TooLarge::Code,
        "env" => TooLarge::Env,
        _ => return None,
    };
    let (bytes, rest) = rest.split_once(" bytes) exceeds the maximum allowed size of ")?;
    let limit = rest.strip_suffix(" bytes.")?;
    Some(ErrorKind::TooLarge { what, bytes: bytes.parse().ok()?, limit: limit.parse().ok()? })
}

/// The code was read and not taken: nothing of it has run.
fn refuses_code(message: &str) -> bool {
    const BEGINNINGS: [&str; 13] = [
        "Dynamic Worker code must contain at least one module.",
        "Module name must end with '.js' or '.py'",
        "Each module must contain exactly one of ",
        "Module \"",
        "Invalid compatibility date: ",
        "This Worker requires compatibility date ",
        "No such compatibility flag: ",
        "The compatibility flag ",
        "Compatibility flag",
        "Cannot initialize ",
        "Incorrect type for ",
        "'allowExperimental' is only allowed ",
        "Streaming tail workers are experimental.",
    ];
    BEGINNINGS.iter().any(|beginning| message.starts_with(beginning))
        || message.contains("cannot be serialized")
        || message.contains("does not support serialization")
        || message.starts_with("Entrypoints to dynamically-loaded workers cannot be transferred")
}

/// `Uncaught SyntaxError: Unexpected end of input` and, below it, `  at index.js:1:31`; one such pair an error.
fn startup(report: &str) -> ErrorKind {
    let mut lines = report.lines();
    let first = lines.next().unwrap_or_default().trim();
    let first = first.strip_prefix("Uncaught ").unwrap_or(first);
    let at = report.lines().find_map(position);
    match first.strip_prefix("SyntaxError: ") {
        // A missing export is a SyntaxError to V8 as well: the code cannot be linked.
        Some(message) => ErrorKind::Syntax { message: message.to_owned(), at },
        None => {
            let importer = report.lines().find_map(|line| line.trim().strip_prefix("imported from \""));
            let message = match importer {
                Some(importer) => format!("{first} Imported from {:?}.", importer.trim_end_matches('"')),
                None => first.to_owned(),
            };
            ErrorKind::Startup { message, at }
        }
    }
}

/// `  at index.js:1:31`, or `    at foo (index.js:1:63)`.
fn position(line: &str) -> Option<Position> {
    let place = line.trim().strip_prefix("at ")?;
    let place = place.rsplit_once('(').map_or(place, |(_, inner)| inner.trim_end_matches(')'));
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some(Position { file: file.to_owned(), line: line.parse().ok()?, column: column.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, WorkerCode};

    #[test]
    fn what_a_factory_rejects_with_is_known_again() {
        let again = |error: &Error| classify("Error", &factory_message(error), false);
        let down = Error::factory("storage is down");
        assert_eq!(again(&down), *down.kind());
        let mismatch = Error::from(ErrorKind::KeyMismatch { asked: "a b@1".into(), given: "a b@2".into() });
        assert_eq!(again(&mismatch), *mismatch.kind());
        let invalid = WorkerCode::builder("x", "index.js").build().unwrap_err();
        assert_eq!(again(&invalid), ErrorKind::Refused { message: invalid.to_string() });
    }
}
