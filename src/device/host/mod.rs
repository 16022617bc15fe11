//! What the host computes of a network: nodes for which the core has nothing.

mod elementwise;
mod movement;
mod pool;
mod resize;
mod scale;
mod weighted;

use crate::compiler::{Rounding, table};
use crate::graph::{
    Element, Family, Graph, Node, Operator, Quantization, Tensor, TensorId, Values,
};
use std::collections::BTreeMap;

/// A node to compute, of a graph whose parts are checked.
struct Task<'a> {
    graph: &'a Graph,
    node: &'a Node,
    rounding: Rounding,
    values: &'a BTreeMap<TensorId, Values>,
}

/// Scale and zero point of an activation.
#[derive(Clone, Copy)]
struct Meaning {
    scale: f32,
    zero_point: i32,
}

impl Meaning {
    fn of(tensor: &Tensor) -> Meaning {
        let one = Quantization::per_tensor(1.0, 0);
        let meaning = tensor.quantization.as_ref().unwrap_or(&one);
        Meaning {
            scale: meaning.scale(0),
            zero_point: meaning.zero_point(0),
        }
    }

    /// The real number that an integer means.
    fn real(self, integer: i32) -> f32 {
        self.scale * integer.saturating_sub(self.zero_point) as f32
    }

    /// The nearest integer of a real number, of halves the even one, as ONNX Runtime has it.
    fn nearest(self, real: f32) -> i32 {
        let steps = (real / self.scale).round_ties_even() as i32;
        steps.saturating_add(self.zero_point)
    }
}

/// The result of a node of a graph whose parts are checked, of values of its inputs.
///
/// # Errors
/// Says why the node has none: an input that is not there, or arithmetic that ends.
pub(super) fn run(
    graph: &Graph,
    node: &Node,
    rounding: Rounding,
    values: &BTreeMap<TensorId, Values>,
) -> Result<Values, String> {
    let task = Task {
        graph,
        node,
        rounding,
        values,
    };
    for place in 0..node.inputs.len() {
        let (tensor, values) = (task.tensor(place), task.input(place)?);
        if (tensor.len(), tensor.element) != (values.len(), values.element()) {
            return Err(format!("its input `{}` has other values", tensor.name));
        }
    }
    task.result()
}

