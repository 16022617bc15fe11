//! Quantized networks: tensors, and the nodes that compute them in order.
//!
//! Importers make a [`Graph`] of a file; the compiler and the golden model read it. Activations
//! have no batch axis: `[height, width, channels]` or `[.., features]`, the last axis being the
//! one that lies side by side in memory. Weights are `[output][kernel row][kernel column][input]`.
//! A graph holds the scales as its file gives them. How a multiplier is formed from them follows
//! from the [`Family`] of the file, how it is rounded from the mode of a run.
//!
//! ```
//! use ferrogrid::graph::{Element, Family, Graph, Operator, Output, Quantization, Values};
//!
//! let mut graph = Graph::new(Family::TfLite);
//! let int8 = |scale, zero_point| (Element::Int8, Quantization::per_tensor(scale, zero_point));
//! let x = graph.input("x", [4], int8(0.5, 3));
//! let weights = Values::Int8(vec![1, 2, 3, 4, -1, -2, -3, -4]);
//! let w = graph.constant("w", [2, 4], weights, Some(Quantization::per_tensor(0.25, 0)));
//! let y = Output::new("y", int8(1.0, -7));
//! let y = graph.node("layer", Operator::FullyConnected, &[x, w], y)?;
//! graph.outputs.push(y);
//! graph.check()?;
//! assert_eq!(graph[y].shape, [2]);
//! # Ok::<(), ferrogrid::graph::GraphError>(())
//! ```
#![forbid(unsafe_code)]

mod check;
mod error;
mod moves;
mod network;
mod operator;
mod shape;
mod tensor;
#[cfg(test)]
mod tests;
mod values;
mod view;

pub use error::GraphError;
pub use network::{Family, Graph, Limits, Node, Output, TensorId, Variable};
pub use operator::{Binary, Convolution, Function, Grid, Operator, Pad, Padding, Pool, Resize};
pub use tensor::{Element, Quantization, Tensor};
pub use values::Values;
pub use view::{View, strides_of};
