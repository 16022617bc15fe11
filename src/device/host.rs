//! What the host does around the program of a network: floating point to integers in front of it, and
//! behind it softmax and integers to floating point.

use crate::compiler::Rounding;
use crate::graph::{Element, Family, Graph, Limits, Node, Operator, TensorId, Values};
use serde::{Deserialize, Serialize};

/// Scale and zero point of an activation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meaning {
    /// The real number of a step.
    pub scale: f32,
    /// The integer of 0.
    pub zero_point: i32,
}

/// How real numbers become integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nearest {
    /// Divided by the scale, halves to even: ONNX Runtime.
    Even,
    /// Divided by the scale, halves away from zero: TFLite Micro.
    Away,
    /// Multiplied by the scale's reciprocal, halves to even: LiteRT.
    ReciprocalEven,
}

/// What a node of the host computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostOperator {
    /// Floating point to integers.
    Quantize {
        /// What the integers mean.
        meaning: Meaning,
        /// How they are rounded.
        nearest: Nearest,
    },
    /// Integers to floating point.
    Dequantize {
        /// What the integers mean.
        meaning: Meaning,
    },
    /// The shares of exponential functions in their sum, along the last axis.
    Softmax {
        /// Factor of the exponents.
        beta: f32,
        /// Elements along the last axis, at least 1.
        length: usize,
        /// What the integers of the input mean.
        input: Meaning,
        /// What those of the output mean.
        output: Meaning,
    },
}

/// A node of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostNode {
    /// Name in the network.
    pub name: String,
    /// What it computes.
    pub operator: HostOperator,
    /// The type of its result: `int8`, `uint8` or `float32`.
    #[serde(with = "super::executable::element")]
    pub element: Element,
    /// The integers between which its result lies.
    pub low: i32,
    /// The largest of them.
    pub high: i32,
}

impl HostNode {
    /// The node of a graph as the host computes it; none where the host computes no such node.
    pub(super) fn of(graph: &Graph, node: &Node, rounding: Rounding) -> Option<HostNode> {
        let (input, output) = (node.inputs[0], node.output);
        let operator = match &node.operator {
            Operator::Quantize if graph[input].element == Element::Float32 => {
                let nearest = match (graph.family, rounding) {
                    (Family::Onnx, _) => Nearest::Even,
                    (Family::TfLite, Rounding::Fixed) => Nearest::Away,
                    (Family::TfLite, Rounding::Float) => Nearest::ReciprocalEven,
                };
                let meaning = meaning(graph, output)?;
                HostOperator::Quantize { meaning, nearest }
            }
            Operator::Dequantize => HostOperator::Dequantize {
                meaning: meaning(graph, input)?,
            },
            Operator::Softmax { beta } => HostOperator::Softmax {
                beta: *beta,
                length: graph[input].shape.last().copied().unwrap_or(1),
                input: meaning(graph, input)?,
                output: meaning(graph, output)?,
            },
            _ => return None,
        };
        let Limits { low, high } = node.limits;
        let element = graph[output].element;
        Some(HostNode {
            name: node.name.clone(),
            operator,
            element,
            low,
            high,
        })
    }

