//! Which workers this isolate has asked the loader for. Local workerd lets go of none of them.

/// So many are told apart.
const MOST: usize = 100_000;

/// Their keys, each as a number of 64 bits.
#[derive(Debug, Default)]
pub struct Loaded(Vec<u64>);

impl Loaded {
    /// One of this key is about to be asked for. Whether it is a new one; nothing where it may not be, as there are `most` already.
    pub fn add(&mut self, key: &str, most: usize) -> Option<bool> {
        let key = digest(key);
        if self.0.contains(&key) {
            return Some(false);
        }
        if self.0.len() >= most {
            return None;
        }
        if self.0.len() < MOST {
            self.0.push(key);
        }
        Some(true)
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// FNV-1a: keys end with a digest already, and two that are taken for one do no harm.
fn digest(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_and_those_always() {
        let mut loaded = Loaded::default();
        let (new, known) = (Some(true), Some(false));
        for (key, is) in [("a", new), ("b", new), ("a", known), ("c", None), ("b", known), ("", None)] {
            assert_eq!(loaded.add(key, 2), is, "{key}");
        }
        assert_eq!(loaded.count(), 2);
        assert_eq!(loaded.add("c", 3), new);
    }
}
