//! Pages of a list.

use serde_json::Value;

use super::{Problem, problem};

const LARGEST: u64 = 100;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    page: u64,
    per_page: u64,
}

impl Page {
    /// Reads `page` (from 1) and `per_page` (1 to 100), numbers or texts of numbers, of an operation or a query.
    ///
    /// # Errors
    /// Every field that is there and is no such number.
    pub fn parse(query: &Value, default_per_page: u64) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut number = |field: &str, default: u64, largest: u64| {
            let value = match &query[field] {
                Value::Null => return default,
                Value::String(text) => text.parse().ok(),
                value => value.as_u64(),
            };
            value.filter(|number| (1..=largest).contains(number)).unwrap_or_else(|| {
                let message = format!("{field} has to be a whole number from 1 to {largest}.");
                problems.push(Problem::new(problem::MALFORMED, message));
                default
            })
        };
        // So many that the offset stays a number that JavaScript has.
        let page = number("page", 1, 1 << 40);
        let per_page = number("per_page", default_per_page, LARGEST);
        if problems.is_empty() { Ok(Self { page, per_page }) } else { Err(problems) }
    }

    /// SQL's `LIMIT`.
    pub fn limit(self) -> u64 {
        self.per_page
    }

    /// SQL's `OFFSET`.
    pub fn offset(self) -> u64 {
        (self.page - 1) * self.per_page
    }

    /// What the answer says of the list: `count` of `total` are in it.
    pub fn info(self, count: u64, total: u64) -> Value {
        let mut info = Value::Null;
        for (name, number) in [
            ("page", self.page),
            ("per_page", self.per_page),
            ("count", count),
            ("total_count", total),
            ("total_pages", total.div_ceil(self.per_page)),
        ] {
            info[name] = number.into();
        }
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn takes_numbers_and_texts_of_them() {
        assert_eq!(Page::parse(&json!({}), 20), Ok(Page { page: 1, per_page: 20 }));
        assert_eq!(Page::parse(&json!({ "page": "3", "per_page": 7 }), 20), Ok(Page { page: 3, per_page: 7 }));
        for bad in [json!(0), json!("0"), json!(-1), json!(1.5), json!("x"), json!([]), json!(101)] {
            assert_eq!(Page::parse(&json!({ "per_page": bad }), 20).unwrap_err()[0].code, problem::MALFORMED, "{bad}");
        }
        assert_eq!(Page::parse(&json!({ "page": 0, "per_page": 0 }), 20).unwrap_err().len(), 2, "all that is wrong");
    }

    proptest! {
        /// The pages of a list, one after the other, are the list.
        #[test]
        fn pages_leave_nothing_out(total in 0u64..1000, per_page in 1u64..=100) {
            let mut next = 0;
            for page in 1..=total.div_ceil(per_page) {
                let page = Page::parse(&json!({ "page": page, "per_page": per_page }), 1).unwrap();
                prop_assert_eq!(page.offset(), next);
                next += page.limit();
                prop_assert_eq!(&page.info(0, total)["total_pages"], &json!(total.div_ceil(per_page)));
            }
            prop_assert!(next >= total && next < total + per_page);
        }
    }
}
