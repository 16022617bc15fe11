//! `ferrogrid compile`.

use super::error::CliError;
use super::files::{check_distinct, write_into, write_over};
use super::npu::{Configuration, Mode, Passes, compile, explain, functional, import};
use super::output::print;
use crate::compiler::{LayerPasses, Network};
use crate::device::Executable;
use crate::graph::Values;
use crate::isa::npu::Instruction;
use crate::reference::MachineSize;
use crate::report::{CNetwork, Table, counted, driver_files, grouped, layer_rows, layer_table};
use crate::runtime::read_bytes;
use crate::verify::npu::machine_size;
use clap::{ArgGroup, Args};
use std::path::{Path, PathBuf};

/// Compile a network for an NPU to one file: programs, constants, and what the host does
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("written").required(true).multiple(true),
    after_help = "Example:\n  ferrogrid compile resnet8_int8.tflite --preset edge -o resnet8.fgn\n  \
                  ferrogrid compile digits.onnx --preset nano --c firmware/digits"
)]
pub(super) struct Compile {
    /// A .tflite or .onnx file
    model: PathBuf,
    #[command(flatten)]
    configuration: Configuration,
    /// Whose integers are computed [default: onnx for .onnx, tflm for .tflite]
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    #[command(flatten)]
    passes: Passes,
    /// The file to write
    #[arg(short, long, value_name = "FILE", group = "written")]
    output: Option<PathBuf>,
    /// The folder to write the network to as C, with the driver for bare metal
    #[arg(long, value_name = "FOLDER", group = "written")]
    c: Option<PathBuf>,
    /// Print what each pass did with each layer, and its instructions
    #[arg(long)]
    explain: bool,
}

impl Compile {
    pub fn run(self) -> miette::Result<()> {
        let config = self.configuration.config.as_deref();
        let read = [("the model", self.model.as_path())].into_iter();
        check_distinct(
            read.chain(config.map(|path| ("the configuration", path))),
            self.output
                .iter()
                .map(|path| ("`--output`", path.as_path())),
        )?;
        let arch = self.configuration.load()?;
        let graph = import(&self.model, &read_bytes(&self.model)?)?;
        let mode = self.mode.unwrap_or(Mode::of(graph.family));
        let options = self.passes.of_mode(mode);
        let network = compile(&self.model, &graph, &arch, options)?;
        self.check(&network, &machine_size(&arch))?;
        let mut written = String::new();
        if let Some(folder) = &self.c {
            written += &self.write_c(folder, &network, &arch.name, mode)?;
        }
        if let Some(output) = &self.output {
            let bytes = network.to_bytes();
            write_over(output, &bytes)?;
            let size = grouped(bytes.len() as u64);
            written += &format!("written: {}, {size} bytes\n", output.display());
        }

        let mut text = format!(
            "{}: {}, mode {}\n\n",
            arch.name,
            self.model.display(),
            mode.told(graph.family)
        );
        text += &layer_table(&layer_rows(&network)).to_string();
        if self.explain {
            let explained = explain(&self.model, &graph, &arch, options)?;
            for (program, layers) in network.programs().zip(explained) {
                text += &explanation(&program.program, &layers);
            }
        }
        let sum = |of: fn(&Network) -> usize| network.programs().map(of).sum::<usize>() as u64;
        text += &format!(
            "\n{}, {} bytes of constants; legal whatever the timing\n{written}",
            counted(sum(|program| program.program.len()), "instruction"),
            grouped(sum(|program| program.constants.len())),
        );
        Ok(print(&text)?)
    }

    /// Writes the network as C beside the driver; says which files there are, and what they leave to the caller.
    fn write_c(
        &self,
        folder: &Path,
        network: &Executable,
        core: &str,
        mode: Mode,
    ) -> Result<String, CliError> {
        let model = self.model.file_name().unwrap_or_default();
        let model = model.to_string_lossy();
        let title = format!("{model} for the core {core}, mode {}", mode.name());
        let network = CNetwork::new(&c_name(&self.model), &title, network);
        let network = network.map_err(|error| CliError::CNetwork {
            path: self.model.clone(),
            error,
        })?;
        let mut files = Vec::from(network.files);
        files.extend(driver_files());
        write_into(folder, &files)?;
        let names = files.iter().map(|file| file.path.as_str());
        let names = Vec::from_iter(names).join(", ");
        let mut text = format!("written: {names}, in {}\n", folder.display());
        for node in network.left {
            text += &format!("left to the caller: {node}\n");
        }
        Ok(text)
    }

    /// Fails when the functional model finds the program illegal.
    fn check(&self, network: &Executable, size: &MachineSize) -> Result<(), CliError> {
        let zeros = network
            .inputs
            .iter()
            .map(|port| Values::saturated(port.element, &vec![0; port.len()]));
        let inputs = Vec::from_iter(zeros);
        let help =
            "this is a bug of Ferrogrid: please report it with the model and the configuration";
        functional(
            &self.model,
            network,
            size,
            &mut network.initial(),
            &inputs,
            help,
        )
        .map(|_| ())
    }
}

/// What the names of a model's network in C begin with: its file's name, made an identifier that the driver has not.
fn c_name(model: &Path) -> String {
    let stem = model.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    match stem.starts_with(|c: char| c.is_ascii_alphabetic()) && !stem.starts_with("ferrogrid") {
        true => stem,
        false => format!("network_{stem}"),
    }
}

/// What each pass did with each layer of a program, and all instructions.
fn explanation(program: &[Instruction], layers: &[LayerPasses]) -> String {
    let list = |text: &mut String, instructions: &mut dyn Iterator<Item = usize>| {
        for index in instructions {
            *text += &format!("{index:6}  {}\n", program[index]);
        }
    };
    let mut others = (0..program.len())
        .filter(|at| layers.iter().all(|layer| !layer.instructions.contains(*at)));
    let mut text = "\ninputs, outputs and the end\n".to_owned();
    list(&mut text, &mut others);
    for layer in layers {
        text += &format!("\n{} ({})\n", layer.name, layer.operator);
        let passes = layer.passes.iter();
        let passes = passes.map(|(pass, what)| [pass.to_string(), what.clone()]);
        let passes = passes.fold(Table::plain(), Table::row).to_string();
        text += &passes
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect::<String>();
        list(&mut text, &mut layer.instructions.iter());
    }
    text
}
