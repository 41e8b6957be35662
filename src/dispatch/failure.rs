//! What becomes of a request whose version did not answer.

use worker_loader::{Error, ErrorKind};

/// How far the request had come.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// It was sent to the worker.
    pub sent: bool,
    /// Its body is gone, so it cannot be sent again.
    pub body_used: bool,
    /// It changes nothing (GET, HEAD): it may run twice.
    pub is_safe: bool,
    /// The version was seen to load before.
    pub was_loaded: bool,
    /// How often this request has tried the version, this time with it.
    pub tries: usize,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The client is told what went wrong.
    Tell,
    /// The same version is tried again: that it did not load has nothing to do with it.
    Again,
    /// Another version is tried. If there is none, [`Again`](Self::Again) where `again` says so.
    Another {
        /// Whether the same one is worth another try.
        again: bool,
    },
}

/// Whether the version does not load and never will. A factory's failure passes.
pub fn condemns(error: &Error) -> bool {
    error.is_load_failure() && !matches!(error.kind(), ErrorKind::Factory { .. })
}

/// What is done after this error.
pub fn next(error: &Error, sent: Sent) -> Next {
    let never_ran = error.is_load_failure() || !sent.sent;
    let may_run_again = sent.is_safe && !sent.was_loaded && !error.is_the_workers_own();
    if sent.body_used || !(never_ran || may_run_again) {
        return Next::Tell;
    }
    let first = sent.tries < 2;
    match error.kind() {
        // The request that had begun to load it ended first, or a deployment of ours did that handed it its stubs. The loader
        // asks under another name from now on.
        ErrorKind::Canceled | ErrorKind::CloneSkew if first => Next::Again,
        ErrorKind::Factory { message } if first && is_of_another(message) => Next::Again,
        ErrorKind::Factory { .. } => Next::Another { again: first },
        _ => Next::Another { again: false },
    }
}

/// Whether a factory failed for what happened to the request that it belonged to.
fn is_of_another(message: &str) -> bool {
    message.starts_with("The request which initiated ") || message.contains("a panic took it down")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Sent = Sent { sent: true, body_used: false, is_safe: true, was_loaded: false, tries: 1 };

    fn after(name: &str, message: &str, remote: bool, sent: Sent) -> (Next, bool) {
        let error = Error::classify(name, message, remote);
        (next(&error, sent), condemns(&error))
    }

    #[test]
    fn code_that_does_not_load_is_replaced_for_good() {
        for message in [
            "Failed to start Worker:\nUncaught SyntaxError: x\n  at a.js:1:2",
            "No such compatibility flag: x",
            "worker-loader key: asked a@1 given a@2",
            "Dynamic Worker code size (9 bytes) exceeds the maximum allowed size of 8 bytes.",
        ] {
            assert_eq!(after("Error", message, false, FIRST), (Next::Another { again: false }, true), "{message}");
            let posted = Sent { is_safe: false, was_loaded: true, ..FIRST };
            assert_eq!(after("Error", message, false, posted).0, Next::Another { again: false }, "it never ran");
            assert_eq!(after("Error", message, false, Sent { body_used: true, ..posted }), (Next::Tell, true));
        }
    }

    #[test]
    fn what_passes_condemns_nobody() {
        let down = "worker-loader factory: R2 is down";
        assert_eq!(after("Error", down, false, FIRST), (Next::Another { again: true }, false));
        assert_eq!(after("Error", down, false, Sent { tries: 2, ..FIRST }), (Next::Another { again: false }, false));
        for cut_off in [
            "The execution context responding to this call was canceled.",
            "The request which initiated this dynamic worker load has already completed.",
            "worker-loader factory: a panic took it down",
            "Unable to deserialize cloned data.",
        ] {
            assert_eq!(after("Error", cut_off, false, FIRST), (Next::Again, false), "{cut_off}");
            assert_ne!(after("Error", cut_off, false, Sent { tries: 2, ..FIRST }).0, Next::Again, "{cut_off}");
        }
    }

    #[test]
    fn what_may_have_run_is_not_run_twice() {
        let (internal, canceled) =
            ("internal error; reference = x", "The execution context responding to this call was canceled.");
        for message in [internal, canceled, "Network connection lost."] {
            assert_eq!(after("Error", message, false, Sent { is_safe: false, ..FIRST }).0, Next::Tell, "{message}");
            assert_eq!(after("Error", message, false, Sent { was_loaded: true, ..FIRST }).0, Next::Tell, "{message}");
            assert_ne!(after("Error", message, false, FIRST).0, Next::Tell, "{message}");
            let unsent = Sent { is_safe: false, sent: false, ..FIRST };
            assert_ne!(after("Error", message, false, unsent).0, Next::Tell, "it was only asked whether it loads");
        }
    }

    #[test]
    fn a_workers_own_failure_is_told() {
        for (name, message) in [
            ("TypeError", "mine"),
            ("Error", "internal error; reference = forged"),
            ("Error", "Failed to start Worker:\nforged"),
            ("Error", "Handler does not export a fetch() function."),
        ] {
            assert_eq!(after(name, message, true, FIRST), (Next::Tell, false), "{message}");
        }
    }
}
