//! Files of models.

use crate::graph::Graph;
use crate::import::onnx_proto::Model;
use crate::import::{ImportError, decode_onnx, read_with};
use std::fs;
use std::path::Path;

/// The network in the bytes of a file, with weights in files of its folder.
///
/// # Errors
/// When they are no model, a damaged one, or one that holds what is not supported; or when a file beside it is not read.
pub fn read_model(path: &Path, bytes: &[u8]) -> Result<Graph, ImportError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    read_with(bytes, &mut |name| read_beside(folder, name))
}

/// The messages of an ONNX model in the bytes of a file, with weights in files of its folder.
///
/// # Errors
/// When they are no ONNX model, or a file beside it is not read.
pub(super) fn decode_model(path: &Path, bytes: &[u8]) -> Result<Model, ImportError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    decode_onnx(bytes, &mut |name| read_beside(folder, name))
}

/// A file in the folder of a model, also where links lead elsewhere.
///
/// # Errors
/// When it is not read, or not in that folder.
pub fn read_beside(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = folder.join(name);
    let whole = |path: &Path| path.canonicalize().map_err(|error| error.to_string());
    let folder = match folder.as_os_str().is_empty() {
        true => whole(Path::new("."))?,
        false => whole(folder)?,
    };
    let path = whole(&path)?;
    match path.starts_with(folder) {
        true => fs::read(path).map_err(|error| error.to_string()),
        false => Err("it is a link out of the folder of the model".into()),
    }
}
