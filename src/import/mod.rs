//! Networks from files: `.tflite` and `.onnx`.
//!
//! A file is data of others: every offset, size and index in it is checked, and what is wrong is an
//! [`ImportError`] that names the node or tensor. Files are told apart by their content.
//!
//! Axes become those of [`graph`](crate::graph): the batch axis goes, and ONNX's channels move from
//! the second place to the last, in weights, activations, inputs and outputs alike.
#![doc = include_str!("../../docs/networks.md")]
#![forbid(unsafe_code)]

mod budget;
mod error;
mod onnx;
mod tflite;
mod values;
mod window;

pub use error::{Format, ImportError};
pub use onnx::proto as onnx_proto;

use crate::graph::Graph;

/// Reads a file beside a model, by its name.
pub type ReadFile<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// The network in the bytes of a file.
///
/// # Errors
/// When they are no model, a damaged one, or one that holds what is not supported.
pub fn read(bytes: &[u8]) -> Result<Graph, ImportError> {
    read_with(bytes, &mut |_| Err("only the model itself is read".into()))
}

/// As [`read`], of a model whose weights may be in files beside it, which `file` reads. Names that lead out of the folder
/// are refused.
///
/// # Errors
/// As [`read`], or when a file is not read.
pub fn read_with<'a>(bytes: &[u8], file: &'a mut ReadFile<'a>) -> Result<Graph, ImportError> {
    tidied(match bytes.get(4..8) {
        Some(b"TFL3") => tflite::read(bytes)?,
        _ => onnx::read(bytes, file)?,
    })
}

/// The network of an ONNX model in memory, all of whose weights are there.
///
/// # Errors
/// As [`read`].
pub fn read_onnx(model: &onnx_proto::Model) -> Result<Graph, ImportError> {
    let mut none = |_: &str| Err("only the model itself is read".into());
    tidied(onnx::read_model(model, &mut none)?)
}

/// The messages of an ONNX model, which may compute in floating point, with the weights that are in files beside it;
/// `file` reads them.
///
/// # Errors
/// When the bytes are no ONNX model, or a file is not read.
pub fn decode_onnx(bytes: &[u8], file: &mut ReadFile) -> Result<onnx_proto::Model, ImportError> {
    match bytes.get(4..8) {
        Some(b"TFL3") => Err(ImportError::Unknown {
            reason: "it is a TFLite model".into(),
        }),
        _ => onnx::decode_whole(bytes, file),
    }
}

fn tidied(mut graph: Graph) -> Result<Graph, ImportError> {
    graph.check()?;
    graph.join_moves();
    graph.remove_unused();
    graph.check()?;
    Ok(graph)
}
