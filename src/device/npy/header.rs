//! The header of a `.npy` file: a Python dictionary behind a magic number.
//!
//! Parsed by hand because a damaged or hostile file must cost a message, never an allocation of
//! whatever size it claims to have.

use super::super::source::open;
use super::NpyProblem;
use super::error::tuple;
use crate::number::Format;
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Data begins at a multiple of this many bytes.
const ALIGNMENT: usize = 64;

/// What a file says about its data, of elements that are told by an `E`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header<E> {
    pub element: E,
    pub fortran_order: bool,
    pub shape: Vec<u64>,
}

/// How an element is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub format: Format,
    pub big_endian: bool,
}

/// The kind of NumPy's code, `i4` of `<i4`, and whether its first letter says big-endian.
pub(super) fn kind_and_order(code: &str) -> Option<(&str, bool)> {
    let (order, kind) = code.split_at_checked(code.len().checked_sub(2)?)?;
    match order {
        "<" | "|" | "=" | "" => Some((kind, false)),
        ">" => Some((kind, true)),
        _ => None,
    }
}

impl Stored {
    /// From NumPy's code, such as `<i4`.
    pub fn parse(code: &str) -> Option<Stored> {
        let (kind, big_endian) = kind_and_order(code)?;
        Some(Stored {
            format: Format::of_numpy(kind)?,
            big_endian,
        })
    }

    /// Bytes of an element.
    pub fn bytes(self) -> usize {
        self.format.bits().div_ceil(8) as usize
    }

    /// The element in `field`, which has [`Self::bytes`] bytes.
    pub fn bits(self, field: &[u8]) -> u64 {
        let mut bytes = [0; 8];
        for (index, byte) in field.iter().enumerate() {
            let place = if self.big_endian {
                field.len() - 1 - index
            } else {
                index
            };
            bytes[place] = *byte;
        }
        u64::from_le_bytes(bytes)
    }
}

/// Bytes of a header; NumPy's have a hundred.
const MOST: u64 = 1 << 20;

/// The bytes of a file, but no more data than its header speaks of, and one byte that is too many.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, NpyProblem> {
    let mut file = open(path).map_err(NpyProblem::Read)?;
    let mut bytes = Vec::new();
    let mut more = |bytes: &mut Vec<u8>, count: u64| {
        let part = (&mut file).take(count);
        let read = { part }.read_to_end(bytes);
        read.map(|_| ()).map_err(NpyProblem::Read)
    };
    // The magic number, the version and the length of the header.
    more(&mut bytes, 12)?;
    if !bytes.starts_with(MAGIC) {
        return Err(NpyProblem::Magic);
    }
    let length = match bytes[..] {
        [_, _, _, _, _, _, 1, _, a, b, ..] => u64::from(u16::from_le_bytes([a, b])),
        [_, _, _, _, _, _, _, _, a, b, c, d] => u64::from(u32::from_le_bytes([a, b, c, d])),
        _ => 0,
    };
    more(&mut bytes, length.min(MOST))?;
    let size = |code: &str| {
        let digits = code.trim_start_matches(|c: char| !c.is_ascii_digit());
        Ok(digits.parse::<u64>().unwrap_or(1))
    };
    // What is wrong with the header is told by who reads the bytes.
    if let Ok((header, data)) = Header::parse(&bytes, size) {
        let expected = header.shape.iter().fold(header.element, |product, size| {
            product.saturating_mul(*size)
        });
        let rest = expected.saturating_add(1).saturating_sub(data.len() as u64);
        more(&mut bytes, rest)?;
    }
    Ok(bytes)
}

impl<E> Header<E> {
    /// The header of a file, whose code of the elements `element` reads, and the data behind it.
    pub fn parse(
        bytes: &[u8],
        element: impl Fn(&str) -> Result<E, NpyProblem>,
    ) -> Result<(Header<E>, &[u8]), NpyProblem> {
        let damaged = |what: &str| NpyProblem::Header(what.into());
        let rest = bytes.strip_prefix(MAGIC).ok_or(NpyProblem::Magic)?;
        let [major, minor, rest @ ..] = rest else {
            return Err(damaged("it ends early"));
        };
        let (length, rest) = match (major, rest) {
            (1, [a, b, rest @ ..]) => (u32::from(u16::from_le_bytes([*a, *b])), rest),
            (2 | 3, [a, b, c, d, rest @ ..]) => (u32::from_le_bytes([*a, *b, *c, *d]), rest),
            (1..=3, _) => return Err(damaged("it ends early")),
            _ => {
                return Err(NpyProblem::Version {
                    major: *major,
                    minor: *minor,
                });
            }
        };
        let split = rest.split_at_checked(length as usize);
        let (text, data) = split.ok_or_else(|| damaged("it ends early"))?;
        let text = str::from_utf8(text).map_err(|_| damaged("it is not text"))?;
        Ok((Header::from_dictionary(text, element)?, data))
    }

