//! The edge: what a request asks for, and what an error looks like.

mod auth;
mod error;
mod route;

pub use auth::authorize;
pub use error::Error;
pub use route::{ENDPOINTS, Endpoint, Route, path_of, route};

#[cfg(target_arch = "wasm32")]
mod answer;
#[cfg(target_arch = "wasm32")]
mod credentials;

#[cfg(target_arch = "wasm32")]
pub use self::{
    answer::{answer, html, json, later},
    credentials::without_credentials,
};
