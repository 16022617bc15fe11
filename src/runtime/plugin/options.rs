//! What a program says of a library that it loads.

use super::Reports;
use crate::compiler::Rounding;
use crate::config::nearest;
use crate::graph::Graph;
use crate::runtime::{CompiledModel, Device, Options, mode, text};
use std::sync::Arc;

/// How networks run.
pub struct PluginOptions {
    /// The core.
    pub device: Device,
    /// As the runtime rounds where it is not said.
    pub rounding: Option<Rounding>,
    /// Where the figures go.
    pub reports: Option<Arc<Reports>>,
}

const NAMES: [&str; 5] = ["clock", "device", "mode", "report", "simulator"];

impl PluginOptions {
    /// Names and values, of which the last of a name counts.
    ///
    /// # Errors
    /// What is no option or no value of one.
    pub fn new(given: &[(String, String)]) -> Result<PluginOptions, String> {
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
        Ok(PluginOptions {
            device,
            rounding,
            reports: reports.transpose()?.map(Arc::new),
        })
    }

    /// A network on the core.
    ///
    /// # Errors
    /// Why it does not run there.
    pub fn compile(&self, graph: &Graph) -> Result<CompiledModel, String> {
        let passes = Options {
            rounding: self.rounding,
            ..Options::default()
        };
        let model = CompiledModel::of_graph(graph, &self.device, passes);
        model.map_err(|error| error.to_string())
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
