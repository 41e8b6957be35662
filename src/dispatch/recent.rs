//! What was used last, so much of it and no more.

/// A list, the last used first: what is used all the time is found at once.
#[derive(Debug)]
pub struct Recent<T> {
    items: Vec<T>,
    most: usize,
}

impl<T> Recent<T> {
    /// A list of so many at most.
    pub const fn new(most: usize) -> Self {
        Self { items: Vec::new(), most }
    }

    /// Finds one, which is the last used from now on.
    pub fn find(&mut self, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        let at = self.items.iter().position(is)?;
        self.items[..=at].rotate_right(1);
        self.items.first_mut()
    }

    /// Adds one. What was not used for longest goes, where there are too many.
    pub fn add(&mut self, item: T) {
        self.items.truncate(self.most.saturating_sub(1));
        self.items.insert(0, item);
    }

    /// Takes out all that this is true of.
    pub fn remove(&mut self, is: impl Fn(&T) -> bool) {
        self.items.retain(|item| !is(item));
    }

    /// All of them, none of them used by that.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_used() {
        let mut recent = Recent::new(3);
        for i in 0..3 {
            recent.add(i);
        }
        assert_eq!(recent.find(|i| *i == 0).copied(), Some(0));
        recent.add(3);
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [3, 0, 2], "1 was not used for longest");
        assert!(recent.find(|i| *i == 1).is_none());
        recent.remove(|i| *i == 0);
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [3, 2]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut recent = Recent::new(8);
        for i in 0..1000 {
            recent.add(i);
            assert!(recent.iter().count() <= 8);
        }
    }
}
