//! Things by their name, in the order of the names.

/// A sorted list. A `BTreeMap` does the same and is 8 KB of WebAssembly for each type it holds; a code has a handful
/// of modules, and they are looked up once.
#[derive(Clone, Debug)]
pub(crate) struct ByName<T>(Vec<(String, T)>);

impl<T> ByName<T> {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts it in, unless the name is taken: then gives the name back.
    pub fn insert(&mut self, name: String, value: T) -> Result<(), String> {
        match self.position(&name) {
            Ok(_) => Err(name),
            Err(at) => {
                self.0.insert(at, (name, value));
                Ok(())
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        self.position(name).ok().map(|at| &self.0[at].1)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}
