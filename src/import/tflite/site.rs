//! An operator of the file: its name, tensors and options.

use super::super::window::{Odd, same};
use super::names::SUPPORTED;
use super::{ImportError, Table};
use crate::graph::{Grid, Limits, Padding, Tensor};

/// An operator of the file.
pub(super) struct Site<'a> {
    /// Name of its node.
    pub(super) name: String,
    pub(super) operator: String,
    pub(super) inputs: Vec<i32>,
    /// The output that is made.
    pub(super) output: i32,
    pub(super) outputs: Vec<i32>,
    pub(super) options: Option<Table<'a>>,
}

impl Site<'_> {
    pub(super) fn fail(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Node {
            node: self.name.clone(),
            operator: self.operator.clone(),
            reason: reason.into(),
        }
    }

    /// The tensor that is an input.
    pub(super) fn input(&self, place: usize) -> Result<i32, ImportError> {
        let input = self.inputs.get(place).copied();
        input.ok_or_else(|| self.fail(format!("has no input {place}")))
    }

    /// Options of four bytes that must be at least 1: sizes and steps.
    pub(super) fn sizes<const N: usize>(
        &self,
        slots: [usize; N],
        default: i32,
    ) -> Result<[usize; N], ImportError> {
        let mut sizes = [0; N];
        for (size, slot) in sizes.iter_mut().zip(slots) {
            let found = match &self.options {
                Some(options) => options.i32(slot, default)?,
                None => default,
            };
            *size = match usize::try_from(found) {
                Ok(found @ 1..) => found,
                _ => return Err(self.fail(format!("has a window, stride or dilation of {found}"))),
            };
        }
        Ok(sizes)
    }

    /// An option of one byte, 0 where it is left out.
    pub(super) fn byte(&self, slot: usize) -> Result<u8, ImportError> {
        let byte = self.options.map(|options| options.u8(slot)).transpose();
        Ok(byte?.unwrap_or(0))
    }

    /// An axis of a tensor of so many; negative ones count from the end.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, ImportError> {
        let from_start = if axis < 0 { axis + rank as i64 } else { axis };
        let found = usize::try_from(from_start).ok().filter(|axis| *axis < rank);
        found.ok_or_else(|| self.fail(format!("has the axis {axis} of a tensor of {rank} axes")))
    }

    /// How a resize takes places; the slots are those of its options.
    pub(super) fn grid(&self, corners: usize, half_pixel: usize) -> Result<Grid, ImportError> {
        match [self.byte(corners)?, self.byte(half_pixel)?] {
            [0, 0] => Ok(Grid::Asymmetric),
            [_, 0] => Ok(Grid::Corners),
            [0, _] => Ok(Grid::HalfPixel),
            _ => Err(self.fail("has aligned corners and centres of half a pixel at once")),
        }
    }

    /// The padding of a window on an image of `[h, w, c]` with something around it, that included; the option is the
    /// first of all windows.
    pub(super) fn padding(
        &self,
        image: &[usize],
        around: &Padding,
        kernel: [usize; 2],
        strides: [usize; 2],
        dilations: [usize; 2],
    ) -> Result<Padding, ImportError> {
        let padded = match *image {
            [height, width, channels] | [_, height, width, channels] => {
                around.around([height, width, channels])
            }
            _ => None,
        };
        let Some([height, width, _]) = padded else {
            return Err(self.fail(format!("takes an image; its input has the shape {image:?}")));
        };
        match self.byte(0)? {
            0 => {
                let same = same([height, width], kernel, strides, dilations, Odd::End);
                Ok(same.with(around))
            }
            1 => Ok(*around),
            other => Err(self.fail(format!("has the unknown padding {other}"))),
        }
    }

    /// The limits of a fused activation, as integers of the output.
    pub(super) fn limits(&self, slot: usize, output: &Tensor) -> Result<Limits, ImportError> {
        let (low, high) = match self.byte(slot)? {
            0 => return Ok(Limits::of(output.element)),
            1 => (0.0, f32::INFINITY),
            2 => (-1.0, 1.0),
            3 => (0.0, 6.0),
            other => {
                let reason = format!("has the fused activation {other}, which is not supported");
                return Err(self.fail(reason));
            }
        };
        let Some(meaning) = &output.quantization else {
            return Err(self.fail("has an output that is not quantized"));
        };
        // Halves away from zero, as both runtimes do.
        let whole = |limit: f32| (limit / meaning.scale(0)).round() as i32;
        let all = Limits::of(output.element);
        let integer = |limit| whole(limit).saturating_add(meaning.zero_point(0));
        Ok(Limits {
            low: integer(low).clamp(all.low, all.high),
            high: integer(high).clamp(all.low, all.high),
        })
    }

    pub(super) fn unsupported(&self) -> ImportError {
        ImportError::Operator {
            node: self.name.clone(),
            operator: self.operator.clone(),
            supported: SUPPORTED.to_vec(),
        }
    }
}
