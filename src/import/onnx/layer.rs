//! What an operator is, in whichever form it stands: weights, windows, operands.

use super::super::values::signed_weights;
use super::constant::Constant;
use super::quantize::size;
use super::site::Site;
use super::value::{Activation, Value};
use super::{ImportError, Importer};
use crate::graph::{Convolution, Element, Operator, Pool, Quantization, TensorId, Values};
use std::rc::Rc;

/// The inputs of an addition, with axes and order of the result.
pub(super) struct Addends {
    pub(super) inputs: Vec<TensorId>,
    pub(super) rank: usize,
    pub(super) order: Option<[usize; 3]>,
}

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
        let image = self.image(site, x)?;
        let &[outputs, inputs, height, width] = weights.shape.as_slice() else {
            return Err(weights.fail(format!(
                "has the shape {:?}; only two-dimensional convolutions are supported",
                weights.shape
            )));
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
        let padding = site.padding([image[0], image[1]], kernel, strides, dilations)?;
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
        let inputs = [Some(x.id), Some(w), bias].into_iter().flatten();
        Ok((operator, inputs.collect()))
    }

    /// The inputs of a fully connected layer; the bias is the input at a place.
    pub(super) fn product_of(
        &mut self,
        site: &Site,
        x: &Activation,
        (weights, meaning, axis): Weights,
        bias: Option<usize>,
    ) -> Result<Vec<TensorId>, ImportError> {
        for name in ["alpha", "beta"] {
            site.only_one(name)?;
        }
        site.only("transA", 0)?;
        if x.rank == 4 {
            return Err(site.fail("multiplies an image of four axes, which is not supported"));
        }
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
        if let Some(order) = x.order
            && order.iter().product::<usize>() != features
        {
            return Err(weights.fail(format!("has {features} inputs for an image of {order:?}")));
        }
        self.take(2 * size(&weights))?;
        // The place in the file of a feature: channel by channel, where the tensor has pixels.
        let feature = |feature: usize| match x.order {
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
        Ok([Some(x.id), Some(w), bias].into_iter().flatten().collect())
    }

    /// The bias at a place, in units of the product of the scales; ONNX Runtime rounds one that is
    /// floating point.
    fn bias(
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

    pub(super) fn average_pool_of(
        &mut self,
        site: &Site,
        x: &Activation,
    ) -> Result<Operator, ImportError> {
        site.only("channels_last", 0)?;
        if site.proto.op_type.contains("Global") {
            self.image(site, x)?;
            return Ok(Operator::GlobalAveragePool);
        }
        Ok(Operator::AveragePool(self.pool_of(site, x)?))
    }

    pub(super) fn pool_of(&mut self, site: &Site, x: &Activation) -> Result<Pool, ImportError> {
        let image = self.image(site, x)?;
        for name in ["ceil_mode", "storage_order"] {
            site.only(name, 0)?;
        }
        if site.pair("dilations")? != [1, 1] {
            return Err(site.fail("has dilations, which are not supported"));
        }
        if site.attribute("kernel_shape").is_none() {
            return Err(site.fail("has no kernel_shape"));
        }
        let (kernel, strides) = (site.pair("kernel_shape")?, site.pair("strides")?);
        Ok(Pool {
            kernel,
            strides,
            padding: site.padding([image[0], image[1]], kernel, strides, [1, 1])?,
            count_padding: site.int("count_include_pad", 0) != 0,
        })
    }

    /// `[height, width, channels]` of an input that is an image.
    fn image(&self, site: &Site, x: &Activation) -> Result<[usize; 3], ImportError> {
        match (x.rank, self.graph[x.id].shape.as_slice()) {
            (4, &[height, width, channels]) => Ok([height, width, channels]),
            (rank, _) => {
                Err(site.fail(format!("takes an image of four axes; its input has {rank}")))
            }
        }
    }

    /// The inputs of an addition, the larger one first.
    pub(super) fn operands(
        &mut self,
        site: &Site,
        operands: Vec<Result<Activation, Rc<Constant>>>,
    ) -> Result<Addends, ImportError> {
        let activations: Vec<Activation> = operands.iter().flatten().cloned().collect();
        let Some(first) = activations.first() else {
            return Err(site.fail("adds two constants"));
        };
        let (rank, order) = (first.rank, first.order);
        if activations
            .iter()
            .any(|x| x.rank != rank || x.order != order)
        {
            return Err(site.fail("adds activations of different axes, which is not supported"));
        }
        let mut inputs = Vec::new();
        for operand in operands {
            inputs.push(match operand {
                Ok(activation) => activation.id,
                Err(constant) => self.addend(site, &constant, first)?,
            });
        }
        inputs.sort_by_key(|id| std::cmp::Reverse(self.graph[*id].shape.len()));
        Ok(Addends {
            inputs,
            rank,
            order,
        })
    }

    /// A constant that is added to an activation.
    fn addend(
        &mut self,
        site: &Site,
        constant: &Constant,
        x: &Activation,
    ) -> Result<TensorId, ImportError> {
        let wrong = || {
            constant.fail(format!("is added in `{}`: it must have the shape of the activation, or a value per channel", site.name))
        };
        if constant.shape.len() > x.rank || x.order.is_some() {
            return Err(wrong());
        }
        let ones = vec![1; x.rank - constant.shape.len()];
        let sizes = [ones.as_slice(), &constant.shape].concat();
        self.take(size(constant))?;
        let (count, values) = (size(constant) / 8, constant.values()?);
        let (shape, values) = match *sizes.as_slice() {
            [1, channels, height, width] => {
                let pixels = height * width;
                let from = |i: usize| i % channels * pixels + i / channels;
                (vec![height, width, channels], values.gathered(count, from))
            }
            [1, ref sizes @ ..] if !sizes.is_empty() => (sizes.to_vec(), values.clone()),
            [_] => (sizes.clone(), values.clone()),
            _ => return Err(wrong()),
        };
        let shape: Vec<_> = shape.into_iter().skip_while(|size| *size == 1).collect();
        let Some((meaning, _)) = constant.meaning.clone() else {
            return Err(site.float());
        };
        if !matches!(values.element(), Element::Int8 | Element::Uint8) {
            return Err(wrong());
        }
        Ok(self
            .graph
            .constant(&constant.name, shape, values, Some(meaning)))
    }
}
