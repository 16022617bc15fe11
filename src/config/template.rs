//! Lines of the texts that `ferrogrid new` writes.

use std::fmt::Display;

/// A string of TOML.
pub(super) fn quoted(value: impl Display) -> String {
    format!("\"{value}\"")
}

/// `name = value`, or a comment that shows the form of the value.
pub(super) fn key(name: &str, value: Option<impl Display>, example: &str) -> String {
    match value {
        Some(value) => format!("{name} = {value}"),
        None => format!("# {name} = {example}"),
    }
}
