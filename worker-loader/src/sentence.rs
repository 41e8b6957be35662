//! Failures as sentences for a person: the cause, and what helps.

use std::fmt;

use crate::error::{ErrorKind, Limit, Position, TooLarge};

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |f: &mut fmt::Formatter<'_>, at: &Option<Position>| match at {
            Some(at) => write!(f, " at {at}"),
            None => Ok(()),
        };
        match self {
            Self::Invalid(problems) => write!(f, "the dynamic worker's code is not valid: {problems}"),
            Self::KeyMismatch { asked, given } => write!(
                f,
                "the factory gave other code than the key was computed from (asked for {asked}, given {given}): \
                 compute the key from the code that is loaded"
            ),
            Self::Refused { message } => write!(f, "the dynamic worker's code was refused: {message}"),
            Self::Syntax { message, at } => {
                write!(f, "the dynamic worker's code has a syntax error")?;
                place(f, at)?;
                write!(f, ": {message}")
            }
            Self::Startup { message, at } => {
                write!(f, "the dynamic worker failed to start")?;
                place(f, at)?;
                write!(f, ": {message}")
            }
            Self::NoSuchEntrypoint { name: Some(name) } => {
                write!(f, "the dynamic worker has no entrypoint {name:?}: export it, or name one that it exports")
            }
            Self::NoSuchEntrypoint { name: None } => {
                f.write_str("the dynamic worker has no default entrypoint: it needs an `export default`")
            }
            Self::NoHandler { handler } => {
                write!(f, "the dynamic worker's entrypoint has no `{handler}`: add the handler or method")
            }
            Self::OutboundBlocked => f.write_str(
                "the dynamic worker used the network, which is blocked, or exports no default: give it an `export default`, an \
                 Outbound, or a binding in its env",
            ),
            Self::LimitExceeded(limit) => {
                let what = match limit {
                    Limit::Cpu => "CPU time",
                    Limit::SubRequests => "subrequests",
                    Limit::Memory => "memory",
                };
                write!(f, "the dynamic worker used more {what} than its limit")
            }
            Self::Concurrency => f.write_str(
                "too many dynamic workers in flight at once (4 a request, 10 a Durable Object): wait with a Gate, and \
                 read or cancel every body",
            ),
            Self::TooLarge { what, bytes, limit } => {
                let what = match what {
                    TooLarge::Code => "code",
                    TooLarge::Env => "env",
                };
                write!(f, "the dynamic worker's {what} is {bytes} bytes, the runtime takes {limit}")
            }
            Self::CloneSkew => f.write_str(
                "the dynamic worker holds a stub of an older deployment and cannot read the newer one's values: load \
                 it under another key",
            ),
            Self::Thrown { name, message, remote: true } => write!(f, "the dynamic worker threw {name}: {message}"),
            Self::Thrown { name, message, remote: false } => write!(f, "the call failed with {name}: {message}"),
            Self::Hung => f.write_str("the dynamic worker waits for something that can never come"),
            Self::Factory { message } => write!(f, "the dynamic worker's code could not be had: {message}"),
            Self::Canceled => f.write_str(
                "the call was cut off: a request that it depended on, such as the one that had begun the load, ended \
                 first",
            ),
            Self::Conversion { message } => write!(f, "a value could not be converted: {message}"),
            Self::Internal { reference: Some(reference), .. } => {
                write!(f, "the runtime failed inside; its log says more under reference {reference}")
            }
            Self::Internal { reference: None, .. } => f.write_str("the runtime failed inside"),
        }
    }
}
