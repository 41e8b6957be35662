//! The edge: what a request asks for.

mod route;

pub use route::{ENDPOINTS, Endpoint, Route, path_of, route};
