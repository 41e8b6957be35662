//! Secrets of a script. A changed secret is a new version, deployed at once.

use super::resource::{Does, From, Question, Resource, Whom::Script, of_script};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: of_script!("/secrets"),
        allow: "GET, HEAD, PUT",
        methods: &[
            ("GET", Does::Ask(&Question::one(Script, "secrets", &[]))),
            ("PUT", Does::Ask(&Question::one(Script, "put_secret", &[("body", From::Body)]))),
        ],
    },
    Resource {
        path: of_script!("/secrets-bulk"),
        allow: "PATCH",
        methods: &[("PATCH", Does::Ask(&Question::one(Script, "patch_secrets", &[("body", From::Body)])))],
    },
    Resource {
        path: of_script!("/secrets/:item"),
        allow: "GET, HEAD, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Script, "secret", &[("name", From::Item)]))),
            ("DELETE", Does::Ask(&Question::one(Script, "delete_secret", &[("name", From::Item)]))),
        ],
    },
];
