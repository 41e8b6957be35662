//! Where a dynamic worker's `fetch()` and `connect()` go.

use crate::Stub;

/// The `globalOutbound` of a dynamic worker
/// (<https://developers.cloudflare.com/dynamic-workers/usage/egress-control/>).
#[derive(Clone, Debug, Default)]
pub enum Outbound {
    /// Nowhere: `fetch()`, `connect()` and `new WebSocket()` throw in the dynamic worker. The default, where
    /// Cloudflare's own is [`Inherit`](Outbound::Inherit).
    #[default]
    Block,
    /// Wherever the Worker that loads it may go, which is usually the whole Internet. A worker without a default export
    /// then passes the requests it gets on to their own URLs.
    Inherit,
    /// Every request goes to this stub, which decides; usually a [loopback](crate::Stub) to an entrypoint of the
    /// Worker that loads it.
    Through(Stub),
}
