//! Networks from files: `.tflite` and `.onnx`.
//!
//! A file is data of others: every offset, size and index in it is checked, and what is wrong is an
//! [`ImportError`] that names the node or tensor. Files are told apart by their content.
//!
//! Axes become those of [`graph`](crate::graph): the batch axis goes, and ONNX's channels move from
//! the second place to the last, in weights, activations, inputs and outputs alike.
#![forbid(unsafe_code)]

mod budget;
mod error;
mod onnx;
mod tflite;
mod values;
mod window;

pub use error::{Format, ImportError};

use crate::graph::Graph;

/// The network in the bytes of a file.
///
/// # Errors
/// When they are no model, a damaged one, or one that holds what is not supported.
pub fn read(bytes: &[u8]) -> Result<Graph, ImportError> {
    let graph = match bytes.get(4..8) {
        Some(b"TFL3") => tflite::read(bytes)?,
        _ => onnx::read(bytes)?,
    };
    graph.check()?;
    Ok(graph)
}
