//! How large a code and its env may be, to the byte.

use serde_json::json;
use worker_loader::{
    Error, ErrorKind, Handle, MAX_CODE_BYTES, MAX_ENV_BYTES, Problem, Stub, WorkerCode, WorkerCodeBuilder,
};

fn builder() -> WorkerCodeBuilder {
    WorkerCode::builder("2026-07-01", "main.js").js("main.js", "export default {}")
}

fn refused(builder: WorkerCodeBuilder) -> Option<(Problem, String)> {
    let error: Error = builder.build().err()?;
    let ErrorKind::Invalid(problems) = error.kind() else { panic!("{error}") };
    let [problem] = &problems.iter().collect::<Vec<_>>()[..] else { panic!("{error}") };
    Some(((*problem).clone(), problem.to_string()))
}

fn size(builder: WorkerCodeBuilder) -> usize {
    match refused(builder) {
        Some((Problem::EnvTooLarge(bytes), _)) => bytes,
        other => panic!("{other:?}"),
    }
}

fn stub() -> Stub {
    Stub::new(Handle::nothing(), "stub")
}

#[test]
fn the_code_may_be_64_mib_and_not_a_byte_more() {
    let main = "export default {}".len();
    let json_module = json!({"a": "é"}); // 10 bytes as JSON text.
    let code = |bytes: usize| builder().json("j.json", &json_module).data("d.bin", vec![0; bytes]);
    assert_eq!(MAX_CODE_BYTES, 67_108_864);
    assert_eq!(refused(code(MAX_CODE_BYTES - main - 10)), None);
    let (problem, sentence) = refused(code(MAX_CODE_BYTES - main - 9)).unwrap();
    assert_eq!(problem, Problem::CodeTooLarge(MAX_CODE_BYTES + 1));
    assert_eq!(
        sentence,
        "the modules are 67108865 bytes together, the limit is 67108864 (64 MiB): drop or shrink some"
    );
}

/// As workerd counts: `{A: "x".repeat(n)}` is n + 12 bytes (2 the format's header, 3 the object around it, 3 the name,
/// 4 before the text), and a stub in it 3 bytes and its name.
#[test]
fn env_may_be_1_mib_and_not_a_byte_more() {
    assert_eq!(MAX_ENV_BYTES, 1_048_576);
    let env = |text: usize| builder().env("A", "x".repeat(text));
    assert_eq!(refused(env(MAX_ENV_BYTES - 12)), None);
    let (problem, sentence) = refused(env(MAX_ENV_BYTES - 11)).unwrap();
    assert_eq!(problem, Problem::EnvTooLarge(MAX_ENV_BYTES + 1));
    assert_eq!(
        sentence,
        "env is 1048577 bytes serialized, the limit is 1048576 (1 MiB): move large values into a module, or behind a \
         binding"
    );
    assert_eq!(refused(env(MAX_ENV_BYTES - 12 - 6).env_stub("S", stub())), None);
    assert_eq!(size(env(MAX_ENV_BYTES - 11 - 6).env_stub("S", stub())), MAX_ENV_BYTES + 1);
    let letters = |count: usize| builder().env("A", "é".repeat(count));
    assert_eq!(refused(letters(MAX_ENV_BYTES - 12)), None, "one byte a letter, as V8 writes it, and not two");
}

/// What workerd 1.20260730 said of each: "Dynamic Worker env size (N bytes) exceeds ...".
#[test]
fn env_is_as_large_as_the_runtime_says() {
    let large = || builder().env("A", "x".repeat(1_100_000));
    for (builder, bytes) in [
        (large(), 1_100_012),
        (large().env("B", 1), 1_100_017),
        (large().env("B", "b").env("CC", ()).env("D", [1, 2]).env("E", json!({"x": 1})), 1_100_046),
        (large().env("B", 1.5).env("C", 1_073_741_823).env("D", 1_073_741_824).env("E", -5).env("F", true), 1_100_054),
        (builder().env("A", "x".repeat(1_100_000) + "é"), 1_100_013),
        (large().env_stub("S", stub()), 1_100_018),
        (large().env_stub("SS", stub()), 1_100_019),
    ] {
        assert_eq!(size(builder), bytes);
    }
    // V8 puts a byte before a text of two bytes a letter where that text would begin at an odd place.
    let wide = size(builder().env("A", "x".repeat(1_100_000) + "日"));
    assert_eq!(wide, 2_200_016 - 1);
}
