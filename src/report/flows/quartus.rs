//! The project script for Quartus.

use super::Flow;
use super::template::fill;

impl Flow<'_> {
    /// Tcl that makes a project and compiles the core with virtual pins.
    pub(super) fn quartus(&self) -> String {
        let reset = self.interface.reset.iter().map(|reset| (&reset.port, 1));
        let ports = self.interface.ports.iter();
        let ports: String = reset
            .chain(ports.map(|port| (&port.name, port.width)))
            .map(|(name, width)| {
                let all_bits = if width > 1 { "[*]" } else { "" };
                format!("    {name}{all_bits}\n")
            })
            .collect();
        fill(
            include_str!("templates/quartus.tcl"),
            &[("top", self.top()), ("ports", &ports)],
        )
    }
}
