//! The checks before the runtime: each problem, all at once, and the sizes to the byte.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;
use worker_loader::{
    Bundle, ErrorKind, Handle, MAX_CODE_BYTES, MAX_ENV_BYTES, Module, Outbound, Problem, Stub, WorkerCode,
    WorkerCodeBuilder,
};

fn builder() -> WorkerCodeBuilder {
    WorkerCode::builder("2026-07-01", "main.js").js("main.js", "export default {}")
}

fn stub() -> Stub {
    Stub::new(Handle::nothing(), "stub")
}

fn problems<K>(builder: WorkerCodeBuilder<K>) -> Vec<Problem> {
    let Err(error) = builder.build() else { return Vec::new() };
    let ErrorKind::Invalid(problems) = error.kind() else { panic!("{error}") };
    assert!(error.is_load_failure());
    assert!(error.to_string().starts_with("the dynamic worker's code is not valid: "));
    problems.iter().cloned().collect()
}

/// The one problem, and the sentence that tells it.
fn only(builder: WorkerCodeBuilder) -> (Problem, String) {
    let problems = problems(builder);
    assert_eq!(problems.len(), 1, "{problems:?}");
    (problems[0].clone(), problems[0].to_string())
}

/// Serde has no name in JSON for such keys.
fn no_json() -> BTreeMap<(u8, u8), u8> {
    BTreeMap::from([((1, 2), 3)])
}

#[test]
fn a_plain_code_has_no_problem() {
    assert_eq!(problems(builder()), []);
    let python = WorkerCode::builder("2026-07-01", "main.py").py("main.py", "x = 1").py("lib/a.py", "y = 2");
    assert_eq!(problems(python.text("notes.txt", "").json("data.json", json!([1]))), []);
    assert_eq!(
        problems(builder().cjs("lib.cjs", "").wasm("a.wasm", &[][..]).module("b", Module::Compiled(stub()))),
        []
    );
}

#[test]
fn what_a_fingerprint_stands_for_has_one() {
    let empty = || Stub::new(Handle::nothing(), "");
    let bundle = Bundle::new("", || std::future::ready(Ok(Handle::nothing())));
    for (code, place) in [
        (builder().module("m.wasm", Module::Compiled(empty())), "m.wasm"),
        (builder().bundle(bundle), "the bundle"),
        (builder().env_stub("API", empty()), "env.API"),
        (builder().env_secret("TOKEN", "s", ""), "env.TOKEN"),
        (builder().outbound(Outbound::Through(empty())), "outbound"),
        (builder().tail(empty()), "tails"),
    ] {
        let (problem, sentence) = only(code);
        assert_eq!(problem, Problem::EmptyFingerprint { place: place.into() });
        assert!(sentence.starts_with(&format!("the fingerprint of {place} is empty: ")), "{sentence}");
    }
}

#[test]
fn a_bundle_may_hold_all_modules() {
    let bundle = || Bundle::new("b1", || std::future::ready(Ok(Handle::nothing())));
    assert_eq!(problems(WorkerCode::builder("2026-07-01", "main.js").bundle(bundle())), []);
    let own = WorkerCode::builder("2026-07-01", "main.txt").bundle(bundle()).text("main.txt", "");
    assert!(matches!(only(own).0, Problem::MainModuleNotCode { .. }), "what is seen is checked");
}

