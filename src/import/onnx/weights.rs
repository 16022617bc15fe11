//! Convolutions and fully connected layers: weights and biases, in whichever form they stand.

use super::super::values::signed_weights;
use super::constant::{Constant, size};
use super::site::Site;
use super::value::{Activation, Axes, Value};
use super::{ImportError, Importer};
use crate::graph::{Convolution, Operator, Padding, Quantization, TensorId, Values};
use std::rc::Rc;

/// Weights, what they mean, and the axis of the scales where there are several.
pub(super) type Weights = (Rc<Constant>, Quantization, usize);

impl Importer<'_> {
    /// Weights that a DequantizeLinear gave a meaning.
    pub(super) fn dequantized(
        &mut self,
        site: &Site,
        place: usize,
    ) -> Result<Weights, ImportError> {
        match self.value(site, place)? {
            Value::Constant(constant) => match constant.meaning.clone() {
                Some((meaning, axis)) => Ok((constant, meaning, axis)),
                None => Err(site.float()),
            },
            Value::Activation(_) | Value::Pending(_) => Err(site.fail("needs constant weights")),
        }
    }

    /// The operator of a convolution, and its inputs; the bias is the input at a place.
    pub(super) fn convolution_of(
        &mut self,
        site: &Site,
        x: &Activation,
        (weights, meaning, axis): Weights,
        bias: usize,
    ) -> Result<(Operator, Vec<TensorId>), ImportError> {
        let (id, image) = self.as_image(site, x)?;
        let [outputs, inputs, height, width] = match *weights.shape.as_slice() {
            [outputs, inputs, width] => [outputs, inputs, 1, width],
            [outputs, inputs, height, width] => [outputs, inputs, height, width],
            _ => {
                return Err(weights.fail(format!(
                    "has the shape {:?}; only convolutions of one or two dimensions are supported",
                    weights.shape
                )));
            }
        };
        if meaning.scales.len() > 1 && axis != 0 {
            return Err(weights.fail(format!(
                "has scales along axis {axis}; they must be along 0"
            )));
        }
        self.take(2 * size(&weights))?;
        let pixels = height * width;
        let from = |i: usize| {
            let (output, rest) = (i / (pixels * inputs), i % (pixels * inputs));
            (output * inputs + rest % inputs) * pixels + rest / inputs
        };
        let values = weights.values()?.gathered(outputs * inputs * pixels, from);
        let (values, meaning) = signed_weights(values, meaning);
        let strides = site.pair("strides")?;
        let dilations = site.pair("dilations")?;
        let kernel = [height, width];
        if site.attribute("kernel_shape").is_some() && site.pair("kernel_shape")? != kernel {
            return Err(site.fail(format!(
                "has weights of {height} x {width} and another kernel_shape"
            )));
        }
        let groups = u32::try_from(site.int("group", 1)).unwrap_or(0) as usize;
        let mut padding = site.padding([image[0], image[1]], kernel, strides, dilations)?;
        let mut id = id;
        // A Pad in front of it is its own padding.
        if let Some((inside, around)) = self.padded_image(id)
            && let [1, height, width, channels] = self.graph[inside].shape[..]
        {
            padding = padding.with(&around);
            id = self.reshaped(site, inside, vec![height, width, channels])?;
        }
        let scale = self.graph[x.id]
            .quantization
            .as_ref()
            .map_or(1.0, |meaning| meaning.scale(0));
        let bias = self.bias(site, bias, outputs, scale, &meaning)?;
        let shape = [outputs, height, width, inputs];
        let w = self
            .graph
            .constant(&weights.name, shape, values, Some(meaning));
        let operator = Operator::Convolution(Convolution {
            strides,
            dilations,
            padding,
            groups,
        });
        let inputs = [Some(id), Some(w), bias].into_iter().flatten();
        Ok((operator, inputs.collect()))
    }

    /// The image with all axes that a Pad has put zero points around, and how many.
    fn padded_image(&self, image: TensorId) -> Option<(TensorId, Padding)> {
        let maker = |id: TensorId| self.graph.nodes.iter().find(|node| node.output == id);
        let mut node = maker(image)?;
        if let Operator::Reshape { .. } = node.operator {
            node = maker(node.inputs[0])?;
        }
        let Operator::Pad(pad) = &node.operator else {
            return None;
        };
        let (&[0, top, left, 0], &[0, bottom, right, 0]) = (&pad.before[..], &pad.after[..]) else {
            return None;
        };
        let meaning = self.graph[image].quantization.as_ref()?;
        let is_zero = pad.value == meaning.zero_point(0) && pad.between == [0; 4];
        let padding = Padding {
            top,
            left,
            bottom,
            right,
        };
        is_zero.then_some((node.inputs[0], padding))
    }

    /// The inputs of a fully connected layer; the bias is the input at a place.
    pub(super) fn product_of(
        &mut self,
        site: &Site,
        x: &Activation,
        (weights, meaning, axis): Weights,
        bias: Option<usize>,
    ) -> Result<(Vec<TensorId>, Axes), ImportError> {
        for name in ["alpha", "beta"] {
            site.only_one(name)?;
        }
        site.only("transA", 0)?;
        let &[first, second] = weights.shape.as_slice() else {
            return Err(weights.fail(format!(
                "has the shape {:?}; weights have two axes",
                weights.shape
            )));
        };
        let transposed = site.int("transB", 0) != 0;
        let (features, outputs) = if transposed {
            (second, first)
        } else {
            (first, second)
        };
        if meaning.scales.len() > 1 && axis != usize::from(!transposed) {
            return Err(weights.fail(format!(
                "has scales along axis {axis}, where its inputs are"
            )));
        }
        if let Some(order) = x.axes.flattened
            && order.iter().product::<usize>() != features
        {
            return Err(weights.fail(format!("has {features} inputs for an image of {order:?}")));
        }
        let mut sizes = x.axes.sizes.clone();
        if let Some(last) = sizes.last_mut() {
            *last = outputs;
        }
        let id = match x.axes.flattened {
            Some(_) => x.id,
            None => {
                let x = self.plain(site, x)?;
                self.reshaped(site, x.id, x.axes.shape())?
            }
        };
        self.take(2 * size(&weights))?;
        // The place in the file of a feature: channel by channel, where the tensor has pixels.
        let feature = |feature: usize| match x.axes.flattened {
            Some([height, width, channels]) => {
                feature % channels * height * width + feature / channels
            }
            None => feature,
        };
        let from = |i: usize| match (i / features, feature(i % features)) {
            (output, feature) if transposed => output * features + feature,
            (output, feature) => feature * outputs + output,
        };
        let values = weights.values()?.gathered(features * outputs, from);
        let (values, meaning) = signed_weights(values, meaning);
        let scale = self.graph[x.id]
            .quantization
            .as_ref()
            .map_or(1.0, |meaning| meaning.scale(0));
        let bias = match bias {
            Some(place) => self.bias(site, place, outputs, scale, &meaning)?,
            None => None,
        };
        let shape = [outputs, features];
        let w = self
            .graph
            .constant(&weights.name, shape, values, Some(meaning));
        let inputs = [Some(id), Some(w), bias].into_iter().flatten();
        Ok((inputs.collect(), Axes::plain(&sizes)))
    }

    /// The bias at a place, in units of the product of the scales; ONNX Runtime rounds one that is
    /// floating point.
    pub(super) fn bias(
        &mut self,
        site: &Site,
        place: usize,
        outputs: usize,
        scale: f32,
        weights: &Quantization,
    ) -> Result<Option<TensorId>, ImportError> {
        if site.input(place).is_none() {
            return Ok(None);
        }
        let constant = self.constant(site, place)?;
        self.take(size(&constant))?;
        let integers = match constant.values()? {
            Values::Int32(integers) => integers.clone(),
            Values::Float32(reals) => {
                let integer = |(channel, real): (usize, &f32)| {
                    let channel = channel.min(weights.scales.len() - 1);
                    (real / (scale * weights.scale(channel))).round_ties_even() as i32
                };
                reals.iter().enumerate().map(integer).collect()
            }
            values => {
                let found = values.element();
                return Err(
                    constant.fail(format!("is a bias in {found}; it must be int32 or float32"))
                );
            }
        };
        if integers.len() != outputs {
            let found = integers.len();
            return Err(constant.fail(format!("is a bias of {found} values for {outputs} outputs")));
        }
        let values = Values::Int32(integers);
        Ok(Some(self.graph.constant(
            &constant.name,
            [outputs],
            values,
            None,
        )))
    }
}
