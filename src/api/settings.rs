//! Settings of a script.

use super::resource::{Does, From, Question, Resource, Whom::Script, of_script};

pub(super) const RESOURCES: &[Resource] = &[Resource {
    path: of_script!("/settings"),
    allow: "GET, HEAD, PATCH",
    methods: &[
        ("GET", Does::Ask(&Question::one(Script, "settings", &[]))),
        ("PATCH", Does::Ask(&Question::one(Script, "patch_settings", &[("patch", From::Form("settings"))]))),
    ],
}];
