//! Assertions, assumptions and cover points.

use super::ir::{Property, PropertyKind};
use super::{Module, Signal};
use std::panic::Location;

impl Module {
    /// States that `condition` is 1 at every rising edge outside reset; `message` says what it
    /// means when it is not. Checked by every simulator and emitted for formal tools.
    #[track_caller]
    pub fn assert<'m>(&'m self, name: &str, condition: impl Into<Signal<'m>>, message: &str) {
        self.property(PropertyKind::Assert, name, condition.into(), message);
    }

    /// Lets formal tools take for granted that `condition` is 1 at every rising edge outside
    /// reset; simulators check it like an assertion.
    #[track_caller]
    pub fn assume<'m>(&'m self, name: &str, condition: impl Into<Signal<'m>>, message: &str) {
        self.property(PropertyKind::Assume, name, condition.into(), message);
    }

    /// Counts the rising edges outside reset at which `condition` is 1.
    #[track_caller]
    pub fn cover<'m>(&'m self, name: &str, condition: impl Into<Signal<'m>>) {
        self.property(PropertyKind::Cover, name, condition.into(), "");
    }

    #[track_caller]
    fn property(&self, kind: PropertyKind, name: &str, condition: Signal<'_>, message: &str) {
        self.one_bit(condition, "a property");
        let domain = self.current_domain();
        let condition = match self.clock_enable(domain) {
            None => condition,
            Some(enable) if kind == PropertyKind::Cover => enable & condition,
            Some(enable) => !enable | condition,
        };
        let domain = self.own_domain(domain);
        self.state_mut().ir.properties.push(Property {
            kind,
            name: name.to_string(),
            condition: condition.id,
            domain,
            message: message.to_string(),
            location: Location::caller(),
        });
    }
}
