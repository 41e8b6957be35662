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

    /// Adds one of a kind of which there are so many at most, so that no kind pushes out others.
    pub fn add_of(&mut self, most: usize, is_of_kind: impl Fn(&T) -> bool, item: T) {
        let mut count = 1;
        self.items.retain(|item| {
            count += usize::from(is_of_kind(item));
            count <= most || !is_of_kind(item)
        });
        self.add(item);
    }

    /// Lets go of what, counted from the last used one on, goes beyond this weight. That one stays, and does not count: the
    /// heaviest pushes out only itself when its turn is over.
    pub fn shrink(&mut self, most: usize, weight: impl Fn(&T) -> usize) {
        let (mut left, mut is_first) = (most, true);
        self.items.retain(|item| {
            let weight = if std::mem::take(&mut is_first) { 0 } else { weight(item) };
            let fits = weight <= left;
            left -= if fits { weight } else { 0 };
            fits
        });
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
    fn no_kind_pushes_out_another() {
        let mut recent = Recent::new(8);
        recent.add('x');
        for i in 'a'..='g' {
            recent.add_of(3, char::is_ascii_lowercase, i);
        }
        recent.add_of(1, char::is_ascii_digit, '1');
        recent.add_of(1, char::is_ascii_digit, '2');
        let kept: String = recent.iter().collect();
        assert_eq!(kept, "2gfe", "x was of the kind, too");
    }

    #[test]
    fn what_is_kept_has_a_weight() {
        let mut recent = Recent::new(8);
        for i in [4, 3, 2, 1] {
            recent.add(i);
        }
        recent.shrink(6, |i| *i);
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
        recent.add(9);
        recent.shrink(6, |i| *i);
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [9, 1, 2, 3], "the last used one is not counted");
        recent.find(|i| *i == 1);
        recent.shrink(6, |i| *i);
        assert_eq!(recent.iter().copied().collect::<Vec<_>>(), [1, 2, 3], "and goes alone");
        recent.remove(|_| true);
        recent.shrink(0, |i| *i);
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
