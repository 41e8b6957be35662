//! What the runtime says, and how to check what becomes of it.

use worker_loader::{Error, ErrorKind};

/// Class, message, and whether it was thrown inside the dynamic worker.
pub type Said<'a> = (&'a str, &'a str, bool);

/// Whose failure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Whose {
    /// Another version of the worker could serve in its place.
    Load,
    /// It ran, and failed.
    Worker,
    /// Neither.
    Other,
}

pub fn whose(error: &Error) -> Whose {
    match (error.is_load_failure(), error.is_the_workers_own()) {
        (true, false) => Whose::Load,
        (false, true) => Whose::Worker,
        (false, false) => Whose::Other,
        (true, true) => panic!("{error}: a worker that never ran did nothing of its own"),
    }
}

pub fn check(said: Said, kind: ErrorKind, expected: Whose, sentence: &str) {
    let (name, message, remote) = said;
    let error = Error::classify(name, message, remote);
    assert_eq!(*error.kind(), kind, "{said:?}");
    assert_eq!(whose(&error), expected, "{said:?}");
    assert_eq!(error.to_string(), sentence, "{said:?}");
    assert!(error.original().is_none());
}

pub fn thrown(name: &str, message: &str, remote: bool) -> ErrorKind {
    ErrorKind::Thrown { name: name.into(), message: message.into(), remote }
}
