//! Operators of images: resizes, means, transposed convolutions.

use super::super::values::signed_weights;
use super::super::window::transposed;
use super::constant::size;
use super::movement::PLACE_BYTES;
use super::site::{Site, product};
use super::value::{Activation, Axes, Value};
use super::weights::Weights;
use super::{ImportError, Importer};
use crate::graph::{Grid, Operator, Resize, TensorId};

impl Importer<'_> {
    /// A tensor as an image of `[height, width, channels]`, with the batch in front where there are several: one of three
    /// axes has one row.
    pub(super) fn as_image(
        &mut self,
        site: &Site,
        x: &Activation,
    ) -> Result<(TensorId, [usize; 3]), ImportError> {
        let order = match x.axes.rank() {
            3 => vec![0, 2, 1],
            4 => vec![0, 2, 3, 1],
            rank => {
                let reason = format!("takes an image of three or four axes; its input has {rank}");
                return Err(site.fail(reason));
            }
        };
        let x = self.arranged(site, x, order)?;
        let (batch, image) = match x.axes.sizes[..] {
            [batch, channels, width] => (batch, [1, width, channels]),
            [batch, channels, height, width] => (batch, [height, width, channels]),
            _ => return Err(site.fail("takes an image")),
        };
        let shape = match batch {
            1 => image.to_vec(),
            _ => [&[batch], &image[..]].concat(),
        };
        Ok((self.reshaped(site, x.id, shape)?, image))
    }

    /// The axes of images that a node makes of others.
    pub(super) fn image_axes(of: &Axes, [height, width, channels]: [usize; 3]) -> Axes {
        let batch = of.sizes[0];
        match of.rank() {
            3 => Axes::in_order(&[batch, channels, width], vec![0, 2, 1]),
            _ => Axes::in_order(&[batch, channels, height, width], vec![0, 2, 3, 1]),
        }
    }

    pub(super) fn reduce_mean(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let rank = x.axes.rank();
        let axes = self.numbers_of(site, "axes", 1)?;
        let reduced = match axes {
            Some(axes) if !axes.is_empty() => site.axes(&axes, rank)?,
            _ if site.int("noop_with_empty_axes", 0) != 0 => {
                return Ok(Value::Activation(x));
            }
            _ => (0..rank).collect(),
        };
        let is_reduced = |axis: &usize| reduced.contains(axis);
        let (of_mean, kept): (Vec<usize>, Vec<usize>) =
            x.axes.order.iter().copied().partition(is_reduced);
        let size =
            |axes: &[usize]| product(&Vec::from_iter(axes.iter().map(|axis| x.axes.sizes[*axis])));
        let image = vec![size(&of_mean), 1, size(&kept)];
        let order = [&of_mean[..], &kept[..]].concat();
        let arranged = self.arranged(site, &x, order.clone())?;
        let id = self.reshaped(site, arranged.id, image)?;
        let mut sizes = x.axes.sizes.clone();
        for axis in &of_mean {
            sizes[*axis] = 1;
        }
        let axes = match site.int("keepdims", 1) {
            0 => {
                // The axes that are kept, by their new numbers.
                let number = |axis: &usize| (0..*axis).filter(|of| !is_reduced(of)).count();
                let in_file = (0..rank).filter(|axis| !is_reduced(axis));
                let sizes: Vec<usize> = in_file.map(|axis| sizes[axis]).collect();
                Axes::in_order(&sizes, kept.iter().map(number).collect())
            }
            _ => Axes::in_order(&sizes, order),
        };
        Ok(self.pending(site, Operator::GlobalAveragePool, vec![id], axes))
    }

    pub(super) fn resize(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.moving(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let is_upsample = site.proto.op_type == "Upsample" || self.opset < 11;
        let text = |name: &str, default: &'static [u8]| {
            site.attribute(name)
                .map_or(default, |attribute| &attribute.s[..])
        };
        let (mode, coordinates) = match is_upsample {
            true => (text("mode", b"nearest"), &b"asymmetric"[..]),
            false => (
                text("mode", b"nearest"),
                text("coordinate_transformation_mode", b"half_pixel"),
            ),
        };
        let [scales_at, sizes_at] = if is_upsample { [1, 3] } else { [2, 3] };
        let from = x.axes.sizes.clone();
        if site.attribute("axes").is_some() || site.int("antialias", 0) != 0 {
            return Err(site.fail("has axes or antialias, which is not supported"));
        }
        // New sizes, and the scale of each axis.
        let (to, scales) = match (site.input(sizes_at), site.input(scales_at)) {
            (Some(_), _) => {
                let sizes = self.whole_numbers(site, sizes_at)?;
                let to =
                    Vec::from_iter(sizes.iter().map(|size| usize::try_from(*size).unwrap_or(0)));
                let scales = to
                    .iter()
                    .zip(&from)
                    .map(|(to, from)| *to as f32 / *from as f32);
                (to.clone(), Vec::from_iter(scales))
            }
            (None, Some(_)) => {
                let scales = self.constant(site, scales_at)?.floats()?.to_vec();
                let to = scales
                    .iter()
                    .zip(&from)
                    .map(|(scale, from)| (*from as f32 * scale) as usize);
                (to.collect(), scales)
            }
            _ => return Err(site.fail("has no sizes")),
        };
        if to.len() != from.len() || scales.len() != from.len() || to.contains(&0) {
            return Err(site.fail(format!("takes {from:?} to {to:?}")));
        }
        let nearest_mode = match is_upsample {
            true => b"floor",
            false => text("nearest_mode", b"round_prefer_floor"),
        };
        match mode {
            b"nearest" => {
                let mut x = x;
                for axis in 0..from.len() {
                    if to[axis] == from[axis] {
                        continue;
                    }
                    self.take(PLACE_BYTES.saturating_mul(to[axis]))?;
                    let place = |at: usize| {
                        let (scale, at) = (scales[axis], at as f32);
                        let (from, to) = (from[axis] as f32, to[axis] as f32);
                        let real = match coordinates {
                            b"asymmetric" => at / scale,
                            b"half_pixel" => (at + 0.5) / scale - 0.5,
                            b"pytorch_half_pixel" if to <= 1.0 => 0.0,
                            b"pytorch_half_pixel" => (at + 0.5) / scale - 0.5,
                            b"align_corners" if to <= 1.0 => 0.0,
                            b"align_corners" => at * (from - 1.0) / (to - 1.0),
                            b"tf_half_pixel_for_nn" => (at + 0.5) / scale,
                            _ => return None,
                        };
                        let whole = match nearest_mode {
                            b"floor" => real.floor(),
                            b"ceil" => real.ceil(),
                            b"round_prefer_ceil" => real.round(),
                            b"round_prefer_floor" if real == real.floor() + 0.5 => real.floor(),
                            b"round_prefer_floor" => real.round(),
                            _ => return None,
                        };
                        Some(whole.clamp(0.0, from - 1.0) as usize)
                    };
                    let places: Option<Vec<usize>> = (0..to[axis]).map(place).collect();
                    let places = places.ok_or_else(|| site.fail("has an unknown mode"))?;
                    x = self.chosen(site, &x, axis, places)?;
                }
                Ok(Value::Activation(x))
            }
            b"linear" if from.len() == 4 && from[..2] == to[..2] => {
                let grid = match coordinates {
                    b"half_pixel" => Grid::HalfPixel,
                    b"pytorch_half_pixel" if to[2] > 1 && to[3] > 1 => Grid::HalfPixel,
                    b"align_corners" => Grid::Corners,
                    b"asymmetric" => Grid::Asymmetric,
                    other => {
                        let other = String::from_utf8_lossy(other);
                        return Err(site.fail(format!(
                            "has the coordinates `{other}`, which are not supported"
                        )));
                    }
                };
                if !x.real {
                    return Err(site.float());
                }
                let (id, [_, _, channels]) = self.as_image(site, &x)?;
                let size = [to[2], to[3]];
                let axes = Self::image_axes(&x.axes, [to[2], to[3], channels]);
                let scales = [scales[2], scales[3]];
                if !scales.iter().all(|scale| scale.is_finite() && *scale > 0.0) {
                    return Err(site.fail(format!("has scales = {scales:?}")));
                }
                let operator = Operator::ResizeLinear(Resize { size, grid, scales });
                Ok(self.pending(site, operator, vec![id], axes))
            }
            other => {
                let other = String::from_utf8_lossy(other);
                Err(site.fail(format!(
                    "has the mode `{other}`, which is not supported for these axes"
                )))
            }
        }
    }

    /// A convolution of an image with zero points between its pixels.
    pub(super) fn transposed_convolution(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let weights = self.dequantized(site, 1)?;
        let (operator, inputs, result) = self.transposed_of(site, &x, weights)?;
        let axes = Self::image_axes(&x.axes, result);
        self.pending_sums(site, operator, inputs, Some(2), axes)
    }

    fn transposed_of(
        &mut self,
        site: &Site,
        x: &Activation,
        (weights, meaning, axis): Weights,
    ) -> Result<(Operator, Vec<TensorId>, [usize; 3]), ImportError> {
        site.only("group", 1)?;
        let (image, [height, width, channels]) = self.as_image(site, x)?;
        let &[inputs, outputs, rows, columns] = weights.shape.as_slice() else {
            return Err(weights.fail(format!(
                "has the shape {:?}; only two-dimensional transposed convolutions are supported",
                weights.shape
            )));
        };
        if inputs != channels || (meaning.scales.len() > 1 && axis != 1) {
            return Err(
                weights.fail("does not fit the channels of its image, or has scales along them")
            );
        }
        let (kernel, strides) = ([rows, columns], site.pair("strides")?);
        if site.pair("dilations")? != [1, 1] {
            return Err(site.fail("has dilations, which are not supported"));
        }
        let extra = match site.attribute("output_padding") {
            Some(attribute) => match attribute.ints[..] {
                [down, right] => {
                    [usize::try_from(down), usize::try_from(right)].map(|size| size.unwrap_or(0))
                }
                _ => return Err(site.fail("has an output_padding that is not two sizes")),
            },
            None => [0, 0],
        };
        if site.attribute("output_shape").is_some()
            || site
                .attribute("auto_pad")
                .is_some_and(|rule| rule.s != b"NOTSET")
        {
            return Err(site.fail("has an output_shape or auto_pad, which is not supported"));
        }
        let padding = site.padding([height, width], kernel, strides, [1, 1])?;
        let result = |axis: usize, from: usize, around: usize| {
            ((from - 1) * strides[axis] + kernel[axis] + extra[axis]).checked_sub(around)
        };
        let to = [
            result(0, height, padding.top + padding.bottom),
            result(1, width, padding.left + padding.right),
        ];
        let [Some(down), Some(right)] = to else {
            return Err(site.fail("has pads larger than its result"));
        };
        let zero_point = self.graph[image].quantization.as_ref();
        let zero_point = zero_point.map_or(0, |meaning| meaning.zero_point(0));
        let made = transposed(
            [height, width],
            [down, right],
            kernel,
            strides,
            [padding.top, padding.left],
            zero_point,
        );
        let (pad, convolution) =
            made.ok_or_else(|| site.fail("has pads larger than its kernel"))?;
        if self.graph[image].shape.len() == 4 {
            return Err(site.fail("takes a batch, which is not supported"));
        }
        let between = self.moved(site, Operator::Pad(pad), &[image])?;
        self.take(2 * size(&weights))?;
        let pixels = rows * columns;
        // `[input][output][pixel]` to `[output][pixel][input]`, kernels backwards.
        let from = |i: usize| {
            let (output, rest) = (i / (pixels * inputs), i % (pixels * inputs));
            let (pixel, input) = (pixels - 1 - rest / inputs, rest % inputs);
            (input * outputs + output) * pixels + pixel
        };
        let values = weights.values()?.gathered(outputs * pixels * inputs, from);
        let (values, meaning) = signed_weights(values, meaning);
        let scale = self.graph[image].quantization.as_ref();
        let scale = scale.map_or(1.0, |meaning| meaning.scale(0));
        let bias = self.bias(site, 2, outputs, scale, &meaning)?;
        let shape = [outputs, rows, columns, inputs];
        let w = self
            .graph
            .constant(&weights.name, shape, values, Some(meaning));
        let all = [Some(between), Some(w), bias].into_iter().flatten();
        Ok((
            Operator::Convolution(convolution),
            all.collect(),
            [down, right, outputs],
        ))
    }
}
