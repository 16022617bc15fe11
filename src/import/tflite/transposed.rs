//! Transposed convolutions: convolutions of an image with zero points between its pixels.

use super::super::window::transposed;
use super::site::Site;
use super::{ImportError, Importer};
use crate::graph::{Operator, Values, View, strides_of};

impl Importer<'_> {
    pub(super) fn transposed_convolution(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.computed(site.input(2)?)?;
        let (weights, shape) = self.weights(site.input(1)?, 0)?;
        let (&[outputs, height, width, inputs], &[image_height, image_width, channels]) =
            (shape.as_slice(), self.graph[input].shape.as_slice())
        else {
            return Err(site.fail("takes one image and weights of four axes"));
        };
        if inputs != channels {
            return Err(site.fail(format!("has weights of {inputs} channels for {channels}")));
        }
        let strides = site.sizes([2, 1], 1)?;
        let &[_, out_height, out_width, _] = self.sizes(site.output)?.as_slice() else {
            return Err(site.fail("gives no image"));
        };
        // As much as the convolution has that this one is the transpose of.
        let before = |axis: usize| {
            let (size, to, kernel) = (
                [image_height, image_width][axis],
                [out_height, out_width][axis],
                [height, width][axis],
            );
            let all = ((size - 1) * strides[axis] + kernel).saturating_sub(to);
            match site.byte(0) {
                Ok(0) => Ok(all / 2),
                Ok(1) => Ok(0),
                Ok(other) => Err(site.fail(format!("has the unknown padding {other}"))),
                Err(error) => Err(error),
            }
        };
        let before = [before(0)?, before(1)?];
        let zero_point = self.graph[input].quantization.as_ref();
        let zero_point = zero_point.map_or(0, |meaning| meaning.zero_point(0));
        let made = transposed(
            [image_height, image_width],
            [out_height, out_width],
            [height, width],
            strides,
            before,
            zero_point,
        );
        let (pad, convolution) =
            made.ok_or_else(|| site.fail("has an output that is not of its input"))?;
        let name = format!("{}_between", site.name);
        let image = self.between(name, Operator::Pad(pad), &[input])?;
        // Kernels run backwards.
        let size = height * width * inputs;
        if let Some(Values::Int8(values)) = self.graph[weights].values.take() {
            let place = |i: usize| {
                let (output, rest) = (i / size, i % size);
                let (pixel, channel) = (rest / inputs, rest % inputs);
                output * size + (height * width - 1 - pixel) * inputs + channel
            };
            let values = Values::Int8(values).gathered(outputs * size, place);
            self.graph[weights].values = Some(values);
        }
        let bias = self.bias(site.inputs.get(3).copied())?;
        let inputs = [Some(image), Some(weights), bias].into_iter().flatten();
        let inputs = Vec::from_iter(inputs);
        let (place, wanted, output) = self.output(site, Some(3))?;
        let operator = Operator::Convolution(convolution);
        let id = self.graph.node(&site.name, operator, &inputs, output)?;
        self.finish(site, place, id, &wanted)
    }

    pub(super) fn matrix_product(&mut self, site: &Site) -> Result<(), ImportError> {
        let mut factors = Vec::new();
        for place in [0, 1] {
            let index = site.input(place)?;
            let id = self.operand(index)?;
            let mut sizes = self.sizes(index)?;
            let mut id = self.reshaped(site, id, &sizes)?;
            if site.byte(place)? != 0 {
                let mut strides = strides_of(&sizes);
                let Some(last) = sizes.len().checked_sub(2) else {
                    return Err(site.fail("takes matrices"));
                };
                sizes.swap(last, last + 1);
                strides.swap(last, last + 1);
                let view = View {
                    shape: sizes.clone(),
                    strides,
                    offset: 0,
                };
                let name = format!("{}_transposed_{place}", site.name);
                id = self.between(name, Operator::View(view), &[id])?;
            }
            factors.push(id);
        }
        let (place, wanted, output) = self.output(site, None)?;
        let id = self
            .graph
            .node(&site.name, Operator::MatMul, &factors, output)?;
        let id = self.reshaped(site, id, &wanted)?;
        self.finish(site, place, id, &wanted)
    }
}
