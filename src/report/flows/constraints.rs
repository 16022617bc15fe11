//! Constraints of a core as a top of its own: its clock, and nothing else. Pins belong to boards;
//! all ports are synchronous to the one clock, so that there is no path to exempt.

use super::Flow;

/// The frequency that the constraints ask for. A starting point, no claim about the core.
pub(super) const CLOCK_MHZ: f64 = 100.0;

impl Flow<'_> {
    fn constraint(&self, line: &str) -> String {
        format!(
            "# The clock of {} as a top of its own: {CLOCK_MHZ} MHz, to be set to what the design needs.\n\
             {line}\n",
            self.top()
        )
    }

    fn create_clock(&self) -> String {
        let clock = self.clock();
        let period = 1000.0 / CLOCK_MHZ;
        self.constraint(&format!(
            "create_clock -name {clock} -period {period:.3} [get_ports {clock}]"
        ))
    }

    /// For Vivado.
    pub(super) fn xdc(&self) -> String {
        self.create_clock()
    }

    /// For Quartus, OpenSTA and others.
    pub(super) fn sdc(&self) -> String {
        self.create_clock()
    }

    /// For nextpnr-ecp5 and Diamond.
    pub(super) fn lpf(&self) -> String {
        self.constraint(&format!(
            "FREQUENCY PORT \"{}\" {CLOCK_MHZ:.1} MHz;",
            self.clock()
        ))
    }

    /// For nextpnr-ice40.
    pub(super) fn pcf(&self) -> String {
        self.constraint(&format!("set_frequency {} {CLOCK_MHZ:.1}", self.clock()))
    }
}
