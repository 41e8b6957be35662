//! What can go wrong with a dynamic worker, told apart.

use std::fmt;

use crate::{Handle, Problems, classify::classify};

/// The crate's `Result`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. `Display` is one sentence for a person; [`kind`](Error::kind) is for the program.
///
/// A dynamic worker that fails to load says so at its first call, never at
/// [`get`](https://developers.cloudflare.com/dynamic-workers/api-reference/).
#[derive(Clone, Debug)]
pub struct Error {
    kind: Box<ErrorKind>,
    original: Option<Handle>,
}

/// The kinds of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The code was not even given to the runtime: all that is wrong with it.
    Invalid(Problems),
    /// The code is not the code that its key was computed from.
    KeyMismatch {
        /// The key that was asked for.
        asked: String,
        /// The key of what the factory gave.
        given: String,
    },
    /// The code was read and not taken: the runtime does not know its date or a flag, or cannot hand over a value in
    /// `env`; or what a factory gave is [invalid](Self::Invalid).
    Refused {
        /// Why.
        message: String,
    },
    /// The code cannot be parsed or linked.
    Syntax {
        /// What V8 says.
        message: String,
        /// Where, if the runtime says.
        at: Option<Position>,
    },
    /// The code threw, or missed a module, while it started.
    Startup {
        /// What was thrown, with its class.
        message: String,
        /// Where, if the runtime says.
        at: Option<Position>,
    },
    /// The worker exports nothing of this name.
    NoSuchEntrypoint {
        /// The name, or `None` for the default entrypoint.
        name: Option<String>,
    },
    /// The entrypoint has no such handler or method.
    NoHandler {
        /// `fetch`, say, or the RPC method's name.
        handler: String,
    },
    /// The dynamic worker used the network, which is [blocked](crate::Outbound::Block), and let the error through.
    OutboundBlocked,
    /// A limit of the invocation was exceeded.
    LimitExceeded(Limit),
    /// More dynamic workers in flight at once than the platform allows; see [`Gate`](crate::Gate).
    Concurrency,
    /// The runtime counted more bytes than it takes.
    TooLarge {
        /// What was too large.
        what: TooLarge,
        /// How many bytes it counted.
        bytes: u64,
        /// How many it takes.
        limit: u64,
    },
    /// The worker holds a stub of an older deployment of the Worker that loaded it, and the two no longer read each
    /// other's values. A new name for it helps; so does time.
    CloneSkew,
    /// Something threw: the dynamic worker where `remote` is true, else the call to it.
    Thrown {
        /// The class of the error: `TypeError`, say.
        name: String,
        /// Its message.
        message: String,
        /// Whether it was thrown inside the dynamic worker; the runtime says so, and a worker cannot.
        remote: bool,
    },
    /// The dynamic worker waits for something that can never come; the runtime gave up on it.
    Hung,
    /// The factory gave no code.
    Factory {
        /// What the factory said.
        message: String,
    },
    /// The call was cut off, because a request that it depended on ended first. That is what workerd tells those who
    /// wait for a load when the request that had begun it ends before the code is there. Whether the worker ran is
    /// unknown.
    Canceled,
    /// A value could not be turned into the type that was asked for, or from it.
    Conversion {
        /// What serde said.
        message: String,
    },
    /// The runtime failed; its own log has the rest under the reference.
    Internal {
        /// The reference, where it gives one.
        reference: Option<String>,
        /// Whether it was thrown inside the dynamic worker, which may have said so itself.
        remote: bool,
    },
}

/// A place in a module's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The module's name.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// Which limit was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// CPU time ([`Limits::cpu_ms`](crate::Limits::cpu_ms), or the plan's).
    Cpu,
    /// Subrequests ([`Limits::sub_requests`](crate::Limits::sub_requests), or the plan's).
    SubRequests,
    /// Memory: 128 MB an isolate.
    Memory,
}

/// What was too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TooLarge {
    /// The modules together.
    Code,
    /// The serialized `env`.
    Env,
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The JavaScript value that was thrown, untouched, where there was one.
    pub fn original(&self) -> Option<&Handle> {
        self.original.as_ref()
    }

    /// Whether the worker never came to run, so that another version could serve the request in its place.
    pub fn is_load_failure(&self) -> bool {
        matches!(
            *self.kind,
            ErrorKind::Invalid(_)
                | ErrorKind::KeyMismatch { .. }
                | ErrorKind::Refused { .. }
                | ErrorKind::Syntax { .. }
                | ErrorKind::Startup { .. }
                | ErrorKind::TooLarge { .. }
                | ErrorKind::Factory { .. }
        )
    }

    /// Whether it is the dynamic worker's doing and not the loader's: it ran, and failed.
    pub fn is_the_workers_own(&self) -> bool {
        matches!(
            *self.kind,
            ErrorKind::Thrown { remote: true, .. }
                | ErrorKind::Internal { remote: true, .. }
                | ErrorKind::Hung
                | ErrorKind::OutboundBlocked
                | ErrorKind::LimitExceeded(_)
                | ErrorKind::NoHandler { .. }
        )
    }

    /// An error for a factory to give: the code could not be had.
    pub fn factory(message: impl Into<String>) -> Self {
        ErrorKind::Factory { message: message.into() }.into()
    }

    /// Tells what an error of the runtime means by its class, its message and its `remote` property.
    pub fn classify(name: &str, message: &str, remote: bool) -> Self {
        classify(name, message, remote).into()
    }

    pub(crate) fn invalid(problems: Problems) -> Self {
        ErrorKind::Invalid(problems).into()
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn conversion(error: impl fmt::Display) -> Self {
        ErrorKind::Conversion { message: error.to_string() }.into()
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn with_original(mut self, original: Handle) -> Self {
        self.original = Some(original);
        self
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind: Box::new(kind), original: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
