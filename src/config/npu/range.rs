//! What the numbers of the section may be, whoever gives them.

use crate::config::Problem;

/// What a number may be.
struct Rule {
    field: &'static str,
    low: u32,
    high: u32,
    power_of_two: bool,
}

const fn power_of_two(field: &'static str, low: u32, high: u32) -> Rule {
    Rule {
        field,
        low,
        high,
        power_of_two: true,
    }
}

const fn any(field: &'static str, low: u32, high: u32) -> Rule {
    Rule {
        power_of_two: false,
        ..power_of_two(field, low, high)
    }
}

const RULES: [Rule; 10] = [
    power_of_two("array.rows", 4, 64),
    power_of_two("array.columns", 4, 64),
    power_of_two("bus.width", 32, 512),
    power_of_two("memory.accumulators", 16, 4096),
    // A POST begins at any of 4,096 channels.
    power_of_two("memory.parameters", 64, 4096),
    any("vector.taps", 0, 3),
    power_of_two("vector.weights", 16, 4096),
    power_of_two("post.lanes", 1, 64),
    any("control.outstanding", 1, 32),
    any("control.queue_depth", 1, 16),
];

/// A number of a core that runs networks, as the key `field`.
///
/// # Errors
/// When it is out of range.
///
/// # Panics
/// When no number is called `field`.
#[track_caller]
pub fn check_npu_number(field: &'static str, value: i128) -> Result<u32, Problem> {
    let rule = RULES.iter().find(|rule| rule.field == field);
    let rule = rule.unwrap_or_else(|| panic!("`{field}` is no number of an NPU"));
    let Rule { low, high, .. } = *rule;
    let in_range = u32::try_from(value).ok();
    let in_range = in_range.filter(|value| (low..=high).contains(value));
    match in_range {
        Some(value) if value.is_power_of_two() || !rule.power_of_two => Ok(value),
        found => {
            let what = match rule.power_of_two {
                true => "a power of two",
                false => "a whole number",
            };
            let (message, label) = match found {
                Some(_) => ("is no power of two".to_owned(), String::new()),
                None => (
                    "is out of range".to_owned(),
                    format!("not within {low} to {high}"),
                ),
            };
            Err(Problem::at(field, format!("`{field}` = {value} {message}"))
                .label(label)
                .help(format!("`{field}` is {what} from {low} to {high}")))
        }
    }
}
