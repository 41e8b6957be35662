//! What scripts did: time series, cost, logs, live tails, errors; and a script that is run once.

use super::resource::{Action, Does, From, Question, Resource, Whom, in_account, in_namespace, of_script};

pub(super) const RESOURCES: &[Resource] = &[
    get(in_namespace!("/analytics"), &[("GET", Does::Ask(&ANALYTICS))]),
    get(of_script!("/analytics"), &[("GET", Does::Ask(&ANALYTICS))]),
    get(in_namespace!("/cost"), &[("GET", Does::Ask(&Question::one(Whom::Telemetry, "cost", &[])))]),
    get(in_namespace!("/logs"), &[("GET", Does::Ask(&LOGS))]),
    get(of_script!("/logs"), &[("GET", Does::Ask(&LOGS))]),
    get(in_namespace!("/errors"), &[("GET", Does::Ask(&ERRORS))]),
    get(of_script!("/errors"), &[("GET", Does::Ask(&ERRORS))]),
    Resource {
        path: of_script!("/errors/:item"),
        allow: "GET, HEAD, DELETE",
        methods: &[
            ("GET", Does::Ask(&Question::one(Whom::Telemetry, "error", &[SCRIPT, FINGERPRINT]))),
            ("DELETE", Does::Ask(&Question::one(Whom::Telemetry, "resolve", &[SCRIPT, FINGERPRINT]))),
        ],
    },
    tails(in_namespace!("/tails")),
    tails(of_script!("/tails")),
    end_of_tail(in_namespace!("/tails/:item")),
    end_of_tail(of_script!("/tails/:item")),
    // Where `wrangler tail NAMESPACE/SCRIPT` looks.
    tails(in_account!("workers/scripts/:namespace/:script/tails")),
    end_of_tail(in_account!("workers/scripts/:namespace/:script/tails/:item")),
    Resource { path: in_namespace!("/run"), allow: "POST", methods: &[("POST", Does::Own(Action::Run))] },
];

const fn get(path: &'static str, methods: &'static [(&'static str, Does)]) -> Resource {
    Resource { path, allow: "GET, HEAD", methods }
}

const fn tails(path: &'static str) -> Resource {
    Resource { path, allow: "GET, HEAD, POST", methods: TAILS }
}

const fn end_of_tail(path: &'static str) -> Resource {
    Resource { path, allow: "DELETE", methods: END_OF_TAIL }
}

const TAILS: &[(&str, Does)] =
    &[("GET", Does::Ask(&Question::one(Whom::Telemetry, "tails", &[SCRIPT]))), ("POST", Does::Own(Action::PostTail))];
const END_OF_TAIL: &[(&str, Does)] =
    &[("DELETE", Does::Ask(&Question::one(Whom::Telemetry, "end_tail", &[SCRIPT, ("id", From::Item)])))];
const SCRIPT: (&str, From) = ("script", From::Script);
const FINGERPRINT: (&str, From) = ("fingerprint", From::Item);
const SINCE: (&str, From) = ("since", From::Query);
const UNTIL: (&str, From) = ("until", From::Query);
const VERSION: (&str, From) = ("version", From::Query);
const LIMIT: (&str, From) = ("limit", From::Query);

const ANALYTICS: Question = Question::one(
    Whom::Telemetry,
    "analytics",
    &[SCRIPT, VERSION, SINCE, UNTIL, ("step", From::Query), ("by", From::Query)],
);
const LOGS: Question = Question::one(
    Whom::Telemetry,
    "logs",
    &[
        SCRIPT,
        VERSION,
        SINCE,
        UNTIL,
        LIMIT,
        ("level", From::Query),
        ("status", From::Query),
        ("method", From::Query),
        ("search", From::Query),
        ("request_id", From::Query),
        ("before", From::Query),
    ],
);
const ERRORS: Question = Question::one(Whom::Telemetry, "errors", &[SCRIPT, LIMIT]);
