//! Programs that go wrong: the machine says why, completes its bursts, and runs the next program.

use super::Machine;
use ferrogrid::arch::NpuArch;
use ferrogrid::config::{Bytes, NpuConfig};
use ferrogrid::device::npu::{ProgramRun, READ_LATENCY};
use ferrogrid::device::{Operation, Refusal};
use ferrogrid::isa::npu::{Instruction, npu_registers};
use ferrogrid::reference::run_program;
use ferrogrid::verify::npu::machine_size;

/// Causes of `status.cause`.
const ILLEGAL: u32 = 1;
const OVERFLOW: u32 = 2;
const READ_FAILED: u32 = 3;
const WRITE_FAILED: u32 = 4;
const WATCHDOG: u32 = 5;
const STOPPED: u32 = 6;
const OUT_OF_RANGE: u32 = 7;

fn assemble(text: &str) -> Vec<Instruction> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.parse().unwrap())
        .collect()
}

/// A product behind whatever was there: loads, weights, passes, results and a store.
const GOOD: &str = "
    load region=0 offset=8192 target=1 run=32 rows=1 planes=1 signal=1
    load offset=8448 run=64 rows=1 planes=1 signal=0
    weights offset=8704 tiles=1
    matrix pitch=8 width=8 height=8 blocks=1 kernel_rows=1 taps=1 rows=8 row_step=1 columns=1 release begin end wait=0
    post address=4096 rows=8 row_pitch=8 columns=1 channels=8 window=1 multiplier=1342177280 shift=-7 low=-128 high=127 wait=1 signal=2
    store offset=12288 address=4096 run=64 rows=1 planes=1 wait=2
    end code=9";

/// What is done to the bad program.
#[derive(Default)]
struct Fault {
    refusals: Vec<(u64, Refusal)>,
    stops: bool,
    /// The bad program is fetched and never started.
    is_forgotten: bool,
    watchdog: u32,
    /// Bytes of the program that are changed.
    bytes: Vec<(usize, u8)>,
    /// The DRAM address that the core must name.
    address: u32,
    /// The core has no VECTOR.
    without_vector: bool,
}

/// Runs a bad program and then a good one on the same machine; gives cause and index of the bad one.
fn recover(bad: &str, fault: &Fault) -> (u32, u32) {
    let mut config = NpuConfig::new(8, 8);
    config.memory.scratchpad = Some(Bytes::kib(8));
    config.memory.weights = Some(Bytes::kib(1));
    config.vector.taps = fault.without_vector.then_some(0);
    let arch = NpuArch::new(&config).unwrap();
    let (bad, good) = (assemble(bad), assemble(GOOD));
    let mut run = ProgramRun::new(&bad, 0x4000);
    for (at, byte) in &fault.bytes {
        run.dram[*at] = *byte;
    }
    for (at, instruction) in good.iter().enumerate() {
        let place = 0x1000 + 32 * at;
        run.dram[place..place + 32].copy_from_slice(&instruction.encode().unwrap());
    }
    for (at, byte) in run.dram[0x2000..0x2400].iter_mut().enumerate() {
        *byte = (at * 37 + at / 11) as u8;
    }
    let mut expected = run.dram.clone();
    assert_eq!(
        run_program(&machine_size(&arch), &good, [0; 4], &mut expected),
        Ok(9)
    );

    let map = npu_registers(&arch.module_name(), &arch);
    let at = |name: &str| map.get(name).offset;
    let mut scenario = run.scenario(&arch);
    let start = scenario
        .operations
        .iter()
        .position(|of| *of == Operation::WaitInterrupt)
        .unwrap();
    scenario.operations.truncate(start);
    let operations = &mut scenario.operations;
    operations.insert(0, Operation::write(at("watchdog"), fault.watchdog));
    if fault.is_forgotten {
        operations.pop();
    }
    if fault.stops || fault.is_forgotten {
        operations.push(Operation::Idle(300));
        operations.push(Operation::write(at("control"), 2));
    }
    operations.push(Operation::WaitInterrupt);
    operations.push(Operation::Read {
        address: at("status"),
    });
    operations.push(Operation::Read {
        address: at("index"),
    });
    operations.push(Operation::Read {
        address: at("fault_low"),
    });
    operations.push(Operation::write(at("interrupt_status"), 3));
    operations.push(Operation::write(at("program_low"), 0x1000));
    operations.push(Operation::write(at("instructions"), good.len() as u32));
    operations.push(Operation::write(at("control"), 1));
    operations.push(Operation::Poll {
        address: at("interrupt_status"),
        mask: 1,
        value: 1,
    });
    operations.push(Operation::Read {
        address: at("status"),
    });
    scenario.memories[0].refusals = fault.refusals.clone();
    scenario.memories[0].latency = READ_LATENCY;
    scenario.max_cycles = 20_000;
    let outcome = Machine::new(&arch).scenario(&scenario);
    let words: Vec<u32> = outcome.operations.iter().map(|of| of.data).collect();
    assert_eq!(
        words.len(),
        scenario.operations.len(),
        "the good program does not end: {words:?}"
    );
    let first = words.len() - 9;
    assert_eq!(words[first + 2], fault.address, "the address of an error");
    assert_eq!(words[words.len() - 1], 9 << 16, "the good program");
    // What the bad program may have stored is elsewhere.
    assert_eq!(
        outcome.memories[0].bytes[0x3000..0x3040],
        expected[0x3000..0x3040]
    );
    (words[first] >> 4 & 0xf, words[first + 1])
}

