//! The register map of the matmul core.

use super::{Field, Register, RegisterMap};
use crate::arch::{Dataflow, MatmulArch};

/// What `id` reads as: "FGMM" in ASCII.
pub const MATMUL_ID: u32 = 0x4647_4D4D;
/// What `version` reads as; it changes when a driver must change.
pub const MATMUL_VERSION: u32 = 2;

/// Why a job ended, as `status.error` shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum JobError {
    /// It did not fail.
    None = 0,
    /// The core cannot run these sizes.
    Size = 1,
    /// TLAST of A came too early.
    ATruncated = 2,
    /// TLAST of A was missing on the last beat.
    AOverlong = 3,
    /// TLAST of B came too early.
    BTruncated = 4,
    /// TLAST of B was missing on the last beat.
    BOverlong = 5,
}

impl JobError {
    /// Every code, in ascending order.
    pub const ALL: [JobError; 6] = [
        JobError::None,
        JobError::Size,
        JobError::ATruncated,
        JobError::AOverlong,
        JobError::BTruncated,
        JobError::BOverlong,
    ];

    /// The error of a code.
    pub fn from_code(code: u32) -> Option<JobError> {
        JobError::ALL
            .into_iter()
            .find(|error| *error as u32 == code)
    }

    /// What the code means.
    pub fn meaning(self) -> &'static str {
        match self {
            JobError::None => "no error",
            JobError::Size => "the core cannot run these sizes; nothing was started",
            JobError::ATruncated => "TLAST of A came before its last beat",
            JobError::AOverlong => "TLAST of A was missing on its last beat",
            JobError::BTruncated => "TLAST of B came before its last beat",
            JobError::BOverlong => "TLAST of B was missing on its last beat",
        }
    }
}

