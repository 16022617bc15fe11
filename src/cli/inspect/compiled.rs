//! What a compiled network holds.

use crate::arch::npu_from_preset;
use crate::cli::npu::Mode;
use crate::compiler::{Binding, Network};
use crate::config::PRESETS;
use crate::device::{Executable, NetworkPort};
use crate::report::{LayerRow, Table, counted, grouped, layer_rows, layer_table, shape};
use serde::Serialize;

/// What `--json` prints.
#[derive(Serialize)]
pub(super) struct Compiled {
    /// Of the core that it runs on.
    config_hash: String,
    /// The presets that are such a core.
    presets: Vec<&'static str>,
    mode: &'static str,
    inputs: Vec<PortRow>,
    outputs: Vec<PortRow>,
    programs: Vec<ProgramRow>,
    layers: Vec<LayerRow>,
}

/// What the core runs in one go.
#[derive(Serialize)]
struct ProgramRow {
    instructions: usize,
    regions: [RegionRow; 4],
}

/// An input or output, as `run` takes and gives it.
#[derive(Serialize)]
struct PortRow {
    name: String,
    element: String,
    shape: Vec<usize>,
}

/// A region of DRAM, in the order of the base registers.
#[derive(Serialize)]
struct RegionRow {
    name: &'static str,
    bytes: u64,
}

impl Compiled {
    pub fn of(network: &Executable, mode: Mode) -> Compiled {
        let port = |port: &NetworkPort| PortRow {
            name: port.name.clone(),
            element: port.element.to_string(),
            shape: port.file_shape(),
        };
        let ports = |ports: &[NetworkPort]| ports.iter().map(port).collect();
        let end = |bindings: &[Binding]| {
            let ends = bindings
                .iter()
                .map(|of| u64::from(of.offset) + u64::from(of.bytes));
            ends.max().unwrap_or(0)
        };
        let program = |program: &Network| {
            let regions = [
                ("constants", program.constants.len() as u64),
                ("inputs", end(&program.inputs)),
                ("outputs", end(&program.outputs)),
                ("activations", program.activations.into()),
            ];
            ProgramRow {
                instructions: program.program.len(),
                regions: regions.map(|(name, bytes)| RegionRow { name, bytes }),
            }
        };
        let hash = network.config_hash;
        let names = PRESETS.iter().map(|preset| preset.name);
        let is_core = |name: &&str| npu_from_preset(name).is_ok_and(|of| of.config_hash() == hash);
        Compiled {
            config_hash: format!("0x{hash:08x}"),
            presets: names.filter(is_core).collect(),
            mode: mode.name(),
            inputs: ports(&network.inputs),
            outputs: ports(&network.outputs),
            programs: network.programs().map(program).collect(),
            layers: layer_rows(network),
        }
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let core = match &self.presets[..] {
            [] => "no preset".to_owned(),
            presets => presets.join(", "),
        };
        let mut text = format!(
            "compiled for config_hash {} ({core}), mode {}\n\n",
            self.config_hash, self.mode
        );
        let mut ports = Table::plain();
        for (what, rows) in [("input", &self.inputs), ("output", &self.outputs)] {
            for row in rows {
                let cells = [row.name.clone(), shape(&row.shape), row.element.clone()];
                ports = ports.row([what.to_owned()].into_iter().chain(cells));
            }
        }
        text += &format!("{ports}\n{}\n", layer_table(&self.layers));
        for program in &self.programs {
            let mut regions = Table::new(&["region", "holds", "bytes"]);
            for (number, region) in program.regions.iter().enumerate() {
                let cells = [
                    number.to_string(),
                    region.name.into(),
                    grouped(region.bytes),
                ];
                regions = regions.row(cells);
            }
            let instructions = counted(program.instructions as u64, "instruction");
            text += &format!("{}\n{instructions}\n", regions.right(&[2]));
        }
        text
    }
}
