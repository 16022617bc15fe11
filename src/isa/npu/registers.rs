//! The register map of the NPU.

use super::super::{Field, Register, RegisterMap};
use super::REGIONS;
use crate::arch::NpuArch;

/// What `id` reads as: "FGNP" in ASCII.
pub const NPU_ID: u32 = 0x4647_4E50;
/// What `version` reads as; it changes when a driver must change.
pub const NPU_VERSION: u32 = 1;

/// Offset of the first register of a DRAM region's base; the next region's is 8 behind.
const BASES: u32 = 0x30;
/// Offset of the address of an error of DRAM.
const FAULT: u32 = 0x50;
/// Offset of the first counter; each has 8 bytes.
const COUNTERS: u32 = 0x58;

/// The counters, in their order, and what they count since the start.
pub const COUNTERS_OF: [(&str, &str); 11] = [
    (
        "cycles",
        "Clock cycles from the start to the end of the program.",
    ),
    (
        "load_busy",
        "Cycles in which LOAD or WEIGHTS was under way.",
    ),
    ("matrix_active", "Cycles in which the array took a vector."),
    ("post_active", "Cycles in which POST took sums."),
    ("store_busy", "Cycles in which STORE was under way."),
    (
        "stall_weights",
        "Cycles in which the array waited for weights.",
    ),
    (
        "stall_bank",
        "Cycles in which the array waited for an accumulator bank.",
    ),
    (
        "read_beats",
        "Beats read from DRAM, the program's included.",
    ),
    ("write_beats", "Beats written to DRAM."),
    (
        "vector_active",
        "Cycles in which VECTOR completed a vector as far as its pass goes.",
    ),
    (
        "stall_scratchpad",
        "Cycles in which VECTOR waited for the scratchpad.",
    ),
];

/// The values of the field `cause` of the register `status`, in their order: names, and what they mean.
pub const CAUSES: [(&str, &str); 8] = [
    ("ended", "it ended"),
    ("illegal", "an instruction is none"),
    ("overflow", "a semaphore overflowed"),
    ("read_failed", "a read failed"),
    ("write_failed", "a write failed"),
    ("watchdog", "the watchdog saw nothing move"),
    ("stopped", "the host stopped it"),
    ("out_of_range", "a count is 0 or an address out of range"),
];

/// A register with one field of all bits.
fn word(name: &str, offset: u32, field: Field) -> Register {
    let doc = field.doc.clone();
    Register::new(name, offset, &doc).field(field)
}

/// The registers of an NPU.
pub fn npu_registers(name: &str, arch: &NpuArch) -> RegisterMap {
    registers(name, |doc| {
        Field::constant("value", 0, 32, arch.config_hash(), doc)
    })
}

/// The registers that are where they are in every NPU.
pub(super) fn registers_of_all() -> RegisterMap {
    registers("npu", |doc| Field::read_only("value", 0, 32, doc))
}

/// The registers, with a field for the hash of the configuration that has this documentation.
fn registers(name: &str, config_hash: impl Fn(&str) -> Field) -> RegisterMap {
    let constant = |name: &str, offset, value, doc: &str| {
        word(name, offset, Field::constant("value", 0, 32, value, doc))
    };
    let flag = |name, lsb, doc| Field::read_only(name, lsb, 1, doc);
    let causes = CAUSES.iter().enumerate();
    let causes = causes.map(|(number, (_, what))| format!("{number} {what}"));
    let causes = causes.collect::<Vec<_>>().join("; ");
    let mut map = RegisterMap::new(name, "Control and status of a core that runs networks.")
        .register(constant("id", 0x00, NPU_ID, "\"FGNP\" in ASCII."))
        .register(constant("version", 0x04, NPU_VERSION, "Changes when a driver must change."))
        .register(word(
            "config_hash",
            0x08,
            config_hash("First 32 bits of the SHA-256 of all parameters: programs are made for one."),
        ))
        .register(
            Register::new("control", 0x0c, "Starts programs.").field(Field::write_pulse(
                "start",
                0,
                1,
                "Starts the program at program, when the one before has ended.",
            ))
            .field(Field::write_pulse(
                "stop",
                1,
                1,
                "Stops the program: bursts are completed, and all else is forgotten.",
            ))
            .field(Field::write_pulse(
                "fetch",
                2,
                1,
                "Reads the first instructions of the program at program ahead, when the one before has ended: the \
                 next start begins with them. Neither they nor program and instructions may change in between, \
                 unless stop has them forgotten.",
            )),
        )
        .register(
            Register::new("status", 0x10, "State of the core and of the last program.")
                .field(flag("busy", 0, "A program runs."))
                .field(Field::read_only(
                    "cause",
                    4,
                    4,
                    &format!("Why the last program stopped: {causes}."),
                ))
                .field(Field::read_only("code", 16, 16, "What the last END said; a program that stops leaves it.")),
        )
        .register(
            Register::new("interrupt_enable", 0x14, "Which events raise the interrupt.")
                .field(Field::read_write("done", 0, 1, "A program ended."))
                .field(Field::read_write("error", 1, 1, "A program stopped before its end.")),
        )
        .register(
            Register::new("interrupt_status", 0x18, "Which events have happened.")
                .field(Field::write_one_to_clear("done", 0, 1, "A program has ended."))
                .field(Field::write_one_to_clear("error", 1, 1, "A program has stopped.")),
        )
        .register(word(
            "program_low",
            0x1c,
            Field::read_write("address", 0, 32, "Address of the program, at a beat of the bus."),
        ))
        .register(word(
            "program_high",
            0x20,
            Field::read_write("address", 0, NpuArch::ADDRESS_BITS - 32, "Its upper bits."),
        ))
        .register(word(
            "instructions",
            0x24,
            Field::read_write("count", 0, 16, "Instructions of the program."),
        ))
        .register(word(
            "index",
            0x28,
            Field::read_only(
                "index",
                0,
                16,
                "Instructions that the front end has taken, or put into queues: of a program that stopped with cause 1, or \
                 7 in a field, that is the number of the one that is wrong; what a unit came upon is in front of it.",
            ),
        ))
        .register(word(
            "watchdog",
            0x2c,
            Field::read_write(
                "cycles",
                0,
                32,
                "Cycles in which nothing moves, after which a program is stopped; 0: never.",
            )
            .reset(1 << 20),
        ));
    for region in 0..REGIONS {
        let offset = BASES + 8 * region;
        map = map
            .register(word(
                &format!("base_{region}_low"),
                offset,
                Field::read_write("address", 0, 32, "Address of the DRAM region."),
            ))
            .register(word(
                &format!("base_{region}_high"),
                offset + 4,
                Field::read_write("address", 0, NpuArch::ADDRESS_BITS - 32, "Its upper bits."),
            ));
    }
    map = map
        .register(word(
            "fault_low",
            FAULT,
            Field::read_only(
                "address",
                0,
                32,
                "DRAM address of the first beat of a LOAD that was answered with an error, or of the first beat of the run \
                 of a STORE; 0 where there was none.",
            ),
        ))
        .register(word(
            "fault_high",
            FAULT + 4,
            Field::read_only("address", 0, NpuArch::ADDRESS_BITS - 32, "Its upper bits."),
        ));
    for (index, (name, doc)) in (0..).zip(COUNTERS_OF) {
        let offset = COUNTERS + 8 * index;
        map = map
            .register(word(
                &format!("{name}_low"),
                offset,
                Field::read_only("count", 0, 32, doc),
            ))
            .register(word(
                &format!("{name}_high"),
                offset + 4,
                Field::read_only("count", 0, 32, "Its upper bits."),
            ));
    }
    map
}
