//! The same outcome, to the cycle, from all three back ends.

use crate::tools;
use crate::toy::{Fault, toy};
use ferrogrid::device::{
    AxiLite, Backend, Goal, Icarus, Native, Operation, Outcome, Packet, Restart, Scenario, Sink,
    Source, Speed, StallPattern, Verilator, unwatched,
};
use ferrogrid::hdl::ir::Design;
use ferrogrid::synth::tools::Tool;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;

/// Every back end whose tools are installed; says which are left out.
pub fn backends(design: &Design) -> Vec<Box<dyn Backend>> {
    let mut result: Vec<Box<dyn Backend>> = vec![Box::new(Native::new(design).expect("native"))];
    if tools::present(&[Tool::Verilator, Tool::Cxx]) {
        result.push(Box::new(
            Verilator::new(design, Speed::Compile).expect("verilator"),
        ));
    }
    if tools::present(&[Tool::Iverilog, Tool::Vvp]) {
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
pub fn rich_scenario() -> Scenario {
    Scenario {
        max_cycles: 2000,
        trailing_cycles: 3,
        interrupt: "interrupt".into(),
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

#[test]
fn models_run_beside_each_other_in_one_process() {
    let expected = run_all(&mut backends(&toy(Fault::None)), &rich_scenario());
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    std::thread::scope(|scope| {
        for fault in [Fault::None, Fault::Deaf, Fault::None, Fault::NoLast] {
            let expected = &expected;
            scope.spawn(move || {
                for _ in 0..20 {
                    // Loaded and unloaded each time.
                    let model = Verilator::new(&toy(fault), Speed::Compile);
                    let mut model = model.expect("a model");
                    let outcome = model.run(&rich_scenario(), &mut unwatched).expect("a run");
                    assert_eq!(&outcome == expected, fault == Fault::None, "{fault:?}");
                }
            });
        }
    });
}

fn stall() -> impl Strategy<Value = StallPattern> {
    // Never all set: the run would wait for ever.
    prop::collection::vec(any::<bool>(), 0..12).prop_map(|mut bits| {
        if let Some(bit) = bits.last_mut() {
            *bit = false;
        }
        StallPattern::new(bits)
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let address = prop::sample::select(vec![0u32, 4, 8, 12, 0xfc]);
    prop_oneof![
        (address.clone(), any::<u32>(), 0u8..16).prop_map(|(address, data, strobe)| {
            Operation::Write {
                address,
                data,
                strobe,
            }
        }),
        address.prop_map(|address| Operation::Read { address }),
        (0u32..12).prop_map(Operation::Idle),
        (1u32..4).prop_map(Operation::Reset),
        (0usize..3).prop_map(|packets| Operation::WaitPackets { sink: 0, packets }),
        Just(Operation::WaitInterrupt),
        (0u32..3).prop_map(|value| Operation::Poll {
            address: 8,
            mask: 3,
            value
        }),
    ]
}

prop_compose! {
    fn any_packet()(
        words in prop::collection::vec((any::<[u32; 2]>(), 0u32..256, any::<bool>()), 0..7),
        after in any::<prop::sample::Index>(),
        last in any::<bool>(),
    ) -> (Packet, prop::sample::Index) {
        let payloads = words.iter().map(|(low, top, _)| vec![low[0], low[1], *top]);
        let mut packet = Packet::new(payloads);
        for (beat, (.., extra)) in packet.beats.iter_mut().zip(&words) {
            beat.last = (beat.last && last) || (*extra && !last);
        }
        (packet, after)
    }
}

prop_compose! {
    /// Anything, sensible or not: many of these runs end with a time-out.
    fn any_scenario()(
        operations in prop::collection::vec(operation(), 0..8),
        packets in prop::collection::vec(any_packet(), 0..5),
        stalls in prop::collection::vec(stall(), 7),
        goal in prop_oneof![(0usize..12).prop_map(Goal::Beats), (0usize..4).prop_map(Goal::Packets)],
        restart in prop::option::of((0u64..120, 0u32..5)),
        optional in any::<bool>(),
        (reset_cycles, trailing_cycles) in (1u32..6, 0u32..6),
        max_cycles in prop_oneof![1u64..40, Just(250)],
    ) -> Scenario {
        let mut stalls = stalls.into_iter();
        let mut stall = || stalls.next().expect("enough");
        let packets = packets.into_iter().map(|(packet, after)| {
            packet.after(after.index(operations.len() + 1))
        });
        Scenario {
            max_cycles,
            reset_cycles,
            restart: restart.map(|(cycle, length)| Restart { cycle, length }),
            trailing_cycles,
            control: Some(AxiLite {
                prefix: "s_axil".to_owned(),
                aw_stall: stall(),
                w_stall: stall(),
                b_stall: stall(),
                ar_stall: stall(),
                r_stall: stall(),
            }),
            sources: vec![Source {
                prefix: "s_axis_a".to_owned(),
                packets: packets.collect(),
                stall: stall(),
                optional,
            }],
            sinks: vec![Sink { prefix: "m_axis_c".to_owned(), goal, stall: stall() }],
            operations,
            memories: Vec::new(),
            uarts: Vec::new(),
            interrupt: "interrupt".into(),
        }
    }
}

/// Runs random scenarios, all the same at each run of the test.
fn random_scenarios(backends: Vec<Box<dyn Backend>>, cases: u32) {
    let backends = RefCell::new(backends);
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&any_scenario(), |scenario| {
        let mut outcomes = Vec::new();
        for backend in backends.borrow_mut().iter_mut() {
            let outcome = backend.run(&scenario, &mut unwatched);
            let outcome = outcome.map_err(|error| TestCaseError::fail(error.to_string()))?;
            outcomes.push((backend.name(), outcome));
        }
        for pair in outcomes.windows(2) {
            prop_assert_eq!(&pair[0].1, &pair[1].1, "{} and {}", pair[0].0, pair[1].0);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn random_scenarios_natively_and_through_verilator() {
    for fault in [Fault::None, Fault::ValidFalls, Fault::ReadChanges] {
        let mut backends = backends(&toy(fault));
        backends.retain(|backend| backend.name() != "icarus");
        random_scenarios(backends, 400);
    }
}

#[test]
fn random_scenarios_everywhere() {
    random_scenarios(backends(&toy(Fault::None)), 60);
}
