//! What one call of a dynamic worker may use.

/// Limits of one invocation; exceeding one throws at once in the dynamic worker.
///
/// They can be set on the code and on an entrypoint; the lower of the two counts
/// (<https://developers.cloudflare.com/dynamic-workers/usage/limits/>). The `workerd` of local development accepts
/// them and **does not enforce them**: an endless loop there hangs the whole process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub(crate) cpu_ms: Option<u32>,
    pub(crate) sub_requests: Option<u32>,
}

impl Limits {
    /// No limits of our own: those of the plan apply.
    pub const fn new() -> Self {
        Self { cpu_ms: None, sub_requests: None }
    }

    /// At most this much CPU time, in milliseconds (`cpuMs`).
    pub const fn cpu_ms(mut self, ms: u32) -> Self {
        self.cpu_ms = Some(ms);
        self
    }

    /// At most this many subrequests (`subRequests`).
    pub const fn sub_requests(mut self, count: u32) -> Self {
        self.sub_requests = Some(count);
        self
    }
}
