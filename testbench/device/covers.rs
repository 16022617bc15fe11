//! Cover points are counted alike by every back end, over a whole run with its resets.

use crate::agreement::{backends, rich_scenario, run_all};
use crate::tools;
use crate::toy::{Fault, toy};
use ferrogrid::device::{
    Backend, Goal, Icarus, Interface, Native, Operation, Outcome, Packet, Restart, Scenario, Sink,
    Source, Speed, StallPattern, Verilator, unwatched,
};
use ferrogrid::synth::tools::Tool;
use ferrogrid::verilog::{self, VerilogFile};

fn counts(outcome: &Outcome) -> Vec<(&str, u64)> {
    let covers = outcome.covers.iter();
    covers.map(|cover| (&*cover.path, cover.count)).collect()
}

#[test]
fn hits_are_counted_in_every_simulator() {
    let outcome = run_all(&mut backends(&toy(Fault::None)), &rich_scenario());
    let waits = outcome.sinks[0].waited;
    assert!(waits > 0);
    assert_eq!(
        counts(&outcome),
        [
            ("hundredth_packet", 0),
            ("packet_leaves", 3),
            ("slice.beat_waits", waits),
        ]
    );
}

/// The outcome begins again with a restart, the counts do not: they are the whole run's.
#[test]
fn a_restart_does_not_forget_hits() {
    let mut backends = backends(&toy(Fault::None));
    let whole = run_all(&mut backends, &rich_scenario());
    let cycle = whole.operations[5].end;
    let restart = Some(Restart { cycle, length: 2 });
    let scenario = Scenario {
        restart,
        ..rich_scenario()
    };
    let outcome = run_all(&mut backends, &scenario);
    assert_eq!(counts(&outcome)[1], ("packet_leaves", 5));
}

/// Nothing counts in reset, whatever the condition is.
#[test]
fn nothing_is_hit_in_reset() {
    let scenario = Scenario {
        operations: vec![Operation::Reset(20)],
        ..Scenario::default()
    };
    let outcome = run_all(&mut backends(&toy(Fault::None)), &scenario);
    assert!(outcome.covers.iter().all(|cover| cover.count == 0));
}

/// The text of the design with something put for something else, once.
fn altered(from: &str, to: &str) -> Vec<VerilogFile> {
    let mut files = verilog::emit(&toy(Fault::None));
    let places: usize = files
        .iter()
        .map(|file| file.text.matches(from).count())
        .sum();
    assert_eq!(places, 1, "`{from}` in {}", files[0].text);
    for file in &mut files {
        file.text = file.text.replace(from, to);
    }
    files
}

/// Counters that count wrongly, or are not reported, are not overlooked.
#[test]
fn wrong_counts_are_seen() {
    let design = toy(Fault::None);
    // A beat waits when the reset comes.
    let scenario = Scenario {
        operations: vec![Operation::Idle(8), Operation::Reset(3)],
        sources: vec![Source::new(
            "s_axis_a",
            vec![Packet::new([vec![1], vec![2]]), Packet::new([vec![3]])],
        )],
        sinks: vec![Sink {
            stall: StallPattern::new([vec![true; 30], vec![false; 30]].concat()),
            ..Sink::new("m_axis_c", Goal::Packets(1))
        }],
        ..Scenario::default()
    };
    let right = Native::new(&design)
        .expect("native")
        .run(&scenario, &mut unwatched)
        .expect("a run");
    let bugs = [
        (
            "beat_waits_hits <= beat_waits_hits + 64'd1",
            "beat_waits_hits <= beat_waits_hits + 64'd2",
        ),
        ("packet_leaves_hits = 64'd0", "packet_leaves_hits = 64'd1"),
        (
            "$display(\"FERROGRID_COVER %m hundredth_packet %0d\", hundredth_packet_hits);",
            "",
        ),
        // Counts in reset, too.
        (
            "if (rst_n) begin\n        if (valid && !m_tready) beat_waits_hits",
            "begin\n        if (valid && !m_tready) beat_waits_hits",
        ),
    ];
    let verilator = tools::present(&[Tool::Verilator, Tool::Cxx]);
    let icarus = tools::present(&[Tool::Iverilog, Tool::Vvp]);
    for (from, to) in bugs {
        let files = altered(from, to);
        let interface = Interface::of(&design);
        let mut broken: Vec<Box<dyn Backend>> = Vec::new();
        if verilator {
            let model = Verilator::from_verilog(interface.clone(), files.clone(), Speed::Compile);
            broken.push(Box::new(model.expect("verilator")));
        }
        if icarus {
            broken.push(Box::new(
                Icarus::from_verilog(interface, files).expect("icarus"),
            ));
        }
        for mut backend in broken {
            let wrong = backend.run(&scenario, &mut unwatched).expect("a run");
            assert_ne!(wrong.covers, right.covers, "{}: `{to}`", backend.name());
            assert_ne!(wrong, right);
        }
    }
}
