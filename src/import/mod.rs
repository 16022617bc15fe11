//! Networks from files: `.tflite`.
//!
//! A file is data of others: every offset, size and index in it is checked, and what is wrong is an
//! [`ImportError`] that names the node or tensor. The format is
//! told by the content. Axes become those of [`graph`](crate::graph): the batch axis goes.
#![forbid(unsafe_code)]

mod budget;
mod error;
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
        _ => return Err(ImportError::Unknown),
    };
    graph.check()?;
    Ok(graph)
}