/// The registers of a matmul core.
pub fn matmul_registers(name: &str, arch: &MatmulArch) -> RegisterMap {
    let counter = |name: &str, offset, doc: &str| {
        Register::new(name, offset, doc).field(Field::read_only("count", 0, 32, "Clock cycles."))
    };
    let size = |name: &str, offset, doc: &str| {
        Register::new(name, offset, doc).field(Field::read_write("size", 0, 16, "1 to 65535."))
    };
    let limit = |name: &str, offset, value, doc: &str| {
        Register::new(name, offset, doc).field(Field::constant("value", 0, 32, value, "The limit."))
    };
    let errors: Vec<String> = JobError::ALL
        .iter()
        .map(|error| format!("{}: {}", *error as u32, error.meaning()))
        .collect();
    let error_doc = format!(
        "Why the last job failed; cleared by a start while none fails, by abort and by a job that ends well. {}.",
        errors.join("; ")
    );
    let dataflow = match arch.dataflow {
        Dataflow::WeightStationary => 0,
        Dataflow::OutputStationary => 1,
    };
    let log2 = |value: u32| value.trailing_zeros();
    RegisterMap::new(name, "Control and status of a matrix-multiply core.")
        .register(
            Register::new(
                "id",
                0x00,
                "Tells that the core is a Ferrogrid matmul core.",
            )
            .field(Field::constant(
                "id",
                0,
                32,
                MATMUL_ID,
                "\"FGMM\" in ASCII.",
            )),
        )
        .register(
            Register::new("version", 0x04, "Version of this register map.").field(Field::constant(
                "version",
                0,
                32,
                MATMUL_VERSION,
                "Changes when a driver must change.",
            )),
        )
        .register(
            Register::new(
                "config_hash",
                0x08,
                "Tells which configuration the core was made from.",
            )
            .field(Field::constant(
                "hash",
                0,
                32,
                arch.config_hash(),
                "First 32 bits of the SHA-256 of all parameters.",
            )),
        )
        .register(
            Register::new("control", 0x0c, "Starts and ends jobs.")
                .field(Field::write_pulse(
                    "start",
                    0,
                    1,
                    "Starts a job of the sizes in m, k and n, behind those that run; ignored while status.queued is 1, and \
                     together with abort.",
                ))
                .field(Field::write_pulse(
                    "abort",
                    1,
                    1,
                    "Gives up all jobs and returns to idle at once. Withdraws an offered beat of C, leaves its packet open \
                     and clears done, error and jobs_ended. Reset the DMA and every FIFO on the streams with it.",
                )),
        )
        .register(
            Register::new("status", 0x10, "State of the core and of the last job.")
                .field(Field::read_only(
                    "busy",
                    0,
                    1,
                    "A job is running or waits to run.",
                ))
                .field(Field::read_only(
                    "done",
                    1,
                    1,
                    "A job has ended; cleared by start and by abort.",
                ))
                .field(Field::read_only(
                    "queued",
                    2,
                    1,
                    "The job started last has not begun to take operands: another start is ignored.",
                ))
                .field(Field::read_only("error", 4, 4, &error_doc)),
        )
        .register(
            Register::new(
                "interrupt_enable",
                0x14,
                "Which events raise the interrupt.",
            )
            .field(Field::read_write("done", 0, 1, "The end of a job."))
            .field(Field::read_write("error", 1, 1, "The end of a failed job.")),
        )
        .register(
            Register::new("interrupt_status", 0x18, "Which events have happened.")
                .field(Field::write_one_to_clear("done", 0, 1, "A job has ended."))
                .field(Field::write_one_to_clear(
                    "error",
                    1,
                    1,
                    "A job has failed.",
                )),
        )
        .register(size("m", 0x1c, "Rows of A and of C."))
        .register(size("k", 0x20, "Columns of A and rows of B."))
        .register(size("n", 0x24, "Columns of B and of C."))
        .register(counter(
            "cycles",
            0x28,
            "Cycles in which jobs ran, since the last start that found none running; 0 when it was refused. Of one job: \
             from its launch to its end.",
        ))
        .register(counter(
            "active_cycles",
            0x2c,
            "Of these, those in which operands entered the array.",
        ))
        .register(counter(
            "stall_a",
            0x30,
            "Of these, those in which the array waited for A.",
        ))
        .register(counter(
            "stall_b",
            0x34,
            "Of these, those in which the array waited for B.",
        ))
        .register(counter(
            "stall_c",
            0x38,
            "Of these, those in which the array waited for C to be taken.",
        ))
        .register(
            Register::new(
                "jobs_ended",
                0x3c,
                "Jobs that have ended, failed and refused ones included.",
            )
            .field(Field::read_only(
                "count",
                0,
                32,
                "Counts from reset and from the last abort; goes on at 0 after 2^32 - 1.",
            )),
        )
        .register(
            Register::new("array", 0x40, "The array.")
                .field(Field::constant(
                    "rows",
                    0,
                    8,
                    arch.rows,
                    "R, rows of processing elements.",
                ))
                .field(Field::constant(
                    "columns",
                    8,
                    8,
                    arch.columns,
                    "C, columns of processing elements.",
                ))
                .field(Field::constant(
                    "dataflow",
                    16,
                    4,
                    dataflow,
                    "0: weight-stationary; 1: output-stationary.",
                )),
        )
        .register(
            Register::new("formats", 0x44, "Operand and result formats.")
                .field(Field::constant(
                    "a_bits",
                    0,
                    8,
                    arch.activation.bits,
                    "Bits of an element of A.",
                ))
                .field(Field::constant(
                    "b_bits",
                    8,
                    8,
                    arch.weight.bits,
                    "Bits of an element of B.",
                ))
                .field(Field::constant(
                    "c_bits",
                    16,
                    8,
                    arch.result.bits,
                    "Bits of a result.",
                ))
                .field(Field::constant(
                    "a_signed",
                    24,
                    1,
                    arch.activation.signed.into(),
                    "Elements of A are signed.",
                )),
        )
        .register(
            Register::new("streams", 0x48, "Widths of the streams, as log2 of bits.")
                .field(Field::constant("a", 0, 4, log2(arch.a.width), "s_axis_a."))
                .field(Field::constant("b", 4, 4, log2(arch.b.width), "s_axis_b."))
                .field(Field::constant("c", 8, 4, log2(arch.c.width), "m_axis_c.")),
        )
        .register(limit("limit_k", 0x4c, arch.limits.max_k, "Largest k."))
        .register(limit(
            "limit_panels",
            0x50,
            arch.limits.max_panels,
            "Largest ceil(n / columns).",
        ))
        .register(limit(
            "limit_b_vectors",
            0x54,
            arch.limits.max_b_vectors,
            "Largest ceil(n / columns) x k.",
        ))
        .register(
            Register::new("last_failed", 0x58, "Which job failed last.").field(Field::read_only(
                "job",
                0,
                32,
                "What jobs_ended showed when it had ended; 0 if none has failed since reset and the last abort.",
            )),
        )
}
