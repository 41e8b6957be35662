//! What the newest version of a script binds.

use super::resource::{Does, Question, Resource, Whom::Script, of_script};

pub(super) const RESOURCES: &[Resource] = &[Resource {
    path: of_script!("/bindings"),
    allow: "GET, HEAD",
    methods: &[("GET", Does::Ask(&Question::one(Script, "bindings", &[])))],
}];