    /// The operator's name.
    pub fn operator_name(&self) -> &'static str {
        match self.operator {
            HostOperator::Quantize { .. } => "Quantize",
            HostOperator::Dequantize { .. } => "Dequantize",
            HostOperator::Softmax { .. } => "Softmax",
        }
    }

    /// Its result for values of its input; none where they are not of the type that it takes.
    pub fn run(&self, input: &Values) -> Option<Values> {
        match &self.operator {
            HostOperator::Quantize { meaning, nearest } => {
                let integers = input.floats()?.iter().map(|real| {
                    let integer = match nearest {
                        Nearest::Even => (real / meaning.scale).round_ties_even(),
                        Nearest::Away => (real / meaning.scale).round(),
                        Nearest::ReciprocalEven => (real * (1.0 / meaning.scale)).round_ties_even(),
                    };
                    self.limited(integer as i32, meaning.zero_point)
                });
                Some(Values::saturated(self.element, &Vec::from_iter(integers)))
            }
            HostOperator::Dequantize { meaning } => {
                let reals = input.integers()?.into_iter().map(|value| {
                    // Integers of bytes and their differences have a float each.
                    meaning.scale * value.saturating_sub(meaning.zero_point) as f32
                });
                Some(Values::Float32(reals.collect()))
            }
            HostOperator::Softmax {
                beta,
                length,
                input: from,
                output,
            } => {
                let integers = input.integers()?;
                let factor = f64::from(*beta) * f64::from(from.scale);
                let shares = integers.chunks(*length).flat_map(|row| {
                    // The largest exponent is 0, so that no power overflows.
                    let largest = row.iter().copied().max().unwrap_or_default();
                    let power =
                        |value: &i32| (f64::from(value.saturating_sub(largest)) * factor).exp();
                    let powers = Vec::from_iter(row.iter().map(power));
                    let sum: f64 = powers.iter().sum();
                    powers
                        .into_iter()
                        .map(move |power| (power / sum / f64::from(output.scale)).round())
                });
                let integers = shares.map(|share| self.limited(share as i32, output.zero_point));
                Some(Values::saturated(self.element, &Vec::from_iter(integers)))
            }
        }
    }

    fn limited(&self, integer: i32, zero_point: i32) -> i32 {
        let moved = integer.saturating_add(zero_point);
        // Not `clamp`, which ends the program where a file has limits in the wrong order.
        moved.max(self.low).min(self.high)
    }
}

fn meaning(graph: &Graph, tensor: TensorId) -> Option<Meaning> {
    let quantization = graph[tensor].quantization.as_ref()?;
    Some(Meaning {
        scale: quantization.scale(0),
        zero_point: quantization.zero_point(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(operator: HostOperator, element: Element) -> HostNode {
        let (low, high) = element.range();
        HostNode {
            name: "node".into(),
            operator,
            element,
            low,
            high,
        }
    }

    const MEANING: Meaning = Meaning {
        scale: 0.5,
        zero_point: 3,
    };

    #[test]
    fn halves_are_rounded_as_each_runtime_does() {
        let reals = Values::Float32(vec![0.25, 0.75, -0.25, 100.0, f32::NAN]);
        for (nearest, expected) in [
            (Nearest::Even, [3, 5, 3, 127, 3]),
            (Nearest::ReciprocalEven, [3, 5, 3, 127, 3]),
            (Nearest::Away, [4, 5, 2, 127, 3]),
        ] {
            let quantize = HostOperator::Quantize {
                meaning: MEANING,
                nearest,
            };
            let found = node(quantize, Element::Int8).run(&reals);
            assert_eq!(found, Some(Values::Int8(expected.to_vec())), "{nearest:?}");
        }
    }

    #[test]
    fn integers_become_what_they_mean() {
        let dequantize = node(
            HostOperator::Dequantize { meaning: MEANING },
            Element::Float32,
        );
        let found = dequantize.run(&Values::Uint8(vec![0, 3, 5]));
        assert_eq!(found, Some(Values::Float32(vec![-1.5, 0.0, 1.0])));
        assert_eq!(dequantize.run(&Values::Float32(vec![0.0])), None);
    }

    #[test]
    fn shares_of_equal_values_are_equal() {
        let output = Meaning {
            scale: 1.0 / 256.0,
            zero_point: -128,
        };
        let softmax = HostOperator::Softmax {
            beta: 1.0,
            length: 4,
            input: MEANING,
            output,
        };
        let found = node(softmax, Element::Int8).run(&Values::Int8(vec![
            9, 9, 9, 9, // a quarter each
            127, -128, -128, -128, // all of it, which is one more than int8 has
        ]));
        let expected = vec![-64, -64, -64, -64, 127, -128, -128, -128];
        assert_eq!(found, Some(Values::Int8(expected)));
    }
}
