//! One exact code of a script.

use worker_loader::{WorkerCode, WorkerKey};

/// A code and its key, computed once.
#[derive(Clone, Debug)]
pub struct Version {
    /// The key, which no other code has.
    pub key: WorkerKey,
    /// The code.
    pub code: WorkerCode,
}

impl Version {
    /// The version of a script that this code is.
    pub fn new(script: &str, code: WorkerCode) -> Self {
        Self { key: code.key(script), code }
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
