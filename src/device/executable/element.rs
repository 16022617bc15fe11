//! Types of elements by their names, in files.

use crate::graph::Element;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

const ALL: [Element; 4] = [
    Element::Int8,
    Element::Uint8,
    Element::Int32,
    Element::Float32,
];

pub(in crate::device) fn serialize<S: Serializer>(
    element: &Element,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(element)
}

pub(in crate::device) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Element, D::Error> {
    let name = String::deserialize(deserializer)?;
    let found = ALL.into_iter().find(|element| element.to_string() == name);
    found.ok_or_else(|| D::Error::custom(format!("`{name}` is no type of elements")))
}
