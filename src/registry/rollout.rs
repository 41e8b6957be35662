//! Which version a visitor gets: by a hash of who they are, so that it is the same one each time and in every isolate.

use sha2::{Digest, Sha256};

/// A deployment is divided into so many points: a hundredth of a per cent each.
pub const POINTS: u16 = 10_000;

/// The point of a subject, out of [`POINTS`]. Another life of the script shuffles them anew.
pub fn point(incarnation: &str, subject: &str) -> u16 {
    let mut hash = Sha256::new();
    hash.update(incarnation);
    // Neither an incarnation nor a header's value has it.
    hash.update([0]);
    hash.update(subject);
    let digest = hash.finalize();
    let number = digest[..8].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    (number % u64::from(POINTS)) as u16
}

/// A deployment's versions, divided. The newest version has the points from 0 up, the next older one those above, and
/// so on. So whenever the versions from some one up have more of the traffic than before, each of their visitors stays
/// with them: raising 10 % to 20 % moves nobody back, and a third version takes from where its number says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollout(Vec<Share>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    index: usize,
    /// The first point that is not of this version nor of a newer one.
    end: u16,
}

impl Rollout {
    /// Of each version its number, which orders them, and its percentage. Percentages below a hundredth are rounded, and
    /// what all of them leave out or have too much is the oldest version's.
    pub fn new(versions: impl Iterator<Item = (u64, f64)>) -> Self {
        let mut left: Vec<(usize, u64, f64)> = versions.enumerate().map(|(i, (n, p))| (i, n, p)).collect();
        let mut shares = Vec::with_capacity(left.len());
        let mut sum = 0.0;
        // By picking the newest: there are ten at most, and sorting is code.
        while !left.is_empty() {
            let newest = (1..left.len()).fold(0, |newest, at| if left[at].1 > left[newest].1 { at } else { newest });
            let (index, _, percentage) = left.remove(newest);
            sum += percentage.max(0.0);
            let end = if left.is_empty() { POINTS } else { (sum * 100.0).round().min(f64::from(POINTS)) as u16 };
            shares.push(Share { index, end });
        }
        Self(shares)
    }

    /// Which of the versions a point belongs to: its place in what [`new`](Self::new) was given. `None` where there are no
    /// versions at all.
    pub fn at(&self, point: u16) -> Option<usize> {
        self.0.iter().find(|share| point < share.end).or(self.0.last()).map(|share| share.index)
    }