#[test]
fn instructions_that_are_none() {
    let ends = "end\nend\nend";
    let opcode = Fault {
        bytes: vec![(32, 0x0f)],
        ..Fault::default()
    };
    assert_eq!(
        recover(&format!("fence units=1\n{ends}"), &opcode),
        (ILLEGAL, 1)
    );
    let reserved = Fault {
        bytes: vec![(31, 0x80)],
        ..Fault::default()
    };
    assert_eq!(recover(ends, &reserved), (ILLEGAL, 0));
    let without_vector = Fault {
        without_vector: true,
        ..Fault::default()
    };
    let vector = "vector kernel_rows=1 groups=1 taps=1 rows=1 columns=1\nend";
    assert_eq!(recover(vector, &without_vector), (ILLEGAL, 0));
    for wants_vector in [
        "post rows=1 columns=1 channels=1 window=1 vector\nend",
        "load run=8 rows=1 planes=1 target=6\nend",
    ] {
        let found = recover(wants_vector, &without_vector);
        assert_eq!(found, (OUT_OF_RANGE, 0), "{wants_vector}");
    }
}

#[test]
fn semaphores_that_overflow() {
    let bad = "load run=1 rows=300 planes=1 signal=0/1\nfence units=1\nend";
    assert_eq!(recover(bad, &Fault::default()).0, OVERFLOW);
}

#[test]
fn dram_that_refuses() {
    let read = Fault {
        refusals: vec![(0x2528, Refusal::Subordinate)],
        address: 0x2528,
        ..Fault::default()
    };
    let bad =
        "load offset=9472 run=64 rows=4 row_stride=64 row_pitch=64 planes=1\nfence units=1\nend";
    assert_eq!(recover(bad, &read).0, READ_FAILED);
    let write = Fault {
        refusals: vec![(0x3810, Refusal::Decode)],
        address: 0x3800,
        ..Fault::default()
    };
    let bad = "load offset=8192 run=64 rows=1 planes=1 signal=0
               store offset=14336 run=64 rows=1 planes=1 wait=0
               fence units=8
               end";
    assert_eq!(recover(bad, &write).0, WRITE_FAILED);
    let program = Fault {
        refusals: vec![(0x20, Refusal::Decode)],
        ..Fault::default()
    };
    assert_eq!(recover("fence units=1\nend", &program).0, READ_FAILED);
    // What comes with the error, in the last beat of an instruction, is none.
    let nothing = Fault {
        refusals: vec![(0x38, Refusal::Decode)],
        bytes: vec![(0x3f, 0x80)],
        ..Fault::default()
    };
    assert_eq!(recover("fence units=1\nend", &nothing).0, READ_FAILED);
}

