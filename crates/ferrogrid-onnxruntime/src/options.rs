//! What a session says of the provider.

use crate::reports::Reports;
use ferrogrid::compiler::Rounding;
use ferrogrid::config::nearest;
use ferrogrid::runtime::{Device, text};
use std::fs;
use std::sync::Arc;

/// How networks run.
pub struct Options {
    pub device: Device,
    /// As the runtime rounds where it is not said.
    pub rounding: Option<Rounding>,
    /// The model is saved with what is compiled.
    pub save: bool,
    pub reports: Option<Arc<Reports>>,
}

const NAMES: [&str; 5] = ["clock", "device", "mode", "report", "simulator"];

impl Options {
    /// Names and values, as a session gives them, and whether it saves the model.
    ///
    /// # Errors
    /// What is no option or no value of one.
    pub fn new(given: &[(String, String)], save: bool) -> Result<Options, String> {
        for (name, _) in given {
            if !NAMES.contains(&name.as_str()) {
                return Err(unknown("option", name, &NAMES));
            }
        }
        let value = |name: &str| {
            let mut found = given.iter().filter(|(option, _)| option == name);
            found.next_back().map(|(_, value)| value.as_str())
        };
        let mut device = device(value("device").unwrap_or("edge"))?;
        if let Some(simulator) = value("simulator") {
            device.simulator = simulator.parse().map_err(|error| text(&error))?;
        }
        let rounding = match value("mode") {
            None => None,
            Some("onnx") => Some(Rounding::Float),
            Some("tflm") => Some(Rounding::Fixed),
            Some(other) => return Err(unknown("mode", other, &["onnx", "tflm"])),
        };
        let clock = value("clock").unwrap_or("100MHz").parse()?;
        let reports = value("report").map(|path| Reports::new(path, clock));
        Ok(Options {
            device,
            rounding,
            save,
            reports: reports.transpose()?.map(Arc::new),
        })
    }
}

/// A preset, or the configuration in a .toml file.
fn device(name: &str) -> Result<Device, String> {
    let device = match name.ends_with(".toml") {
        false => Device::preset(name),
        true => {
            let toml = fs::read_to_string(name);
            let toml = toml.map_err(|error| format!("cannot read `{name}`: {error}"))?;
            Device::configuration(name, &toml)
        }
    };
    device.map_err(|error| text(&error))
}

fn unknown(what: &str, found: &str, known: &[&str]) -> String {
    let list = known.iter().map(|name| format!("`{name}`"));
    let list = Vec::from_iter(list).join(", ");
    match nearest(found, known.iter().copied()) {
        Some(meant) => format!("there is no {what} `{found}`; did you mean `{meant}`?"),
        None => format!("there is no {what} `{found}`; there are {list}"),
    }
}
