//! Automatic rollback: when a deployment's newest version fails so much more than the others that traffic goes back.
//!
//! Isolates count and report; the script's object adds their counts up and decides, by what is here. The newest version is
//! held against the others of its deployment, and against what was live before it.

use serde_json::{Value, json};

/// A window is kept in so many parts, which leave it one by one.
const PARTS: u64 = 12;

/// When to go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// By how many percentage points the newest version may fail more often than the others.
    pub threshold_percent: u64,
    /// Over how long, in seconds.
    pub window_seconds: u64,
    /// How many requests the newest version has to have had in that time.
    pub minimum_requests: u64,
}

impl Rule {
    /// The rule that a deployment has, if it has one (`automatic_rollback`).
    pub fn of(deployment: &Value) -> Option<Self> {
        let number = |name: &str| deployment["automatic_rollback"][name].as_u64();
        Some(Self {
            threshold_percent: number("threshold_percent")?,
            window_seconds: number("window_seconds")?.max(1),
            minimum_requests: number("minimum_requests")?,
        })
    }

    /// So many requests of one client count within the window: a deployment does not go back for fewer than ten clients.
    pub fn each(self) -> u64 {
        self.minimum_requests.div_ceil(10).max(1)
    }

    fn part_at(self, now_ms: f64) -> u64 {
        now_ms as u64 * PARTS / (self.window_seconds * 1000)
    }
}

/// How a version did: of so many requests, so many failed, that is, were answered 5xx.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
}

impl Count {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            failures: self.failures.saturating_add(other.failures),
        }
    }

    /// How many of a thousand failed; of none, none.
    fn thousandths(self) -> u64 {
        self.failures.saturating_mul(1000).checked_div(self.requests).unwrap_or_default()
    }
}

/// What an isolate tells of one version since it last told: `{deployment_id, version_id, requests, failures}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Under which deployment that was.
    pub deployment_id: String,
    /// Of which version; empty: of all that were live under the deployment before.
    pub version_id: String,
    /// How it did.
    pub count: Count,
}

impl Report {
    /// The report as JSON.
    pub fn to_value(&self) -> Value {
        let Self { deployment_id, version_id, count } = self;
        json!({
            "deployment_id": deployment_id,
            "version_id": version_id,
            "requests": count.requests,
            "failures": count.failures,
        })
    }

    /// Reads what [`to_value`](Self::to_value) wrote.
    pub fn from_value(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| value.get(name)?.as_u64();
        let count = Count { requests: number("requests")?, failures: number("failures")? };
        Some(Self { deployment_id: text("deployment_id")?, version_id: text("version_id")?, count })
    }
}

/// What was reported of a deployment's versions, within its rule's window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    at: u64,
    version_id: String,
    count: Count,
}

impl Window {
    /// Adds a report that has come now, and lets go of what is older than the window.
    pub fn add(&mut self, rule: Rule, now_ms: f64, report: &Report) {
        let is_before = report.version_id.is_empty();
        let now = if is_before { 0 } else { rule.part_at(now_ms) };
        // A part of the future was told before a clock stepped back: nobody knows how old it is. What was before the deployment
        // stays: it does not change any more.
        self.0.retain(|part| is_before || part.version_id.is_empty() || part.at <= now && now - part.at < PARTS);
        match self.0.iter_mut().find(|part| part.at == now && part.version_id == report.version_id) {
            Some(part) => part.count = part.count.plus(report.count),
            None => self.0.push(Part { at: now, version_id: report.version_id.clone(), count: report.count }),
        }
    }

    /// How the versions of this window's deployment did, but for one: what that one is held against in the next.
    pub fn total(&self, except: &str) -> Count {
        let own = self.0.iter().filter(|part| !part.version_id.is_empty() && part.version_id != except);
        own.fold(Count::default(), |total, part| total.plus(part.count))
    }

