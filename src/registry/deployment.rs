//! Deployments: which versions are live, and with which share.

use serde_json::Value;

use super::{Problem, fields::Fields, metadata, problem, shape};

const MOST_VERSIONS: usize = 10;
/// Shares are counted in hundredths of a percent: these are all of them.
const ALL: u64 = 10_000;

/// Reads a deployment that is asked for: `{strategy, versions: [{version_id, percentage}], annotations,
/// automatic_rollback}`. `exists` tells whether there is such a version.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(body: &Value, exists: &dyn Fn(&str) -> bool) -> Result<Value, Vec<Problem>> {
    let mut fields = Fields::new(body, "The deployment", "", problem::INVALID_DEPLOYMENT);
    fields.one_of("strategy", &["percentage"]);
    let versions = fields.list("versions").map_or(&[][..], Vec::as_slice);
    if !(1..=MOST_VERSIONS).contains(&versions.len()) {
        fields.wrong(format!("versions has to be a list of 1 to {MOST_VERSIONS}."));
    }
    let (mut kept, mut sum): (Vec<Value>, _) = (Vec::new(), Some(0));
    for version in versions {
        let Some(id) = version["version_id"].as_str() else {
            fields.wrong("Each of versions has to be {\"version_id\": ID, \"percentage\": NUMBER}.".to_owned());
            continue;
        };
        if !exists(id) {
            let message = format!("There is no version {id:?}: the list of versions has those that can be deployed.");
            fields.problems.push(Problem::new(problem::NO_SUCH_VERSION, message));
        }
        if kept.iter().any(|other| other["version_id"] == id) {
            fields.wrong(format!("The version {id} is there twice."));
        }
        let share = hundredths(&version["percentage"]).filter(|share| (1..=ALL).contains(share));
        if share.is_none() {
            fields.wrong(format!(
                "The percentage of {id} has to be a number from 0.01 to 100, with at most two decimals."
            ));
        }
        sum = sum.zip(share).map(|(sum, share)| sum + share);
        kept.push(shape(r#"{"version_id":"=version_id","percentage":"=percentage"}"#, version));
    }
    if let Some(sum) = sum.filter(|sum| *sum != ALL && !kept.is_empty()) {
        fields.wrong(format!("The percentages add up to {}.{:02}, and not to 100.", sum / 100, sum % 100));
    }
    let mut deployment = of(kept, metadata::annotations(&mut fields).into());
    deployment["automatic_rollback"] = automatic_rollback(&mut fields).unwrap_or_default();
    if fields.problems.is_empty() { Ok(deployment) } else { Err(fields.problems) }
}

/// The deployment that gives everything to one version.
pub fn whole(version_id: &str, annotations: Value) -> Value {
    of(vec![shape(r#"{"version_id":"=","percentage":100}"#, &version_id.into())], annotations)
}

fn of(versions: Vec<Value>, annotations: Value) -> Value {
    let mut deployment = shape(r#"{"strategy":"percentage","automatic_rollback":null}"#, &Value::Null);
    deployment["versions"] = versions.into();
    deployment["annotations"] = annotations;
    deployment
}

/// A share in hundredths of a percent; `None` where it is finer than that, or none.
pub fn hundredths(percentage: &Value) -> Option<u64> {
    // By its decimals as they are written: 0.07 * 100 is not 7 in floating point.
    let text = percentage.is_number().then(|| percentage.to_string())?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 2 {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u64>().ok() };
    let scale = if fraction.len() == 1 { 10 } else { 1 };
    digits(whole)?.checked_mul(100)?.checked_add(digits(fraction)? * scale)
}

fn automatic_rollback(fields: &mut Fields) -> Option<Value> {
    let rollback = fields.object("automatic_rollback")?;
    let mut inner = Fields::new(rollback, "automatic_rollback", "automatic_rollback.", problem::INVALID_DEPLOYMENT);
    let mut rule = Value::Null;
    for (name, default, most) in
        [("threshold_percent", 5, 100), ("window_seconds", 60, 3600), ("minimum_requests", 20, 1_000_000)]
    {
        rule[name] = inner.whole(name, 1, most).unwrap_or(default).into();
    }
    fields.problems.append(&mut inner.problems);
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parsed(shares: &[Value]) -> Result<Value, Vec<Problem>> {
        let versions: Vec<_> = shares
            .iter()
            .enumerate()
            .map(|(at, share)| json!({ "version_id": format!("v{at}"), "percentage": share }))
            .collect();
        parse(&json!({ "strategy": "percentage", "versions": versions }), &|id| id != "v10")
    }

    #[test]
    fn shares_add_up_to_all() {
        for good in [
            &[json!(100)][..],
            &[json!(99.99), json!(0.01)],
            &[json!(33.3), json!(33.3), json!(33.4)],
            &[json!(10.0), json!(90)],
        ] {
            assert!(parsed(good).is_ok(), "{good:?}");
        }
        assert_eq!(
            parsed(&vec![json!(10); 10]).map(|deployment| deployment["versions"][9]["percentage"].clone()),
            Ok(json!(10))
        );
        for bad in [
            &[][..],
            &[json!(99.99)],
            &[json!(100), json!(0)],
            &[json!(100), json!(-0.01)],
            &[json!(33.333), json!(66.667)],
            &[json!("100")],
            &[json!(1e300)],
            &[json!(u64::MAX)],
            &[json!(null)],
            &[json!(60), json!(50)],
            &[json!(1e-7), json!(100)],
        ] {
            let problems = parsed(bad).unwrap_err();
            assert!(problems.iter().all(|problem| problem.code == problem::INVALID_DEPLOYMENT), "{bad:?}");
        }
        assert!(parsed(&[json!(60), json!(50.5)]).unwrap_err()[0].message.contains("110.50"));
        assert_eq!(parsed(&vec![json!(5); 11]).unwrap_err().len(), 3, "too many, one that is none, and too little");
    }

    #[test]
    fn versions_exist_and_are_there_once() {
        let deployment = |ids: [&str; 2]| json!({ "versions": [{ "version_id": ids[0], "percentage": 50 }, { "version_id": ids[1], "percentage": 50 }] });
        assert!(parse(&deployment(["a", "b"]), &|_| true).is_ok());
        assert_eq!(parse(&deployment(["a", "a"]), &|_| true).unwrap_err()[0].code, problem::INVALID_DEPLOYMENT);
        assert_eq!(parse(&deployment(["a", "b"]), &|id| id == "a").unwrap_err()[0].code, problem::NO_SUCH_VERSION);
        for bad in [json!([]), json!({}), json!({ "versions": [5] }), json!({ "versions": "all" })] {
            assert!(parse(&bad, &|_| true).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rollback_by_itself_has_numbers_of_its_own() {
        let with = |rollback: Value| {
            parse(
                &json!({ "versions": [{ "version_id": "a", "percentage": 100 }], "automatic_rollback": rollback }),
                &|_| true,
            )
        };
        let defaults = json!({ "threshold_percent": 5, "window_seconds": 60, "minimum_requests": 20 });
        assert_eq!(with(json!({})).unwrap()["automatic_rollback"], defaults);
        assert_eq!(with(json!(null)).unwrap()["automatic_rollback"], Value::Null);
        assert_eq!(
            with(json!({ "threshold_percent": 101, "window_seconds": 0, "minimum_requests": 0 })).unwrap_err().len(),
            3
        );
        assert_eq!(with(json!(true)).unwrap_err().len(), 1);
    }

    proptest! {
        /// Any split of 10000 hundredths is taken, and the same with a hundredth more or less is not.
        #[test]
        fn hundredths_are_exact(cuts in prop::collection::btree_set(1u64..10_000, 0..9)) {
            let mut edges: Vec<u64> = cuts.into_iter().collect();
            edges.push(ALL);
            let mut before = 0;
            let shares: Vec<u64> = edges.iter().map(|edge| { let share = edge - before; before = *edge; share }).collect();
            let as_number = |share: &u64| json!(*share as f64 / 100.0);
            prop_assert!(shares.iter().all(|share| hundredths(&as_number(share)) == Some(*share)));
            let mut numbers: Vec<Value> = shares.iter().map(as_number).collect();
            prop_assert!(parsed(&numbers).is_ok(), "{:?}", numbers);
            numbers[0] = as_number(&(shares[0] + 1));
            prop_assert!(parsed(&numbers).is_err());
        }
    }
}
