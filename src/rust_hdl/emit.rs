//! Verilog of a rust-hdl design that holds cores, each core once.

use crate::verilog::VerilogFile;
use miette::Diagnostic;
use rust_hdl::core::block::Block;
use rust_hdl::core::check_error::{CheckError, check_all};
use rust_hdl::core::module_defines::generate_verilog_unchecked;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use thiserror::Error;

/// The Verilog of a rust-hdl design, rust-hdl's part apart from the cores' modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// What rust-hdl wrote; its outermost module is `top`.
    pub design: VerilogFile,
    /// The modules of the cores, each once, in the order in which they appear.
    pub cores: Vec<VerilogFile>,
}

impl Emitted {
    /// All as one text.
    pub fn concat(&self) -> String {
        let cores = self.cores.iter().map(|file| file.text.as_str());
        let texts: Vec<&str> = std::iter::once(self.design.text.as_str())
            .chain(cores)
            .collect();
        texts.join("\n")
    }
}

/// Why a rust-hdl design was not emitted.
#[derive(Debug, Error, Diagnostic)]
pub enum EmitError {
    /// rust-hdl found fault with the design.
    #[error("rust-hdl's check of the design failed: {0:?}")]
    #[diagnostic(code(ferrogrid::rust_hdl::check))]
    Check(CheckError),

    /// Two cores have different modules of one name.
    #[error("two cores of the design have different modules named `{0}`")]
    #[diagnostic(
        code(ferrogrid::rust_hdl::conflict),
        help("give one of the cores another name")
    )]
    Conflict(String),
}

/// Connects and checks a design, settles it once so that the widths of run-time-sized ports are
/// compared, and writes its Verilog.
///
/// rust-hdl's own `generate_verilog` works too: its text repeats the modules of a core for each
/// instance, but guarded, so that tools see them once.
///
/// # Errors
///
/// When rust-hdl's checks fail, or two cores have different modules of one name.
pub fn emit<B: Block>(top: &mut B) -> Result<Emitted, EmitError> {
    top.connect_all();
    check_all(top).map_err(EmitError::Check)?;
    top.update_all();
    split(&generate_verilog_unchecked(top))
}

const BEGIN: &str = "`ifndef FERROGRID_CORE_";
const END: &str = "`endif // FERROGRID_CORE_";

/// The file so written that a text may hold it several times.
pub(super) fn guarded(file: &VerilogFile) -> String {
    let digest = Sha256::digest(&file.text);
    let digits: String = digest[..8].iter().map(|b| format!("{b:02X}")).collect();
    let module = file.name.trim_end_matches(".v");
    let key = format!("{module}_{digits}");
    let text = file.text.trim_end();
    format!(
        "{BEGIN}{key}\n`define FERROGRID_CORE_{key}\n// file: {}\n{text}\n{END}{key}\n",
        file.name
    )
}

fn split(text: &str) -> Result<Emitted, EmitError> {
    let mut design = String::new();
    let mut cores: Vec<VerilogFile> = Vec::new();
    let mut place = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with(BEGIN) {
            design.push_str(line);
            design.push('\n');
            continue;
        }
        // The guard's `define`, then the file's name.
        let name = lines.nth(1).and_then(|line| line.strip_prefix("// file: "));
        let name = name.unwrap_or_default().to_owned();
        let mut body = String::new();
        for line in lines.by_ref().take_while(|line| !line.starts_with(END)) {
            body.push_str(line);
            body.push('\n');
        }
        let index = *place.entry(name.clone()).or_insert(cores.len());
        match cores.get(index) {
            None => cores.push(VerilogFile { name, text: body }),
            Some(known) if known.text == body => {}
            Some(_) => {
                let module = name.trim_end_matches(".v");
                return Err(EmitError::Conflict(module.to_owned()));
            }
        }
    }
    Ok(Emitted {
        design: VerilogFile {
            name: "top.v".to_owned(),
            text: design,
        },
        cores,
    })
}
