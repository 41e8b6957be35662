//! Tags of a script, by which scripts are listed and deleted.

use super::resource::{Does, From, Question, Resource, Whom::Script, of_script};

pub(super) const RESOURCES: &[Resource] = &[
    Resource {
        path: of_script!("/tags"),
        allow: "GET, HEAD, PUT",
        methods: &[
            ("GET", Does::Ask(&Question::one(Script, "tags", &[]))),
            ("PUT", Does::Ask(&Question::one(Script, "put_tags", &[("tags", From::Body)]))),
        ],
    },
    Resource {
        path: of_script!("/tags/:item"),
        allow: "PUT, DELETE",
        methods: &[
            ("PUT", Does::Ask(&Question::one(Script, "put_tag", &[("tag", From::Item)]))),
            ("DELETE", Does::Ask(&Question::one(Script, "delete_tag", &[("tag", From::Item)]))),
        ],
    },
];