    /// Whether traffic has to go back from this version, the newest of its deployment, and why: for people. Where the
    /// deployment `is_split`, enough has to be known of what the version is held against.
    pub fn verdict(&self, rule: Rule, newest: &str, is_split: bool) -> Option<String> {
        let (mut new, mut old) = (Count::default(), Count::default());
        for part in &self.0 {
            let side = if part.version_id == newest { &mut new } else { &mut old };
            *side = side.plus(part.count);
        }
        let (is, was) = (new.thousandths(), old.thousandths());
        let enough = new.requests >= rule.minimum_requests && (!is_split || old.requests >= rule.minimum_requests);
        (enough && is > was + rule.threshold_percent * 10).then(|| {
            format!(
                "Rolled back: {}.{} % of {} requests to version {newest} failed within {} s, against {}.{} % of {} to the \
                 others and before; allowed are {} points more.",
                is / 10,
                is % 10,
                new.requests,
                rule.window_seconds,
                was / 10,
                was % 10,
                old.requests,
                rule.threshold_percent
            )
        })
    }

    /// The window as JSON.
    pub fn to_value(&self) -> Value {
        let row = |part: &Part| json!([part.at, part.version_id, part.count.requests, part.count.failures]);
        self.0.iter().map(row).collect()
    }

    /// Reads what [`to_value`](Self::to_value) wrote; anything else is an empty window.
    pub fn from_value(value: &Value) -> Self {
        let part = |row: &Value| {
            let count = Count { requests: row.get(2)?.as_u64()?, failures: row.get(3)?.as_u64()? };
            Some(Part { at: row.get(0)?.as_u64()?, version_id: row.get(1)?.as_str()?.to_owned(), count })
        };
        Self(value.as_array().map(|rows| rows.iter().filter_map(part).collect()).unwrap_or_default())
    }
}

