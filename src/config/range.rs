//! What single values may be, whoever gives them: a TOML file or a program.

use super::{Bytes, Problem, reserved};
use std::ops::RangeInclusive;

/// Rows and columns of an array.
pub const ARRAY_SIZES: RangeInclusive<u32> = 1..=64;

/// Widths of a stream in bits.
pub const STREAM_WIDTHS: [u32; 8] = [8, 16, 32, 64, 128, 256, 512, 1024];

/// Sizes of a buffer.
pub const BUFFER_SIZES: RangeInclusive<Bytes> = Bytes(1)..=Bytes::mib(16);

/// Longest name of a core: its letters become part of module and file names.
const LONGEST_NAME: usize = 48;

/// Rows or columns, as the key `field`.
pub fn check_array_size(field: &'static str, value: i128) -> Result<u32, Problem> {
    if let Some(size) = u32::try_from(value)
        .ok()
        .filter(|size| ARRAY_SIZES.contains(size))
    {
        return Ok(size);
    }
    let (low, high) = (ARRAY_SIZES.start(), ARRAY_SIZES.end());
    Err(
        Problem::at(field, format!("`{field}` = {value} is out of range"))
            .label(format!("not within {low} to {high}"))
            .help(format!("`{field}` is a whole number from {low} to {high}")),
    )
}

/// The width of a stream, as the key `field`.
pub fn check_stream_width(field: &'static str, value: i128) -> Result<u32, Problem> {
    if let Some(width) = STREAM_WIDTHS
        .iter()
        .find(|width| i128::from(**width) == value)
    {
        return Ok(*width);
    }
    let widths = STREAM_WIDTHS.map(|width| width.to_string()).join(", ");
    Err(
        Problem::at(field, format!("`{field}` = {value} is not a stream width"))
            .label("bits per beat")
            .help(format!("a stream is one of {widths} bits wide")),
    )
}

/// The size of a buffer, as the key `field`.
pub fn check_buffer(field: &'static str, value: Bytes) -> Result<Bytes, Problem> {
    if BUFFER_SIZES.contains(&value) {
        return Ok(value);
    }
    let (low, high) = (BUFFER_SIZES.start(), BUFFER_SIZES.end());
    Err(
        Problem::at(field, format!("`{field}` = {value} is out of range"))
            .label(format!("not within {low} to {high}"))
            .help(format!(
                "`{field}` is a size from {low} to {high}, all banks together"
            )),
    )
}

/// The name of a core.
pub fn check_name(name: &str) -> Result<(), Problem> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    // Words between single separators: module, register and C names are made from it, with `_` between words,
    // and those of two cores must differ.
    let word = |word: &str| {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !word.is_empty() && word.chars().all(legal)
    };
    if starts_well && name.split('-').all(word) && name.len() <= LONGEST_NAME {
        return reserved::check(name);
    }
    Err(Problem::at(
        "name",
        format!("`{}` cannot name a core", name.escape_debug()),
    )
    .label("becomes part of module and file names")
    .help(format!(
        "a name starts with a small letter and holds small letters, digits and, between them, \
             single `-`, which is `_` in the names of modules; it has at most {LONGEST_NAME} characters"
    )))
}
