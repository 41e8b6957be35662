//! How this isolate has been doing over the last minute.

use std::collections::VecDeque;

const WINDOW_MS: f64 = 60_000.0;

/// A busy isolate keeps its latest samples; a median of so many says the same as one of all.
const MOST_SAMPLES: usize = 4096;

#[derive(Clone, Copy, Debug)]
struct Sample {
    at_ms: f64,
    took_ms: u16,
    failed: bool,
}

/// Remembers the requests of the last minute, bounded.
#[derive(Debug, Default)]
pub struct Recorder(VecDeque<Sample>);

/// The last minute in two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The median response time, in whole milliseconds; 0 with no request.
    pub median_ms: u16,
    /// The share of requests that did not fail, in thousandths; 1000 with no request.
    pub healthy: u16,
}

impl Recorder {
    /// A request ended at `now_ms` (Unix time), took so many milliseconds, and failed (5xx) or did not.
    pub fn record(&mut self, now_ms: f64, took_ms: f64, failed: bool) {
        if self.0.len() == MOST_SAMPLES {
            self.0.pop_front();
        }
        self.0.push_back(Sample { at_ms: now_ms, took_ms: took_ms.round() as u16, failed });
    }

    /// The minute before `now_ms`.
    pub fn health(&mut self, now_ms: f64) -> Health {
        while self.0.front().is_some_and(|oldest| now_ms - oldest.at_ms >= WINDOW_MS) {
            self.0.pop_front();
        }
        let count = self.0.len();
        if count == 0 {
            return Health { median_ms: 0, healthy: 1000 };
        }
        let good = self.0.iter().filter(|sample| !sample.failed).count();
        Health { median_ms: self.median(), healthy: (good * 1000 / count) as u16 }
    }

    /// By halving the range it is in: 16 passes, and no sorting code in the WebAssembly.
    fn median(&self) -> u16 {
        let (mut low, mut high) = (0, u16::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            let below = self.0.iter().filter(|sample| sample.took_ms <= middle).count();
            if below * 2 > self.0.len() {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_last_minute_and_nothing_older() {
        let mut recorder = Recorder::default();
        assert_eq!(recorder.health(0.0), Health { median_ms: 0, healthy: 1000 });
        recorder.record(1_000.0, 500.0, true);
        for (at, took) in [(30_000.0, 10.0), (40_000.0, 30.0), (50_000.0, 20.0)] {
            recorder.record(at, took, false);
        }
        assert_eq!(recorder.health(60_000.0), Health { median_ms: 30, healthy: 750 });
        assert_eq!(recorder.health(61_000.0), Health { median_ms: 20, healthy: 1000 }, "the slow failure is gone");
        assert_eq!(recorder.health(200_000.0), Health { median_ms: 0, healthy: 1000 });
    }

    #[test]
    fn is_bounded() {
        let mut recorder = Recorder::default();
        for i in 0..10_000 {
            recorder.record(f64::from(i), f64::from(i), false);
        }
        assert_eq!(recorder.0.len(), MOST_SAMPLES);
        assert_eq!(recorder.health(10_000.0).median_ms, 7952);
    }
}