/// Where traffic goes back to: of the earlier deployments, each given as the ids of its versions, the newest first, the
/// first that does not have the version that failed. `None` where there is none: then there is nothing to go back to.
pub fn back_to<'a>(earlier: impl IntoIterator<Item = &'a [String]>, failed: &str) -> Option<usize> {
    earlier.into_iter().position(|versions| versions.iter().all(|id| id != failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { threshold_percent: 5, window_seconds: 60, minimum_requests: 20 };

    fn report(version_id: &str, requests: u64, failures: u64) -> Report {
        let count = Count { requests, failures };
        Report { deployment_id: "d".into(), version_id: version_id.into(), count }
    }

    fn window(reports: &[(f64, Report)]) -> Window {
        let mut window = Window::default();
        reports.iter().for_each(|(now_ms, report)| window.add(RULE, *now_ms, report));
        window
    }

    #[test]
    fn goes_back_when_the_newest_fails_more_than_it_may() {
        for (new, old, back) in [
            ((20, 2), (100, 0), true),
            ((20, 1), (100, 0), false),    // 5 points are allowed
            ((19, 19), (100, 0), false),   // too few to tell
            ((100, 50), (100, 50), false), // something else is wrong
            ((100, 60), (100, 54), true),
            ((100, 60), (100, 55), false),
            ((100, 6), (0, 0), true), // nothing to compare with
            ((0, 0), (100, 100), false),
        ] {
            let window = window(&[(0.0, report("new", new.0, new.1)), (0.0, report("old", old.0, old.1))]);
            assert_eq!(window.verdict(RULE, "new", false).is_some(), back, "{new:?} against {old:?}");
            let (split, known) = (window.verdict(RULE, "new", true).is_some(), old.0 >= RULE.minimum_requests);
            assert_eq!(split, back && known, "{new:?} beside {old:?}");
        }
    }

    #[test]
    fn says_why() {
        let window =
            window(&[(0.0, report("new", 40, 10)), (0.0, report("old", 200, 1)), (9.0, report("older", 200, 1))]);
        assert_eq!(
            window.verdict(RULE, "new", true).unwrap(),
            "Rolled back: 25.0 % of 40 requests to version new failed within 60 s, against 0.5 % of 400 to the others and \
             before; allowed are 5 points more."
        );
    }

    #[test]
    fn the_window_slides() {
        let bad = (0.0, report("new", 100, 100));
        let then =
            |now_ms| window(&[bad.clone(), (now_ms, report("new", 20, 0))]).verdict(RULE, "new", false).is_some();
        assert!(then(59_000.0));
        assert!(!then(60_000.0), "a minute later it is forgotten");
        let back = window(&[(1e12, report("new", 100, 100)), (0.0, report("new", 20, 0))]);
        assert_eq!(back.verdict(RULE, "new", false), None, "a clock that steps back forgets");
    }

    #[test]
    fn the_newest_is_held_against_what_was_live_before() {
        let with = |before: (u64, u64)| {
            let told = [(0.0, report("", before.0, before.1)), (1e12, report("new", 100, 30))];
            window(&told).verdict(RULE, "new", false).is_some()
        };
        assert!(with((1000, 240)), "24 % before, however long ago");
        assert!(!with((1000, 250)), "25 % before: 5 points more are allowed");
        let later = window(&[(0.0, report("", 10, 5)), (0.0, report("new", 40, 10)), (1.0, report("", 90, 0))]);
        assert_eq!(
            later.total("other"),
            Count { requests: 40, failures: 10 },
            "the next one is held against these alone"
        );
        assert_eq!(later.total("new"), Count::default(), "and not against itself");
        assert_eq!(later.0.len(), 2);
    }

    #[test]
    fn a_client_is_a_tenth_of_what_it_takes() {
        let each = |minimum_requests| Rule { minimum_requests, ..RULE }.each();
        assert_eq!([each(1), each(10), each(11), each(1000)], [1, 1, 2, 100]);
    }

    #[test]
    fn many_reports_are_few_parts() {
        let mut window = Window::default();
        for i in 0..100_000 {
            window.add(RULE, f64::from(i) * 7.0, &report(if i % 2 == 0 { "new" } else { "old" }, 1, 0));
            assert!(window.0.len() <= 2 * PARTS as usize);
        }
        let seen: u64 = window.0.iter().map(|part| part.count.requests).sum();
        assert!((7_800..=8_600).contains(&seen), "{seen} in a window of 60 s at one each 7 ms");
    }

    #[test]
    fn is_read_as_it_is_written() {
        let one = window(&[(0.0, report("new", 40, 10)), (9_000.0, report("old", 2, 1))]);
        assert_eq!(Window::from_value(&one.to_value()), one);
        assert_eq!(Window::from_value(&json!("nonsense")), Window::default());
        let sent = report("new", 3, 1);
        assert_eq!(Report::from_value(&sent.to_value()), Some(sent));
        assert_eq!(Report::from_value(&json!({ "requests": -1 })), None);
    }

    #[test]
    fn a_deployment_may_have_a_rule() {
        let with = |rule: Value| Rule::of(&json!({ "automatic_rollback": rule }));
        let rule = json!({ "threshold_percent": 5, "window_seconds": 60, "minimum_requests": 20 });
        assert_eq!(with(rule), Some(RULE));
        assert_eq!((with(Value::Null), with(json!({}))), (None, None));
    }

    #[test]
    fn goes_back_to_the_last_deployment_without_it() {
        let earlier = |deployments: &[&[&str]]| -> Vec<Vec<String>> {
            deployments.iter().map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()).collect()
        };
        let back = |deployments: &[&[&str]]| back_to(earlier(deployments).iter().map(Vec::as_slice), "3");
        assert_eq!(back(&[&["3", "2"], &["3", "2"], &["2"], &["1"]]), Some(2));
        assert_eq!(back(&[&["3"]]), None);
        assert_eq!(back(&[]), None);
    }
}
