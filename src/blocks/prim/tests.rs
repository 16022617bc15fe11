//! Cells close without issues and refuse what they cannot be.

use super::*;
use crate::hdl::{self, AxiLite, unsigned};
use crate::isa::{Field, Register, RegisterMap};

#[test]
fn a_register_block_has_the_ports_of_its_fields() {
    let map = RegisterMap::new("timer", "Counts.")
        .register(
            Register::new("control", 0, "")
                .field(Field::write_pulse("start", 0, 1, ""))
                .field(Field::read_write("period", 4, 16, "")),
        )
        .register(
            Register::new("status", 8, "")
                .field(Field::read_only("busy", 0, 1, ""))
                .field(Field::write_one_to_clear("rang", 1, 1, ""))
                .field(Field::constant("version", 24, 8, 3, "")),
        );
    let block = AxiLiteRegisters::new(map);
    let design = hdl::design("top", |m| {
        let axi: AxiLite<'_> = m.sink_port("s_axil", (4,));
        let registers = block.insert(m, "registers", &axi);
        let period = registers.output("control_period");
        registers.input("status_busy", period.any());
        registers.input("status_rang_set", registers.output("control_start"));
        m.output("irq", registers.output("status_rang"));
    })
    .unwrap();
    let names: Vec<_> = design.modules[0]
        .ports
        .iter()
        .map(|p| &p.name[..])
        .collect();
    assert_eq!(design.modules[0].name, "timer_registers");
    assert_eq!(
        names[names.len() - 5..],
        [
            "control_start",
            "control_period",
            "status_busy",
            "status_rang_set",
            "status_rang"
        ]
    );
}

#[test]
fn registers_that_nobody_writes_leave_the_data_alone() {
    let map = RegisterMap::new("id", "")
        .register(Register::new("version", 0, "").field(Field::constant("value", 0, 32, 7, "")));
    let design = hdl::elaborate(&AxiLiteRegisters::new(map)).unwrap();
    assert!(design.top().port("s_axil_wdata").unwrap().1.shape == unsigned(32));
}

#[test]
#[should_panic(expected = "register map `map`: register map `map` is empty")]
fn a_broken_map_is_refused_at_once() {
    AxiLiteRegisters::new(RegisterMap::new("map", ""));
}
