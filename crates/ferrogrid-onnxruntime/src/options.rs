//! What a session says of the provider.

use crate::reports::Reports;
use ferrogrid::compiler::Rounding;
use ferrogrid::config::nearest;
use ferrogrid::runtime::{Device, mode, text};
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
                return Err(unknown(name));
            }
        }
        let value = |name: &str| {
            let mut found = given.iter().filter(|(option, _)| option == name);
            found.next_back().map(|(_, value)| value.as_str())
        };
        let device = Device::named(value("device").unwrap_or("edge"));
        let mut device = device.map_err(|error| text(&error))?;
        if let Some(simulator) = value("simulator") {
            device.simulator = simulator.parse().map_err(|error| text(&error))?;
        }
        let rounding = value("mode").map(mode).transpose();
        let rounding = rounding.map_err(|error| text(&error))?;
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

fn unknown(option: &str) -> String {
    match nearest(option, NAMES) {
        Some(meant) => format!("there is no option `{option}`; did you mean `{meant}`?"),
        None => format!(
            "there is no option `{option}`; there are `{}`",
            NAMES.join("`, `")
        ),
    }
}
