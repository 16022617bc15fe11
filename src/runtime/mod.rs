//! A network on a simulated core, in the user's own program: what the bindings to other languages share.
//!
//! ```
//! use ferrogrid::device::unwatched;
//! use ferrogrid::runtime::{CompiledModel, Device, Options};
//! # use ferrogrid::graph::{Element, Family, Graph, Operator, Output, Quantization, Values};
//! # let mut graph = Graph::new(Family::TfLite);
//! # let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
//! # let x = graph.input("x", [4], int8(0.5));
//! # let weights = Values::Int8(vec![1, 2, 3, 4, -1, -2, -3, -4]);
//! # let w = graph.constant("w", [2, 4], weights, Some(Quantization::per_tensor(0.25, 0)));
//! # let y = graph.node("layer", Operator::FullyConnected, &[x, w], Output::new("y", int8(1.0)))?;
//! # graph.outputs.push(y);
//!
//! let device = Device::preset("nano")?;
//! let mut model = CompiledModel::of_graph(&graph, &device, Options::default())?;
//! let inference = model.infer(&[Values::Int8(vec![8, 0, 0, 0])], &mut unwatched)?;
//! assert_eq!(inference.outputs, [Values::Int8(vec![1, -1])]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod device;
mod error;
mod exploration;
mod file;
mod model;
pub mod plugin;
mod quantize;

pub use device::{Device, Simulator};
pub use error::{ModelError, text};
pub use exploration::{chips, exploration};
pub use file::{read_beside, read_bytes, read_model};
pub use model::{CompiledModel, LayerValues, Options, effort, mode};
pub use quantize::{Quantization, method, quantize};