#[test]
fn dates_and_flags() {
    let (problem, sentence) = only(WorkerCode::builder("2026-02-30", "a.js").js("a.js", ""));
    assert_eq!(problem, Problem::BadCompatibilityDate("2026-02-30".into()));
    assert_eq!(sentence, r#""2026-02-30" is no compatibility date: write YYYY-MM-DD, for example 2026-07-01"#);

    for flag in ["", "Nodejs_Compat", "nodejs compat", "nodejs_compat\n", "größe"] {
        let (problem, sentence) = only(builder().compatibility_flag(flag));
        assert_eq!(problem, Problem::BadCompatibilityFlag(flag.into()));
        assert_eq!(sentence, format!("{flag:?} is no compatibility flag: flags are of a-z, 0-9, `_`, `-` and `:`"));
    }
    let flags = ["nodejs_compat", "no_global_navigator", "streams_enable_constructors", "v2:x-y"];
    assert_eq!(problems(flags.into_iter().fold(builder(), |builder, flag| builder.compatibility_flag(flag))), []);
}

#[test]
fn the_main_module() {
    let (problem, sentence) = only(WorkerCode::builder("2026-07-01", "main.js"));
    assert_eq!(problem, Problem::NoModules);
    assert_eq!(sentence, "there is no module: add at least the main module");

    let (problem, sentence) = only(WorkerCode::builder("2026-07-01", "main.js").js("index.js", ""));
    assert_eq!(problem, Problem::MainModuleMissing("main.js".into()));
    assert_eq!(sentence, r#"the main module "main.js" is not among the modules: add it, or name another"#);

    // The runtime: "Main module must be an ES module."
    for (module, kind) in [
        (Module::Cjs("".into()), "cjs"),
        (Module::Text("".into()), "text"),
        (Module::Data((&[][..]).into()), "data"),
        (Module::Json(json!(1)), "json"),
        (Module::Wasm((&[][..]).into()), "wasm"),
        (Module::Compiled(stub()), "wasm"),
    ] {
        let (problem, sentence) = only(WorkerCode::builder("2026-07-01", "main").module("main", module));
        assert_eq!(problem, Problem::MainModuleNotCode { name: "main".into(), kind });
        assert_eq!(
            sentence,
            format!(
                r#"the main module "main" is a `{kind}` module: a main module is an ES module (js) or Python (py)"#
            )
        );
    }
}

#[test]
fn languages_that_do_not_go_together() {
    for name in ["a.ts", "a.tsx", "a.jsx", "lib/a.mts", "a.cts"] {
        for module in [Module::Js("".into()), Module::Cjs("".into())] {
            let (problem, sentence) = only(builder().module(name, module));
            assert_eq!(problem, Problem::TypeScriptAsJavaScript(name.into()));
            assert_eq!(
                sentence,
                format!(
                    "{name:?} is TypeScript or JSX given as JavaScript: the runtime does not compile it; bundle it \
                     first (esbuild, or @cloudflare/worker-bundler) and give the .js that comes out"
                )
            );
        }
        assert_eq!(problems(builder().text(name, "")), [], "as text it is no code");
    }

    let (problem, sentence) = only(builder().py("a.py", ""));
    assert_eq!(problem, Problem::PythonUnderJavaScriptMain("a.py".into()));
    assert_eq!(
        sentence,
        "\"a.py\" is a Python module, but the main module is not: the runtime takes a main module for Python where \
         its name ends in .py"
    );
    let (problem, _) = only(WorkerCode::builder("2026-07-01", "main").py("main", ""));
    assert_eq!(problem, Problem::PythonUnderJavaScriptMain("main".into()));
}

#[test]
fn names() {
    let (problem, sentence) = only(builder().js("main.js", "2"));
    assert_eq!(problem, Problem::DuplicateModule("main.js".into()));
    assert_eq!(sentence, r#"two modules are named "main.js": rename one"#);

    for (builder, name) in [
        (builder().env("A", 1).env("A", 1), "A"),
        (builder().env_stub("B", stub()).env("B", 1), "B"),
        (builder().env("C", 1).env_stub("C", stub()), "C"),
    ] {
        let (problem, sentence) = only(builder);
        assert_eq!(problem, Problem::DuplicateEnv(name.into()));
        assert_eq!(sentence, format!("two entries of env are named {name:?}: rename one"));
    }

    let long = "a".repeat(1025);
    for (name, why) in [
        ("", "is empty"),
        (&long, "is longer than 1024 bytes"),
        ("a\nb", "holds a control character"),
        ("a\\b", "holds one of \\ ? # %, which mean something else in a module specifier"),
        ("/a.txt", "starts with a slash"),
        ("a//b", "has an empty part"),
        ("a/", "has an empty part"),
        ("../a", "has a `.` or `..` part"),
        ("./a", "has a `.` or `..` part"),
        ("node:fs", "holds a colon, as built-in modules do (node:, cloudflare:)"),
    ] {
        let (problem, sentence) = only(builder().text(name, ""));
        assert_eq!(problem, Problem::UncleanModuleName { name: name.into(), why });
        assert_eq!(
            sentence,
            format!("the module name {name:?} {why}: use a clean relative path such as \"lib/util.js\"")
        );
    }
}

#[test]
fn values_and_tails() {
    let (problem, sentence) = only(builder().env("MAP", no_json()));
    assert_eq!(problem, Problem::NotJson { place: "env.MAP".into(), why: "key must be a string".into() });
    assert_eq!(sentence, "env.MAP cannot be written as JSON: key must be a string");
    let (problem, sentence) = only(builder().json("map.json", no_json()));
    assert_eq!(problem, Problem::NotJson { place: "map.json".into(), why: "key must be a string".into() });
    assert_eq!(sentence, "map.json cannot be written as JSON: key must be a string");

    let (problem, sentence) = only(builder().streaming_tail(stub()));
    assert_eq!(problem, Problem::StreamingTailsAreExperimental);
    assert_eq!(sentence, "streaming tails are experimental: they need allow_experimental(true)");
    assert_eq!(problems(builder().streaming_tail(stub()).allow_experimental(true)), []);
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_fields() {
    let code = WorkerCode::builder("yesterday", "main.json")
        .compatibility_flag("Z")
        .compatibility_flag("A")
        .env("TWICE", 1)
        .env("TWICE", 2)
        .env("MAP", no_json())
        .json("main.json", json!(1))
        .json("main.json", json!(2))
        .json("map.json", no_json())
        .data("big.bin", vec![0; MAX_CODE_BYTES])
        .js("b.ts", "")
        .py("a.py", "")
        .text("../x", "")
        .env("LARGE", "x".repeat(MAX_ENV_BYTES))
        .outbound(Outbound::Inherit)
        .streaming_tail(stub());
    let found = problems(code);
    use Problem::*;
    let not_json = |place: &str| NotJson { place: place.into(), why: "key must be a string".into() };
    assert_eq!(
        found[..13],
        [
            BadCompatibilityDate("yesterday".into()),
            BadCompatibilityFlag("A".into()),
            BadCompatibilityFlag("Z".into()),
            DuplicateEnv("TWICE".into()),
            not_json("env.MAP"),
            DuplicateModule("main.json".into()),
            not_json("map.json"),
            MainModuleNotCode { name: "main.json".into(), kind: "json" },
            UncleanModuleName { name: "../x".into(), why: "has a `.` or `..` part" },
            PythonUnderJavaScriptMain("a.py".into()),
            TypeScriptAsJavaScript("b.ts".into()),
            CodeTooLarge(MAX_CODE_BYTES + 1),
            EnvTooLarge(MAX_ENV_BYTES + 25),
        ]
    );
    assert_eq!(found[13..], [StreamingTailsAreExperimental]);
}

#[test]
fn a_code_without_a_key_is_checked_all_the_same() {
    let opaque = || WorkerCode::builder("2026-07-01", "a.js").env_opaque("X", Handle::nothing());
    assert_eq!(problems(opaque()), [Problem::NoModules]);
    let code = opaque()
        .js("a.js", "")
        .compiled_opaque("m.wasm", Handle::nothing())
        .through_opaque(Handle::nothing())
        .tail_opaque(Handle::nothing());
    assert_eq!(problems(code.clone()), []);
    assert_eq!(problems(code.streaming_tail_opaque(Handle::nothing())), [Problem::StreamingTailsAreExperimental]);
}

proptest! {
    #[test]
    fn build_answers_whatever_it_is_given(
        date in any::<String>(), main in any::<String>(),
        names in proptest::collection::vec(any::<String>(), 0..4),
        flags in proptest::collection::vec(any::<String>(), 0..3),
        value in any::<String>(),
    ) {
        let start = WorkerCode::builder(&*date, &*main);
        let modules = names.iter().fold(start, |builder, name| builder.js(name, "").env(name, &value));
        let code = flags.iter().fold(modules, |builder, flag| builder.compatibility_flag(flag));
        match code.build() {
            Ok(code) => {
                let key = code.key(&main);
                prop_assert_eq!(key.prefix(), &main);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn every_day_there_is_is_a_date_and_no_other(year in 0..10_000_u32, month in 0..14_u32, day in 0..33_u32) {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = [31, 28 + u32::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let exists = (1..=12).contains(&month) && (1..=days[month as usize - 1]).contains(&day);
        let date = format!("{year:04}-{month:02}-{day:02}");
        let code = WorkerCode::builder(&*date, "main.js").js("main.js", "");
        prop_assert_eq!(problems(code).is_empty(), exists, "{}", date);
    }

    #[test]
    fn whatever_is_refused_is_named(name in "[a-z./:%\\\\?#]{1,12}") {
        for problem in problems(builder().text(&name, "")) {
            let sentence = problem.to_string();
            prop_assert!(sentence.contains(&format!("{:?}", name)), "{}", sentence);
        }
    }
}