    fn from_dictionary(
        text: &str,
        element: impl Fn(&str) -> Result<E, NpyProblem>,
    ) -> Result<Header<E>, NpyProblem> {
        let damaged = |what: String| NpyProblem::Header(what);
        let mut parser = Parser {
            rest: text.trim_end(),
        };
        let literal = parser.literal(MAX_DEPTH).filter(|_| parser.rest.is_empty());
        let Some(Literal::Dictionary(entries)) = literal else {
            return Err(damaged("it is not a Python dictionary".into()));
        };
        let entry = |key: &str| {
            let found = entries.iter().find(|(name, _)| *name == key);
            found
                .map(|(_, value)| value)
                .ok_or_else(|| damaged(format!("it lacks '{key}'")))
        };
        let element = match entry("descr")? {
            Literal::Text(code) => element(code)?,
            _ => {
                return Err(NpyProblem::Element {
                    found: "records".into(),
                });
            }
        };
        let Literal::Boolean(fortran_order) = *entry("fortran_order")? else {
            return Err(damaged("'fortran_order' is neither True nor False".into()));
        };
        let shape = match entry("shape")? {
            Literal::Sequence(sizes) => sizes.iter().map(Literal::size).collect(),
            _ => None,
        };
        let shape = shape.ok_or_else(|| damaged("'shape' is not a tuple of sizes".into()))?;
        Ok(Header {
            element,
            fortran_order,
            shape,
        })
    }
}

/// The bytes in front of data in C order, as NumPy writes them: version 1.0.
pub(super) fn to_bytes(code: &str, shape: &[u64]) -> Vec<u8> {
    let shape = tuple(shape);
    let mut text = format!("{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}, }}");
    let unpadded = MAGIC.len() + 4 + text.len() + 1;
    text.push_str(&" ".repeat(unpadded.next_multiple_of(ALIGNMENT) - unpadded));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("a few sizes take few letters");
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&[1, 0]);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// Types of records nest; nothing that is read does.
const MAX_DEPTH: u32 = 8;

/// The part of Python's literals that NumPy writes.
#[derive(Debug)]
enum Literal<'t> {
    Text(&'t str),
    Boolean(bool),
    Number(u64),
    Sequence(Vec<Literal<'t>>),
    Dictionary(Vec<(&'t str, Literal<'t>)>),
}

impl Literal<'_> {
    fn size(&self) -> Option<u64> {
        if let Literal::Number(size) = self {
            Some(*size)
        } else {
            None
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    /// Skips spaces, then takes `token` if it comes next.
    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn literal(&mut self, depth: u32) -> Option<Literal<'t>> {
        let depth = depth.checked_sub(1)?;
        for (word, value) in [("True", true), ("False", false)] {
            if self.take(word) {
                return Some(Literal::Boolean(value));
            }
        }
        for (open, close) in [("(", ")"), ("[", "]")] {
            if self.take(open) {
                let items = self.items(close, |parser| parser.literal(depth))?;
                return Some(Literal::Sequence(items));
            }
        }
        if self.take("{") {
            let entries = self.items("}", |parser| {
                let key = parser.text()?;
                if !parser.take(":") {
                    return None;
                }
                Some((key, parser.literal(depth)?))
            })?;
            return Some(Literal::Dictionary(entries));
        }
        self.text().map(Literal::Text).or_else(|| self.number())
    }

    /// Items between commas, up to and including `close`.
    fn items<T>(&mut self, close: &str, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(item(self)?);
            if !self.take(",") {
                return self.take(close).then_some(items);
            }
        }
        Some(items)
    }

    fn text(&mut self) -> Option<&'t str> {
        let quote = ["'", "\""].into_iter().find(|quote| self.take(quote))?;
        let (text, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        Some(text)
    }

    fn number(&mut self) -> Option<Literal<'t>> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        // Python 2 wrote long integers as 12L.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().ok().map(Literal::Number)
    }
}