#[test]
fn what_waits_for_ever() {
    let watchdog = || Fault {
        watchdog: 500,
        ..Fault::default()
    };
    for bad in [
        "load run=4 rows=1 planes=1 wait=3\nend",
        "weights offset=8192 tiles=100\nend",
        "matrix pitch=8 width=8 height=8 blocks=1 kernel_rows=1 taps=1 rows=8 row_step=1 columns=1 begin end\nend",
        "post rows=1 columns=1 channels=1 window=1\nend",
        "load run=64 rows=1 planes=1 signal=0\nstore offset=14336 run=64 rows=1 planes=1 wait=0:2\nend",
    ] {
        assert_eq!(recover(bad, &watchdog()).0, WATCHDOG, "{bad}");
        let stop = Fault {
            stops: true,
            ..Fault::default()
        };
        assert_eq!(recover(bad, &stop).0, STOPPED, "{bad}");
    }
}

#[test]
fn programs_that_are_fetched_and_not_started() {
    for (bad, refusals) in [
        ("end code=1", vec![]),
        ("fence units=15\n".repeat(20).as_str(), vec![]),
        ("end code=1", vec![(0, Refusal::Decode)]),
    ] {
        let forgotten = Fault {
            refusals,
            is_forgotten: true,
            ..Fault::default()
        };
        assert_eq!(recover(bad, &forgotten).0, STOPPED, "{bad}");
    }
}

#[test]
fn stops_in_the_midst_of_transfers() {
    for bad in [
        "load offset=8192 run=1024 rows=200 planes=1\nend",
        "load offset=8192 run=1024 rows=1 planes=1 signal=0\nstore offset=14336 run=1024 rows=200 planes=1 wait=0\nend",
        "weights offset=8192 tiles=16
         matrix pitch=8 width=8 height=8 blocks=16 kernel_rows=1 taps=1 rows=100 row_step=1 columns=1 release begin end
         end",
    ] {
        let stop = Fault { stops: true, ..Fault::default() };
        assert_eq!(recover(bad, &stop).0, STOPPED, "{bad}");
    }
}

