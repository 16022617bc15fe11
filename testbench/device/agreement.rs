//! The same outcome, to the cycle, from all three back ends.

use crate::toy::{Fault, toy};
use ferrogrid::device::{
    AxiLite, Backend, Goal, Icarus, Native, Operation, Outcome, Packet, Restart, Scenario, Sink,
    Source, Speed, StallPattern, Verilator, unwatched,
};
use ferrogrid::hdl::ir::Design;
use ferrogrid::synth::tools::Tool;

/// Every back end whose tools are installed; says which are left out.
pub fn backends(design: &Design) -> Vec<Box<dyn Backend>> {
    let mut result: Vec<Box<dyn Backend>> = vec![Box::new(Native::new(design).expect("native"))];
    let missing = |tools: &[Tool]| {
        let error = tools.iter().find_map(|tool| tool.find().err())?;
        println!("SKIPPED: {error}");
        Some(error)
    };
    if missing(&[Tool::Verilator, Tool::Cxx]).is_none() {
        result.push(Box::new(
            Verilator::new(design, Speed::Compile).expect("verilator"),
        ));
    }
    if missing(&[Tool::Iverilog, Tool::Vvp]).is_none() {
        result.push(Box::new(Icarus::new(design).expect("icarus")));
    }
    result
}

/// The outcome on which all back ends agree.
pub fn run_all(backends: &mut [Box<dyn Backend>], scenario: &Scenario) -> Outcome {
    let mut outcomes = backends.iter_mut().map(|backend| {
        let outcome = backend.run(scenario, &mut unwatched);
        (
            backend.name(),
            outcome.unwrap_or_else(|error| panic!("{}: {error}", backend.name())),
        )
    });
    let (first, expected) = outcomes.next().expect("a back end");
    for (name, outcome) in outcomes {
        assert_eq!(outcome, expected, "{name} differs from {first}");
    }
    expected
}

fn packet(base: u32, beats: u32) -> Packet {
    Packet::new((0..beats).map(|i| vec![base + i, 100 * i, 7]))
}

/// Everything a scenario can do, once.
fn rich_scenario() -> Scenario {
    Scenario {
        max_cycles: 2000,
        trailing_cycles: 3,
        control: Some(AxiLite::new("s_axil")),
        operations: vec![
            Operation::write(0x0, 5),
            Operation::write(0x4, 1),
            Operation::Read { address: 0x0 },
            Operation::Read { address: 0x20 },
            Operation::WaitInterrupt,
            Operation::Poll {
                address: 0x8,
                mask: u32::MAX,
                value: 2,
            },
            Operation::Reset(3),
            Operation::Idle(5),
            Operation::Write {
                address: 0x0,
                data: 0xaabb_ccdd,
                strobe: 0b0101,
            },
            Operation::WaitPackets {
                sink: 0,
                packets: 3,
            },
        ],
        sources: vec![Source {
            stall: StallPattern::from("..#.##"),
            ..Source::new(
                "s_axis_a",
                vec![
                    packet(10, 5).after(2),
                    packet(20, 3).after(2),
                    packet(30, 4).after(9),
                ],
            )
        }],
        sinks: vec![Sink {
            stall: StallPattern::from("..##.#."),
            ..Sink::new("m_axis_c", Goal::Packets(3))
        }],
        ..Scenario::default()
    }
}

#[test]
fn everything_a_scenario_can_do() {
    let mut backends = backends(&toy(Fault::None));
    let outcome = run_all(&mut backends, &rich_scenario());
    assert!(outcome.is_clean(), "{outcome:#?}");
    let reads: Vec<_> = outcome
        .operations
        .iter()
        .map(|op| (op.data, op.response))
        .collect();
    let ok = (0, 0);
    assert_eq!(reads, [ok, ok, (5, 0), (0, 2), ok, (2, 0), ok, ok, ok, ok]);
    let first_words: Vec<u32> = outcome.sinks[0]
        .beats
        .iter()
        .map(|beat| beat.data[0])
        .collect();
    let mut expected: Vec<u32> = (15..20).chain(25..28).collect();
    expected.extend((30..34).map(|word| word + 0x00bb_00dd));
    assert_eq!(first_words, expected);
}

#[test]
fn a_restart_at_any_cycle_changes_only_when() {
    let mut backends = backends(&toy(Fault::None));
    let whole = run_all(&mut backends, &rich_scenario());
    for cycle in (0..whole.cycles).step_by(7) {
        let restart = Some(Restart {
            cycle,
            length: 1 + (cycle % 3) as u32,
        });
        let outcome = run_all(
            &mut backends,
            &Scenario {
                restart,
                ..rich_scenario()
            },
        );
        assert!(outcome.is_clean(), "{outcome:#?}");
        let payloads = |outcome: &Outcome| -> Vec<_> {
            outcome.sinks[0]
                .beats
                .iter()
                .map(|beat| (beat.data.clone(), beat.last))
                .collect()
        };
        assert_eq!(payloads(&outcome), payloads(&whole), "restart at {cycle}");
    }
}
