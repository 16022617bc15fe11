//! Cells close without issues and refuse what they cannot be.

use super::*;
use crate::hdl::{
    self, AnyBlock, AxiLite, Block, Module, Pins, connect, hardware, signed, unsigned,
};
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
    #[hardware]
    fn top(m: &Module, block: &AxiLiteRegisters) {
        let told = m.wires(Pins::of(block.told()));
        let shown = [
            ("status_busy", told["control_period"].any()),
            ("status_rang_set", told["control_start"]),
        ];
        let inputs = AxiLiteRegistersInputs {
            s_axil: m.sink_port("s_axil", AxiLite::of(4)),
            shown: Pins::new(shown),
        };
        connect(&m.instance(block, inputs), &told);
        m.output("irq", told["status_rang"]);
    }
    let design = hdl::design("top", |m| top(m, &block)).unwrap();
    let names: Vec<_> = design.modules[0]
        .ports
        .iter()
        .map(|p| &p.name[..])
        .collect();
    assert_eq!(design.modules[0].name, "timer_registers");
    assert_eq!(
        names[names.len() - 5..],
        [
            "status_busy",
            "status_rang_set",
            "control_start",
            "control_period",
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

#[test]
fn every_cell_closes_at_every_size() {
    for shape in [unsigned(1), signed(1), unsigned(9), signed(70)] {
        let mut blocks: Vec<Box<dyn AnyBlock>> = vec![
            Box::new(SkidBuffer { shape }),
            Box::new(RegisterSlice {
                shape,
                cut: Cut::Forward,
            }),
            Box::new(RegisterSlice {
                shape,
                cut: Cut::Both,
            }),
            Box::new(Counter { width: shape.width }),
            Box::new(SimpleDualPortRam::new(shape.width, 3)),
        ];
        for depth in [1, 2, 3, 4, 32, 33] {
            for storage in Storage::ALL {
                blocks.push(Box::new(Fifo::new(shape, depth).storage(storage)));
            }
        }
        for cycles in [0, 1, 5] {
            blocks.push(Box::new(ShiftLine { shape, cycles }));
        }
        for block in blocks {
            if let Err(error) = hdl::elaborate(&*block) {
                panic!("{block:?}: {error}");
            }
        }
    }
}

#[test]
fn module_names_carry_what_varies() {
    let names = [
        Fifo::new(unsigned(8), 16).module_name(),
        Fifo::new(signed(8), 16).module_name(),
        Fifo::queue(signed(8), 16).module_name(),
        Fifo::new(unsigned(8), 33).module_name(),
        Fifo::new(unsigned(8), 33)
            .storage(Storage::Registers)
            .module_name(),
        SkidBuffer { shape: signed(5) }.module_name(),
        RegisterSlice {
            shape: unsigned(5),
            cut: Cut::Both,
        }
        .module_name(),
        SimpleDualPortRam::new(64, 512)
            .granularity(8)
            .no_collision()
            .attribute("ram_style = \"block\"")
            .module_name(),
        ShiftLine {
            shape: unsigned(5),
            cycles: 2,
        }
        .module_name(),
    ];
    assert_eq!(
        names,
        [
            "fifo_8x16",
            "fifo_s8x16",
            "fifo_words_s8x16",
            "fifo_ram_8x33",
            "fifo_8x33",
            "skid_buffer_s5",
            "register_slice_both_5",
            "ram_64x512_by_8_apart_ram_style_block",
            "shift_line_5x2",
        ]
    );
}

#[test]
#[should_panic(expected = "a FIFO needs a depth of at least 1")]
fn a_fifo_without_depth_is_refused() {
    Fifo::new(unsigned(8), 0);
}
