//! The files that a campaign damages.

use crate::edit::Format;
use crate::onnx;
use crate::tflite;
use ferrogrid::arch::npu_from_preset;
use ferrogrid::compiler::{Effort, Options, Rounding};
use ferrogrid::device::Executable;
use ferrogrid::import;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files above this are left out: most of one is weights.
const LARGEST: usize = 48 << 10;
/// Files above this are not compiled for the campaign.
const LARGEST_COMPILED: usize = 8 << 10;

/// Files that are damaged, in an order that their bytes decide.
pub(crate) struct Corpus {
    files: Vec<Vec<u8>>,
}

impl Corpus {
    /// Those of the project, the networks in folders, and what the compiler makes of the small ones.
    ///
    /// # Errors
    /// When a folder is not read.
    pub(crate) fn of(folders: &[PathBuf]) -> io::Result<Corpus> {
        let mut files = own();
        for folder in folders {
            add(folder, &mut files)?;
        }
        files.retain(|bytes| bytes.len() <= LARGEST);
        let compiled = Vec::from_iter(files.iter().filter_map(|bytes| compiled(bytes)));
        files.extend(compiled);
        files.sort();
        files.dedup();
        Ok(Corpus { files })
    }

    /// As [`Self::of`], of a folder that [`Self::save`] wrote.
    ///
    /// # Errors
    /// When a file is not read.
    pub(crate) fn load(folder: &Path) -> io::Result<Corpus> {
        let mut files = Vec::new();
        add(folder, &mut files)?;
        files.sort();
        Ok(Corpus { files })
    }

    /// Writes the files into a folder.
    ///
    /// # Errors
    /// When one is not written.
    pub(crate) fn save(&self, folder: &Path) -> io::Result<()> {
        for (number, bytes) in self.files.iter().enumerate() {
            let name = format!("{number}.{}", Format::of(bytes).extension());
            fs::write(folder.join(name), bytes)?;
        }
        Ok(())
    }

    pub(crate) fn files(&self) -> &[Vec<u8>] {
        &self.files
    }
}

/// Files that the project has or makes.
fn own() -> Vec<Vec<u8>> {
    vec![
        include_bytes!("../../examples/digits/network.onnx").to_vec(),
        include_bytes!("../../examples/digits/digits_cnn.onnx").to_vec(),
        tflite::small(),
        onnx::small(),
        onnx::constant_channel(),
    ]
}

/// The networks in a folder and in those in it.
fn add(folder: &Path, files: &mut Vec<Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            _ if path.is_dir() => add(&path, files)?,
            Some("tflite" | "onnx" | "fgn") => files.push(fs::read(path)?),
            _ => {}
        }
    }
    Ok(())
}

/// What the compiler makes of a small file.
fn compiled(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() > LARGEST_COMPILED {
        return None;
    }
    let graph = import::read(bytes).ok()?;
    let options = Options {
        effort: Effort::None,
        ..Options::from(Rounding::Float)
    };
    let arch = npu_from_preset("nano").ok()?;
    let network = Executable::compile(&graph, &arch, options).ok()?;
    Some(network.to_bytes()).filter(|file| file.len() <= LARGEST)
}
