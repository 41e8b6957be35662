//! The edge: what a request asks for.

mod route;

pub use route::{ENDPOINTS, Endpoint, Route, is_control, path_of, route};