impl Task<'_> {
    fn result(&self) -> Result<Values, String> {
        let integers = match &self.node.operator {
            Operator::Reshape { .. } => return Ok(self.input(0)?.clone()),
            Operator::View(view) => return self.viewed(view),
            Operator::Select { axis, places } => return self.selected(*axis, places),
            Operator::Dequantize => {
                let x = self.meaning(0);
                let reals = self.integers(0)?.into_iter().map(|value| x.real(value));
                return Ok(Values::Float32(reals.collect()));
            }
            Operator::Quantize if self.tensor(0).element == Element::Float32 => self.quantized()?,
            Operator::Quantize | Operator::Clip { .. } | Operator::Unary(_) => self.looked_up()?,
            Operator::Softmax { beta } => self.softmax(*beta)?,
            Operator::Binary(binary) => self.binary(*binary)?,
            Operator::PRelu => self.prelu()?,
            Operator::BatchNormalization => self.normalized()?,
            Operator::Concat { axis } => self.concatenated(*axis)?,
            Operator::Pad(pad) => self.padded(pad)?,
            Operator::ArgMax => self.largest_places()?,
            Operator::ResizeLinear(resize) => self.resized(resize)?,
            Operator::Convolution(convolution) => self.convolution(convolution)?,
            Operator::FullyConnected => self.fully_connected()?,
            Operator::MatMul => self.multiplied()?,
            Operator::AveragePool(pool) => self.average_pool(pool)?,
            Operator::GlobalAveragePool => self.global_average_pool()?,
            Operator::MaxPool(pool) => self.max_pool(pool)?,
        };
        Ok(Values::saturated(self.output().element, &integers))
    }

    fn tensor(&self, place: usize) -> &Tensor {
        &self.graph[self.node.inputs[place]]
    }

    fn output(&self) -> &Tensor {
        &self.graph[self.node.output]
    }

    fn input(&self, place: usize) -> Result<&Values, String> {
        let id = self.node.inputs[place];
        let constant = self.graph[id].values.as_ref();
        let found = constant.or_else(|| self.values.get(&id));
        found.ok_or_else(|| format!("its input `{}` is not there", self.graph[id].name))
    }

    fn integers(&self, place: usize) -> Result<Vec<i32>, String> {
        let integers = self.input(place)?.integers();
        integers.ok_or_else(|| format!("its input `{}` is no integers", self.tensor(place).name))
    }

    /// Integers less their zero point.
    fn centred(&self, place: usize) -> Result<Vec<i32>, String> {
        let zero_point = self.meaning(place).zero_point;
        let integers = self.integers(place)?.into_iter();
        Ok(integers.map(|value| value - zero_point).collect())
    }

    fn meaning(&self, place: usize) -> Meaning {
        Meaning::of(self.tensor(place))
    }

    fn limited(&self, integer: i32) -> i32 {
        let limits = self.node.limits;
        integer.max(limits.low).min(limits.high)
    }

    /// A function of one byte.
    fn looked_up(&self) -> Result<Vec<i32>, String> {
        let table = table(self.graph, self.node, self.rounding);
        let table = table.ok_or("the factor between its scales has no fixed-point form")?;
        let (low, _) = self.tensor(0).element.range();
        // The table is of int8.
        let (low_of_result, _) = self.output().element.range();
        let look = |value: i32| {
            let place = usize::try_from(value - low).ok()?;
            Some(table.get(place)? + low_of_result + 128)
        };
        let looked = self
            .integers(0)?
            .into_iter()
            .map(look)
            .collect::<Option<_>>();
        looked.ok_or_else(|| "its input is no bytes".into())
    }

    fn quantized(&self) -> Result<Vec<i32>, String> {
        let y = Meaning::of(self.output());
        let reals = self
            .input(0)?
            .floats()
            .ok_or("its input is no real numbers")?;
        let steps = |real: f32| match (self.graph.family, self.rounding) {
            (Family::Onnx, _) => (real / y.scale).round_ties_even(),
            (Family::TfLite, Rounding::Fixed) => (real / y.scale).round(),
            (Family::TfLite, Rounding::Float) => (real * (1.0 / y.scale)).round_ties_even(),
        };
        let integer = |real: &f32| (steps(*real) as i32).saturating_add(y.zero_point);
        Ok(reals
            .iter()
            .map(|real| self.limited(integer(real)))
            .collect())
    }

    fn softmax(&self, beta: f32) -> Result<Vec<i32>, String> {
        let (x, y) = (self.meaning(0), Meaning::of(self.output()));
        let factor = f64::from(beta) * f64::from(x.scale);
        // The integer of 1, less the zero point: in QLinearSoftmax a whole one.
        let one = match self.graph.family {
            Family::TfLite => f64::from(y.scale).recip(),
            Family::Onnx => f64::from(y.scale.recip().floor()),
        };
        let length = self.output().shape.last().copied().unwrap_or(1);
        let integers = self.integers(0)?;
        let shares = integers.chunks(length).flat_map(|row| {
            // The largest exponent is 0, so that no power overflows.
            let largest = row.iter().copied().max().unwrap_or_default();
            let power = |value: &i32| (f64::from(value.saturating_sub(largest)) * factor).exp();
            let powers = Vec::from_iter(row.iter().map(power));
            let sum: f64 = powers.iter().sum();
            let share = move |power: f64| (power / sum * one).round() as i32;
            powers.into_iter().map(share)
        });
        let moved = shares.map(|share| self.limited(share.saturating_add(y.zero_point)));
        Ok(moved.collect())
    }
}
