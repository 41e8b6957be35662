//! The paths of what a script stores.

use super::resource::{Action, Does, Resource, of_script};

pub(super) const RESOURCES: &[Resource] = &[
    Resource { path: of_script!("/stores"), allow: "GET, HEAD", methods: &[("GET", Does::Own(Action::Stores))] },
    exported(of_script!("/stores/kv/:item")),
    Resource {
        path: of_script!("/stores/d1/:item"),
        allow: "GET, HEAD, PUT, DELETE",
        methods: &[
            ("GET", Does::Own(Action::Store)),
            ("PUT", Does::Own(Action::Store)),
            ("DELETE", Does::Own(Action::Store)),
        ],
    },
    exported(of_script!("/stores/r2/:item")),
    exported(of_script!("/stores/object/:item")),
];

const fn exported(path: &'static str) -> Resource {
    Resource {
        path,
        allow: "GET, HEAD, DELETE",
        methods: &[("GET", Does::Own(Action::Store)), ("DELETE", Does::Own(Action::Store))],
    }
}
