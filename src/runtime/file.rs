//! Files of models.

use super::ModelError;
use crate::device::read_file;
use crate::graph::Graph;
use crate::import::onnx_proto::Model;
use crate::import::{ImportError, decode_onnx, read_with};
use std::path::Path;

/// Bytes of the largest model.
const LARGEST: u64 = 4 << 30;

/// The bytes of a model's file.
///
/// # Errors
/// When it is not to be read.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, ModelError> {
    read_file(path, LARGEST).map_err(|error| ModelError::Read {
        path: path.to_owned(),
        error,
    })
}

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
        true => read_file(&path, LARGEST).map_err(|error| error.to_string()),
        false => Err("it is a link out of the folder of the model".into()),
    }
}