/// Counts of 0 and addresses beyond the memories: before the instruction where its fields say so, else where
/// the unit comes to them. The scratchpad has halves of 4,096 bytes.
#[test]
fn what_is_out_of_range() {
    let matrix =
        "matrix pitch=8 width=8 height=8 blocks=1 kernel_rows=1 taps=1 rows=8 row_step=1 columns=1";
    let post = "post rows=8 row_pitch=8 columns=1 channels=8 window=1";
    let vector =
        "vector pitch=8 width=8 height=8 kernel_rows=1 groups=1 taps=1 rows=8 row_step=1 columns=1";
    let at_decode = [
        "load run=0 rows=1 planes=1".to_owned(),
        "load run=8 rows=0 planes=1".to_owned(),
        "load run=8 rows=1 planes=1 address=8192".to_owned(),
        "load run=8 rows=1 planes=1 target=1 address=1024".to_owned(),
        "load run=8 rows=1 planes=1 target=4 address=512".to_owned(),
        "load run=8 rows=1 planes=1 target=6 address=1024".to_owned(),
        "load run=8 rows=1 planes=1 target=7".to_owned(),
        "weights tiles=0".to_owned(),
        matrix.replace("taps=1", "taps=0"),
        format!("{matrix} address=8192"),
        format!("{matrix} tile=16"),
        post.replace("window=1", "window=0"),
        post.replace("channels=8", "channels=9"),
        format!("{post} address=8192"),
        format!("{post} residual residual_address=8192"),
        format!("{post} parameters=1024"),
        vector.replace("kernel_rows=1", "kernel_rows=0"),
        vector.replace("groups=1", "groups=0"),
        vector.replace("taps=1", "taps=0"),
        // One tap at a time is all that this core has.
        vector.replace("taps=1", "taps=2"),
        format!("{vector} address=8192"),
        format!("{vector} weights=1024"),
        "store run=8 rows=1 planes=0".to_owned(),
        "store run=8 rows=1 planes=1 address=8192".to_owned(),
    ];
    for instruction in at_decode {
        let bad = format!("load run=8 rows=1 planes=1\n{instruction}\nend");
        let found = recover(&bad, &Fault::default());
        assert_eq!(found, (OUT_OF_RANGE, 1), "{instruction}");
    }
    let bank = format!("weights offset=8704 tiles=1\n{matrix} release begin end");
    let many = |rows: &str, columns: &str| {
        let matrix = matrix.replace(" rows=8", &format!(" {rows}"));
        matrix.replace("columns=1", columns)
    };
    let windows = many("rows=65", "columns=1").replace("taps=1", "taps=2");
    let on_the_way = [
        // A run in both halves, a row, and a plane, behind the end.
        "load address=4090 run=8 rows=1 planes=1".to_owned(),
        "load address=4096 run=8 rows=2 row_pitch=4090 planes=1".to_owned(),
        "load address=4096 run=8 rows=1 planes=3 plane_pitch=4096".to_owned(),
        "store address=8184 run=9 rows=1 planes=1".to_owned(),
        // Behind the last of 1,024 channels, and the last entry.
        "load target=1 address=1022 run=16 rows=1 planes=1".to_owned(),
        "load target=3 run=32 rows=3 row_pitch=512 planes=1".to_owned(),
        "load target=4 address=496 run=128 rows=1 planes=1".to_owned(),
        // Behind the last of 1,024 groups of weights.
        "load target=6 address=1022 run=24 rows=1 planes=1".to_owned(),
        "load target=6 run=8 rows=3 row_pitch=512 planes=1".to_owned(),
        "store run=8 rows=3 row_pitch=4096 planes=1".to_owned(),
        format!("{bank}\n{post} address=4093"),
        format!("{bank}\n{}", post.replace("row_pitch=8", "row_pitch=4090")),
        format!("{bank}\n{} address=8176", post.replace("rows=8", "rows=3")),
        // Behind the last of 128 vectors of a bank: MATRIX in a pass, in its rows and in its windows; POST.
        format!(
            "weights tiles=1\n{} release begin end",
            many("rows=65", "columns=2")
        ),
        format!(
            "weights tiles=9\n{} row_tiles begin end",
            many("rows=9", "columns=16")
        ),
        format!("weights tiles=1\n{} release windows begin end", windows),
        format!(
            "{bank}\n{}",
            post.replace("rows=8", "rows=65")
                .replace("window=1", "window=2")
        ),
        // Bytes of a packed vector in the same bank.
        format!(
            "weights tiles=1\n{} packed tap_step=7 kernel_row_step=1 release begin end",
            matrix
        ),
        format!("{} begin end", vector.replace("rows=8", "rows=129")),
        format!("{} weights=1023", vector.replace("groups=1", "groups=2")),
        // Behind the last of 1,024 channels, in a row and in the next one.
        format!("{bank}\n{post} parameters=1020"),
        format!(
            "{bank}\n{} parameters=1016 row_parameters",
            post.replace("rows=8", "rows=2")
        ),
    ];
    for instructions in on_the_way {
        let bad = format!("{instructions}\nfence units=31\nend");
        let (cause, _) = recover(&bad, &Fault::default());
        assert_eq!(cause, OUT_OF_RANGE, "{instructions}");
    }
    let last = [
        "load address=4088 run=8 rows=2 row_pitch=4096 planes=1".to_owned(),
        "load target=1 address=1016 run=32 rows=1 planes=1".to_owned(),
        "load target=6 address=1020 run=32 rows=1 planes=1".to_owned(),
        format!("{bank}\n{} address=8128", post),
        format!(
            "weights tiles=1\n{} release begin end\n{post}",
            many("rows=64", "columns=2")
        ),
        format!(
            "{bank}\n{} parameters=1008 row_parameters",
            post.replace("rows=8", "rows=2")
        ),
    ];
    for instructions in last {
        let bad = format!("{instructions}\nfence units=31\nend");
        assert_eq!(recover(&bad, &Fault::default()).0, 0, "{instructions}");
    }
}