    /// The version that has all the traffic, if one has.
    pub fn sole(&self) -> Option<usize> {
        let first = self.at(0);
        if first == self.at(POINTS - 1) { first } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(versions: &[(u64, f64)]) -> Rollout {
        Rollout::new(versions.iter().copied())
    }

    #[test]
    fn points_are_what_they_were() {
        // A change of these is a change of everybody's version, in the middle of every rollout there is.
        assert_eq!(point("", ""), 3192);
        assert_eq!(point("9b2f", "ada"), 8037);
        assert_ne!(point("a", "bc"), point("ab", "c"));
    }

    #[test]
    fn the_newest_is_at_the_bottom_wherever_it_is_listed() {
        for versions in [[(1, 90.0), (2, 10.0)], [(2, 10.0), (1, 90.0)]] {
            let rollout = of(&versions);
            let number = |point| versions[rollout.at(point).unwrap()].0;
            assert_eq!((number(0), number(999), number(1000), number(9999)), (2, 2, 1, 1));
            assert_eq!(rollout.sole(), None);
        }
    }

    #[test]
    fn all_of_the_traffic_is_somebodys() {
        assert_eq!(of(&[]).at(0), None);
        assert_eq!(of(&[(7, 100.0)]).sole(), Some(0));
        assert_eq!(of(&[(7, 0.0), (8, 100.0)]).sole(), Some(1));
        let thirds = of(&[(3, 33.33), (2, 33.33), (1, 33.33)]);
        assert_eq!([0, 3332, 3333, 6665, 6666, 9999].map(|p| thirds.at(p).unwrap()), [0, 0, 1, 1, 2, 2]);
    }

    /// Over 100,000 subjects each share is what was asked for, within five standard deviations.
    #[test]
    fn the_shares_come_out_right() {
        const SUBJECTS: usize = 100_000;
        for percentages in
            [&[10.0, 90.0][..], &[0.01, 99.99], &[50.0, 25.0, 12.5, 12.5], &[10.0; 10], &[1.0, 2.0, 97.0]]
        {
            let rollout = Rollout::new(percentages.iter().enumerate().map(|(n, p)| (n as u64, *p)));
            let mut counts = vec![0.0; percentages.len()];
            for i in 0..SUBJECTS {
                counts[rollout.at(point("4f6c", &format!("visitor-{i}"))).unwrap()] += 1.0;
            }
            for (count, percentage) in counts.iter().zip(percentages) {
                let share = percentage / 100.0;
                let expected = share * SUBJECTS as f64;
                let deviation = (expected * (1.0 - share)).sqrt();
                assert!((count - expected).abs() <= 5.0 * deviation, "{count} of {expected} at {percentage} %");
            }
        }
    }

    /// 10 % to 20 %: of 100,000 subjects none goes back, and a tenth of them goes forward.
    #[test]
    fn raising_a_share_moves_nobody_back() {
        let (before, after) = (of(&[(1, 90.0), (2, 10.0)]), of(&[(1, 80.0), (2, 20.0)]));
        let mut forward = 0;
        for i in 0..100_000 {
            let point = point("4f6c", &format!("visitor-{i}"));
            let (was, is) = (before.at(point).unwrap(), after.at(point).unwrap());
            assert!(is >= was, "visitor-{i} went back");
            forward += usize::from(is > was);
        }
        assert!((9_500..10_500).contains(&forward), "{forward}");
    }

    /// Percentages of 1 to 10 versions that add up to 100, in hundredths.
    fn percentages() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0..=POINTS, 0..10).prop_map(|mut cuts| {
            cuts.sort_unstable();
            cuts.push(POINTS);
            let mut last = 0;
            cuts.into_iter()
                .map(|cut| {
                    let share = f64::from(cut - last) / 100.0;
                    last = cut;
                    share
                })
                .collect()
        })
    }

    proptest! {
        /// Each version has exactly its points, whatever the order they are listed in.
        #[test]
        fn every_version_has_its_points(percentages in percentages(), turn in 0usize..10) {
            let mut versions: Vec<_> = percentages.iter().enumerate().map(|(n, p)| (n as u64, *p)).collect();
            let turn = turn % versions.len();
            versions.rotate_left(turn);
            let rollout = of(&versions);
            let mut counts = vec![0u32; versions.len()];
            for point in 0..POINTS {
                counts[rollout.at(point).unwrap()] += 1;
            }
            for (count, (_, percentage)) in counts.iter().zip(&versions) {
                prop_assert_eq!(*count, (percentage * 100.0).round() as u32);
            }
        }

        /// Where for each version those from it up have at least what they had, nobody goes back.
        #[test]
        fn growing_from_the_top_moves_nobody_back(a in percentages(), b in percentages()) {
            let versions = a.len().min(b.len());
            // Both over the same versions; what is cut off is the oldest version's, number 0.
            let whole = |p: &[f64]| {
                let newer: f64 = p[1..versions].iter().sum();
                let mut p = p[..versions].to_vec();
                p[0] = 100.0 - newer;
                p
            };
            let (a, b) = (whole(&a), whole(&b));
            let from_the_top = |p: &[f64], n: usize| p[n..].iter().sum::<f64>();
            // Of the two take, version by version from the top, whichever has more: it has grown from `a` everywhere.
            let sums: Vec<f64> = (0..versions).map(|n| from_the_top(&a, n).max(from_the_top(&b, n))).collect();
            let grown: Vec<f64> = (0..versions).map(|n| sums[n] - sums.get(n + 1).unwrap_or(&0.0)).collect();
            let rollout = |p: &[f64]| Rollout::new(p.iter().enumerate().map(|(n, p)| (n as u64, *p)));
            let (before, after) = (rollout(&a), rollout(&grown));
            for point in 0..POINTS {
                prop_assert!(after.at(point) >= before.at(point), "point {} went back", point);
            }
        }
    }
}
