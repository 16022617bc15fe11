//! Changes of compiled networks: what their headers say and what is behind them, under the hash of the result.

use super::{bytes, numbers, one_of};
use rand::{Rng, RngExt};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Bytes in front of what the hash is of.
const HASHED: usize = 4 + 4 + 32;

/// The header of a file, and what is behind it.
fn parts(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let (length, rest) = bytes.get(HASHED..)?.split_first_chunk()?;
    let (header, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((serde_json::from_slice(header).ok()?, rest))
}

/// The file of a header and what is behind it.
fn file(front: &[u8], header: &Value, rest: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    let mut bytes = front[..HASHED].to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(rest);
    sealed(bytes)
}

/// With the hash of its bytes.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() > HASHED {
        let hash = Sha256::digest(&bytes[HASHED..]);
        bytes[8..HASHED].copy_from_slice(&hash);
    }
    bytes
}

/// Values of it and in it.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum::<usize>(),
        Value::Object(values) => values.values().map(count).sum(),
        _ => 0,
    }
}

/// The value with so many in front of it.
fn at(value: &mut Value, place: usize) -> Option<&mut Value> {
    if place == 0 {
        return Some(value);
    }
    let inside: Vec<&mut Value> = match value {
        Value::Array(values) => values.iter_mut().collect(),
        Value::Object(values) => values.values_mut().collect(),
        _ => return None,
    };
    let mut place = place - 1;
    for value in inside {
        let inside = count(value);
        if place < inside {
            return at(value, place);
        }
        place -= inside;
    }
    None
}

/// Changes a value; another one may stand for it.
fn change(value: &mut Value, other: Value, rng: &mut impl Rng) {
    let kind = rng.random_range(0..8);
    match value {
        _ if kind == 0 => *value = other,
        Value::Number(number) => {
            *value = match (number.as_i64(), rng.random_range(0..4)) {
                (Some(old), 1..) => numbers::integer(old, rng).into(),
                _ => f64::from(numbers::real(rng)).into(),
            }
        }
        Value::Array(values) => {
            let place = rng.random_range(0..=values.len());
            match (kind, values.get(place).cloned()) {
                (1..4, Some(_)) => drop(values.remove(place)),
                (4..6, Some(copy)) => values.push(copy),
                (_, Some(_)) => values.rotate_left(place),
                (_, None) => values.push(other),
            }
        }
        Value::Object(values) => {
            let keys = Vec::from_iter(values.keys().cloned());
            if let Some(key) = one_of(&keys, rng) {
                match kind {
                    1..4 => drop(values.remove(key)),
                    _ => drop(values.insert(key.clone(), other)),
                }
            }
        }
        Value::String(text) => text.truncate(text.len() / 2),
        Value::Bool(flag) => *flag = !*flag,
        Value::Null => *value = other,
    }
}

/// Changes a file under the hash of the result.
pub(super) fn edit(bytes: &mut Vec<u8>, other: &[u8], rng: &mut impl Rng) {
    let kind = rng.random_range(0..6);
    let Some((mut header, rest)) = parts(bytes) else {
        return bytes::edit(bytes, other, rng);
    };
    let mut rest = rest.to_vec();
    match kind {
        0 => bytes::edit(bytes, other, rng),
        1 => {
            bytes::edit(&mut rest, other, rng);
            *bytes = file(bytes, &header, &rest);
        }
        2 => {
            bytes::number(&mut rest, rng);
            *bytes = file(bytes, &header, &rest);
        }
        _ => {
            let mut donor = match parts(other) {
                Some((donor, _)) if rng.random() => donor,
                _ => header.clone(),
            };
            let place = rng.random_range(0..count(&donor));
            let part = at(&mut donor, place).map_or(Value::Null, |value| value.take());
            let place = rng.random_range(0..count(&header));
            if let Some(value) = at(&mut header, place) {
                change(value, part, rng);
            }
            *bytes = file(bytes, &header, &rest);
        }
    }
    if rng.random_range(0..8) > 0 {
        *bytes = sealed(std::mem::take(bytes));
    }
}

/// Without each element of its lists.
pub(super) fn smaller(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Some((header, rest)) = parts(bytes) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for place in 0..count(&header) {
        let mut header = header.clone();
        if let Some(Value::Array(values)) = at(&mut header, place)
            && values.pop().is_some()
        {
            found.push(file(bytes, &header, rest));
        }
    }
    found
}
