//! A node of the file: its name, inputs and attributes.

use super::super::window::{Odd, same};
use super::proto::{Attribute, NodeProto};
use super::{ImportError, SUPPORTED};
use crate::graph::Padding;

/// A node of the file.
pub(super) struct Site<'a> {
    /// Its name, or one made of the operator and its place.
    pub(super) name: String,
    pub(super) proto: &'a NodeProto,
}

impl<'a> Site<'a> {
    pub(super) fn new(place: usize, proto: &'a NodeProto) -> Site<'a> {
        let name = match proto.name.as_str() {
            "" => format!("{}_{place}", proto.op_type),
            name => name.to_owned(),
        };
        Site { name, proto }
    }

    pub(super) fn fail(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Node {
            node: self.name.clone(),
            operator: self.proto.op_type.clone(),
            reason: reason.into(),
        }
    }

    pub(super) fn float(&self) -> ImportError {
        ImportError::Float {
            node: self.name.clone(),
            operator: self.proto.op_type.clone(),
        }
    }

    pub(super) fn unsupported(&self) -> ImportError {
        let domain = match self.proto.domain.as_str() {
            "" | "ai.onnx" => String::new(),
            domain => format!("{domain}."),
        };
        ImportError::Operator {
            node: self.name.clone(),
            operator: format!("{domain}{}", self.proto.op_type),
            supported: SUPPORTED.to_vec(),
        }
    }

    /// The name of an input, if the node has it.
    pub(super) fn input(&self, place: usize) -> Option<&'a str> {
        let name = self.proto.input.get(place)?;
        (!name.is_empty()).then_some(name)
    }

