//! The cores that networks run on.

use super::ModelError;
use super::error::unknown;
use crate::arch::{NpuArch, npu_from_preset, npu_from_toml};
use crate::blocks::npu::NpuCore;
use crate::config::{Config, Kind, LONGEST_CONFIGURATION, presets_of};
use crate::device::{Accelerator, Backend, Icarus, Native, Speed, Verilator, read_text};
use crate::hdl::elaborate;
use miette::{IntoDiagnostic, Result};
use std::path::Path;
use std::str::FromStr;

/// A core in a simulator.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// The core.
    pub arch: NpuArch,
    /// What it runs in.
    pub simulator: Simulator,
}

/// What a core runs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Simulator {
    /// Built in; no tool is needed.
    #[default]
    Native,
    /// The emitted Verilog, compiled; the first run of a core builds its model.
    Verilator,
    /// The emitted Verilog in four-state logic, interpreted.
    Icarus,
}

/// `native`, `verilator` or `icarus`.
impl FromStr for Simulator {
    type Err = miette::Report;

    fn from_str(text: &str) -> Result<Simulator> {
        match text {
            "native" => Ok(Simulator::Native),
            "verilator" => Ok(Simulator::Verilator),
            "icarus" => Ok(Simulator::Icarus),
            _ => Err(unknown(
                "simulator",
                text,
                "`native`, `verilator` and `icarus`",
            )),
        }
    }
}

impl Device {
    /// The names of the presets that run networks.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        presets_of(Kind::Npu).map(|preset| preset.name)
    }

    /// A preset in the native simulator.
    ///
    /// # Errors
    /// When there is none of this name, or it runs no networks.
    pub fn preset(name: &str) -> Result<Device> {
        Ok(Device::of(npu_from_preset(name)?))
    }

    /// The core of a configuration in the native simulator; `name` stands for the text in errors.
    ///
    /// # Errors
    /// What is wrong with the configuration, and where.
    pub fn configuration(name: &str, toml: &str) -> Result<Device> {
        Ok(Device::of(npu_from_toml(name, toml)?))
    }

    /// The core of a preset's name, or of the path of a `.toml` file.
    ///
    /// # Errors
    /// As [`Self::preset`] and [`Self::configuration`], or when the file is not read.
    pub fn named(name: &str) -> Result<Device> {
        if !name.ends_with(".toml") {
            return Device::preset(name);
        }
        let text = read_text(Path::new(name), LONGEST_CONFIGURATION).map_err(|error| {
            ModelError::Read {
                path: Path::new(name).to_owned(),
                error,
            }
        })?;
        Device::configuration(name, &text)
    }

    /// The whole configuration as TOML, with what was left out.
    pub fn toml(&self) -> String {
        Config::from(self.arch.to_config()).to_toml()
    }

    fn of(arch: NpuArch) -> Device {
        Device {
            arch,
            simulator: Simulator::default(),
        }
    }

    /// Starts it.
    pub(super) fn start(&self) -> Result<Accelerator> {
        let design = elaborate(&NpuCore::new(&self.arch)).into_diagnostic()?;
        let backend: Box<dyn Backend> = match self.simulator {
            Simulator::Native => Box::new(Native::new(&design)?),
            Simulator::Verilator => Box::new(Verilator::new(&design, Speed::Compile)?),
            Simulator::Icarus => Box::new(Icarus::new(&design)?),
        };
        Ok(Accelerator::new(&self.arch, backend))
    }
}
