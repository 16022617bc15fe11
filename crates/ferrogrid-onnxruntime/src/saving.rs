//! Where compiled networks of a session go and come from: its model, or files beside that.

use crate::network::{number_of, text_of};
use ferrogrid::import::onnx_proto::NodeProto;
use ferrogrid::runtime::read_beside;
use std::fs;
use std::path::{Path, PathBuf};

/// What a session says of them.
pub struct Saving {
    /// The model is saved with what is compiled.
    pub enabled: bool,
    /// Networks are in the nodes that stand for them.
    embedded: bool,
    /// The model that is saved, or that a model from memory comes from.
    file: Option<PathBuf>,
}

/// What a node holds of a network.
pub enum Held {
    Network(Vec<u8>),
    /// The name of a file beside the model.
    Name(String),
}

impl Saving {
    /// The settings of a session.
    pub fn new(entries: &[(String, String)]) -> Saving {
        let value = |name: &str| {
            let mut found = entries.iter().filter(|(key, _)| key == name);
            found.next_back().map(|(_, value)| value.as_str())
        };
        Saving {
            enabled: value("ep.context_enable") == Some("1"),
            embedded: value("ep.context_embed_mode") != Some("0"),
            file: value("ep.context_file_path")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
        }
    }

    /// Keeps the network of a node of a model, which comes from a file or, where its path is empty, from memory.
    ///
    /// # Errors
    /// When the file is not written.
    pub fn keep(&self, model: &Path, node: &str, network: Vec<u8>) -> Result<Held, String> {
        if self.embedded {
            return Ok(Held::Network(network));
        }
        // Where the runtime puts a model of which nothing is said.
        let stem = |path: &Path| path.file_stem().unwrap_or_default().to_owned();
        let (beside, stem) = match &self.file {
            Some(file) => (file.as_path(), stem(file)),
            None => {
                let mut stem = stem(model);
                stem.push("_ctx");
                (model, stem)
            }
        };
        let name = format!("{}_{node}.fg", stem.to_string_lossy());
        let path = beside.with_file_name(&name);
        let written = fs::write(&path, network);
        written.map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
        Ok(Held::Name(name))
    }

    /// The network of a node.
    ///
    /// # Errors
    /// When its file is not read, or not beside the model.
    pub fn network(&self, model: &Path, node: &NodeProto) -> Result<Vec<u8>, String> {
        let held = text_of(node, HELD);
        if number_of(node, EMBEDDED) != Some(0) {
            return Ok(held.to_vec());
        }
        let name = String::from_utf8_lossy(held);
        let folder = match model.as_os_str().is_empty() {
            true => self.file.as_deref().and_then(Path::parent),
            false => model.parent(),
        };
        let read = read_beside(folder.unwrap_or(Path::new("")), &name);
        read.map_err(|error| format!("cannot read `{name}` beside the model: {error}"))
    }
}

/// The attributes of a network, or of its file's name, and of which of them it is.
pub const HELD: &str = "ep_cache_context";
pub const EMBEDDED: &str = "embed_mode";