    /// The name of an input that the node must have.
    pub(super) fn needed(&self, place: usize) -> Result<&'a str, ImportError> {
        self.input(place)
            .ok_or_else(|| self.fail(format!("has no input {place}")))
    }

    /// The name of the first output.
    pub(super) fn output(&self) -> Result<&'a str, ImportError> {
        let output = self.proto.output.first().filter(|name| !name.is_empty());
        output
            .map(String::as_str)
            .ok_or_else(|| self.fail("has no output"))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.proto
            .attribute
            .iter()
            .find(|attribute| attribute.name == name)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name)
            .map_or(default, |attribute| attribute.i())
    }

    pub(super) fn real(&self, name: &str, default: f32) -> f32 {
        self.attribute(name)
            .map_or(default, |attribute| attribute.f())
    }

    /// Refuses another value of an attribute than the one that is supported.
    pub(super) fn only(&self, name: &str, supported: i64) -> Result<(), ImportError> {
        match self.int(name, supported) {
            found if found == supported => Ok(()),
            found => Err(self.fail(format!(
                "has {name} = {found}; only {supported} is supported"
            ))),
        }
    }

    /// The same for a factor, which must be 1.
    pub(super) fn only_one(&self, name: &str) -> Result<(), ImportError> {
        match self.attribute(name).map_or(1.0, |attribute| attribute.f()) {
            1.0 => Ok(()),
            found => Err(self.fail(format!("has {name} = {found}; only 1 is supported"))),
        }
    }

    /// An axis of a tensor of so many axes; negative ones count from the end.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, ImportError> {
        let from_start = if axis < 0 {
            axis.saturating_add(rank as i64)
        } else {
            axis
        };
        let axes = usize::try_from(from_start).ok().filter(|axis| *axis < rank);
        axes.ok_or_else(|| self.fail(format!("has the axis {axis} of a tensor of {rank} axes")))
    }

    /// Axes of a tensor of so many.
    pub(super) fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>, ImportError> {
        axes.iter().map(|axis| self.axis(*axis, rank)).collect()
    }

    /// The sizes of two tensors that are repeated along axes in which they have the size 1.
    pub(super) fn broadcast(&self, a: &[usize], b: &[usize]) -> Result<Vec<usize>, ImportError> {
        let rank = a.len().max(b.len());
        let of = |sizes: &[usize], axis: usize| {
            let place = (axis + sizes.len()).checked_sub(rank);
            place.map_or(1, |place| sizes[place])
        };
        let size = |axis: usize| match (of(a, axis), of(b, axis)) {
            (size, 1) => Some(size),
            (1, size) => Some(size),
            (size, other) => (size == other).then_some(size),
        };
        let sizes = (0..rank).map(size).collect::<Option<Vec<_>>>();
        sizes.ok_or_else(|| {
            self.fail(format!(
                "takes the shapes {a:?} and {b:?}, which do not fit together"
            ))
        })
    }

    /// What a Flatten gives: all axes before one, and all from it on.
    pub(super) fn flattened(&self, from: &[usize]) -> Result<Vec<usize>, ImportError> {
        let axis = match self.int("axis", 1) {
            axis if usize::try_from(axis) == Ok(from.len()) => from.len(),
            axis => self.axis(axis, from.len())?,
        };
        let (before, after) = from.split_at(axis);
        Ok(vec![product(before), product(after)])
    }

    /// The shape that a Reshape asks for.
    pub(super) fn wanted(&self, from: &[usize], sizes: &[i64]) -> Result<Vec<usize>, ImportError> {
        self.only("allowzero", 0)?;
        let fail = || {
            self.fail(format!(
                "takes {from:?} to {sizes:?}, which has not as many values"
            ))
        };
        let mut to = Vec::new();
        for (axis, size) in sizes.iter().enumerate() {
            to.push(match (*size, from.get(axis)) {
                (0, Some(kept)) => *kept,
                (-1, _) => 0,
                (size @ 1..=0x7fff_ffff, _) => size as usize,
                _ => return Err(fail()),
            });
        }
        let known = product(&Vec::from_iter(to.iter().copied().filter(|size| *size > 0)));
        if let Some(open) = to.iter_mut().find(|size| **size == 0) {
            *open = product(from) / known;
        }
        match product(&to) == product(from) {
            true => Ok(to),
            false => Err(fail()),
        }
    }

    /// Two sizes of an attribute, 1 where it is left out; of one axis, the second one.
    pub(super) fn pair(&self, name: &str) -> Result<[usize; 2], ImportError> {
        let Some(attribute) = self.attribute(name) else {
            return Ok([1, 1]);
        };
        let size = |size: i64| i32::try_from(size).ok().filter(|size| *size > 0);
        let sizes = match attribute.ints[..] {
            [right] => [1, right],
            [down, right] => [down, right],
            _ => [0, 0],
        };
        if let [down, right] = sizes
            && let (Some(down), Some(right)) = (size(down), size(right))
        {
            return Ok([down as usize, right as usize]);
        }
        let found = &attribute.ints;
        Err(self.fail(format!(
            "has {name} = {found:?}; two sizes from 1 on are supported"
        )))
    }

    /// The padding of a window on an image of `[height, width]`.
    pub(super) fn padding(
        &self,
        size: [usize; 2],
        kernel: [usize; 2],
        strides: [usize; 2],
        dilations: [usize; 2],
    ) -> Result<Padding, ImportError> {
        let rule = self
            .attribute("auto_pad")
            .map_or(&b""[..], |attribute| &attribute.s);
        match rule {
            b"" | b"NOTSET" => {}
            b"VALID" => return Ok(Padding::default()),
            b"SAME_UPPER" => return Ok(same(size, kernel, strides, dilations, Odd::End)),
            b"SAME_LOWER" => return Ok(same(size, kernel, strides, dilations, Odd::Beginning)),
            other => {
                let other = String::from_utf8_lossy(other);
                return Err(self.fail(format!("has the unknown auto_pad `{other}`")));
            }
        }
        let pads = self
            .attribute("pads")
            .map_or(&[0; 4][..], |attribute| &attribute.ints);
        let sizes: Result<Vec<u32>, _> = pads.iter().map(|size| u32::try_from(*size)).collect();
        match sizes.as_deref() {
            Ok(&[left, right]) => Ok(Padding {
                left: left as usize,
                right: right as usize,
                ..Padding::default()
            }),
            Ok(&[top, left, bottom, right]) => Ok(Padding {
                top: top as usize,
                left: left as usize,
                bottom: bottom as usize,
                right: right as usize,
            }),
            _ => Err(self.fail(format!(
                "has pads = {pads:?}; four sizes from 0 on are supported"
            ))),
        }
    }
}

/// How many values a shape has, `usize::MAX` where they are more.
pub(super) fn product(sizes: &[usize]) -> usize {
    let times = |product: usize, size: &usize| product.saturating_mul(*size);
    sizes.iter().fold(1, times)
}
