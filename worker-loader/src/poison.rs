//! Keys whose load failed for a reason that may pass.
//!
//! workerd keeps the outcome of a key's first load, a failed one too: a factory that could not read its code from
//! storage, once, would fail its key until the process ends. So a key whose *factory* failed is remembered here, and
//! the next `get` asks under `key~1`, then `key~2`; so is one whose load was cut off, because the request that had begun
//! it ended; and so is one that was loaded with stubs of another deployment of its loader. A code that does not start is
//! never retried: it would not start the second time either, and each name is a Worker that somebody pays for.

#[cfg(target_arch = "wasm32")]
use std::cell::RefCell;

/// More failing keys than this at once means that storage is down; forgetting them costs one failed load each.
const MOST: usize = 256;

#[derive(Default)]
pub(crate) struct Poisoned(Vec<(String, u32)>);

impl Poisoned {
    /// The name to ask under, where it is not the key itself.
    pub fn name_of(&self, key: &str) -> Option<String> {
        // Nothing has failed, nearly always: then this costs nothing.
        self.0.iter().find(|(failed, _)| failed == key).map(|(_, attempt)| format!("{key}~{attempt}"))
    }

    /// The load under `name`, which was `key` or one of its attempts, failed.
    pub fn failed(&mut self, key: &str, name: &str) {
        // Several requests may wait for one load; the first of them to tell moves the key on, once.
        if self.name_of(key).as_deref().unwrap_or(key) != name {
            return;
        }
        match self.0.iter_mut().find(|(failed, _)| failed == key) {
            Some((_, attempt)) => *attempt += 1,
            None => {
                if self.0.len() >= MOST {
                    self.0.clear();
                }
                self.0.push((key.to_owned(), 1));
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
thread_local! {
    /// One for the isolate: the loader's cache is wider than that, so other isolates learn it in their own time.
    static POISONED: RefCell<Poisoned> = RefCell::default();
}

#[cfg(target_arch = "wasm32")]
pub(crate) fn name_of(key: &str) -> Option<String> {
    POISONED.with_borrow(|poisoned| poisoned.name_of(key))
}

#[cfg(target_arch = "wasm32")]
pub(crate) fn failed(key: &crate::WorkerKey, name: &str, error: &crate::Error) {
    use crate::ErrorKind::{Canceled, CloneSkew, Factory};

    if matches!(error.kind(), Factory { .. } | Canceled | CloneSkew) {
        POISONED.with_borrow_mut(|poisoned| poisoned.failed(key.as_str(), name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_key_moves_on_once_for_each_failure() {
        let mut poisoned = Poisoned::default();
        assert_eq!(poisoned.name_of("k"), None);
        poisoned.failed("k", "k");
        poisoned.failed("k", "k");
        assert_eq!(poisoned.name_of("k").unwrap(), "k~1", "two waiters on one load are one failure");
        assert_eq!(poisoned.name_of("other"), None);
        poisoned.failed("k", "k~1");
        assert_eq!(poisoned.name_of("k").unwrap(), "k~2");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut poisoned = Poisoned::default();
        for i in 0..5000 {
            poisoned.failed(&format!("k{i}"), &format!("k{i}"));
            assert!(poisoned.0.len() <= MOST);
        }
    }
}
