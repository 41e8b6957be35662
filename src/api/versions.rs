//! Versions of a script: immutable uploads.

use super::resource::{Action, Does, From, PAGE, PER_PAGE, Question, Resource, Whom::Script, of_script};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: of_script!("/versions"),
        allow: "GET, HEAD, POST",
        methods: &[
            ("GET", Does::Ask(&Question::page(Script, "versions", &[PAGE, PER_PAGE, ("deployable", From::Flag)]))),
            ("POST", Does::Own(Action::PostVersion)),
        ],
    },
    Resource {
        path: of_script!("/versions/:item"),
        allow: "GET, HEAD",
        methods: &[("GET", Does::Ask(&Question::one(Script, "version", &[("id", From::Item)])))],
    },
];
