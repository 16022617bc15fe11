//! What goes wrong in a core is seen, and said alike, by every back end.

use crate::agreement::{backends, run_all};
use crate::toy::{Fault, toy};
use ferrogrid::device::{
    AxiLite, Goal, Operation, Packet, Scenario, Sink, Source, StallPattern, unwatched,
};

/// A few accesses and one packet, with pauses everywhere.
fn scenario(first_top_byte: u32) -> Scenario {
    let control = AxiLite {
        b_stall: StallPattern::from("###."),
        r_stall: StallPattern::from("####."),
        ..AxiLite::new("s_axil")
    };
    let beats = (0..6).map(|i| vec![i, i, first_top_byte + i]);
    Scenario {
        max_cycles: 300,
        control: Some(control),
        operations: vec![
            Operation::write(0x0, 1),
            Operation::Read { address: 0x0 },
            Operation::Poll {
                address: 0x8,
                mask: 0xff,
                value: 1,
            },
        ],
        sources: vec![Source::new("s_axis_a", vec![Packet::new(beats)])],
        sinks: vec![Sink {
            stall: StallPattern::from("##.#"),
            ..Sink::new("m_axis_c", Goal::Packets(1))
        }],
        ..Scenario::default()
    }
}

/// All back ends report this failure first.
#[track_caller]
fn check(fault: Fault, expected: &str) {
    let outcome = run_all(&mut backends(&toy(fault)), &scenario(0));
    let first = outcome
        .failures
        .first()
        .map(|failure| failure.message.as_str());
    assert_eq!(first, Some(expected), "{fault:?}: {outcome:#?}");
}

#[test]
fn a_sound_core_has_no_failures() {
    let outcome = run_all(&mut backends(&toy(Fault::None)), &scenario(0));
    assert!(outcome.is_clean(), "{outcome:#?}");
}

#[test]
fn broken_stream_rules() {
    check(
        Fault::ValidFalls,
        "m_axis_c_tvalid fell before the beat was taken",
    );
    check(
        Fault::PayloadChanges,
        "the payload of m_axis_c changed before it was taken",
    );
}

#[test]
fn broken_write_rules() {
    check(
        Fault::WriteResponseFalls,
        "s_axil_bvalid fell before bready",
    );
    check(
        Fault::WriteResponseChanges,
        "s_axil_bresp changed before bready",
    );
    check(
        Fault::WriteResponseUnasked,
        "s_axil_bvalid without an accepted write",
    );
}

#[test]
fn broken_read_rules() {
    check(Fault::ReadFalls, "s_axil_rvalid fell before rready");
    check(
        Fault::ReadChanges,
        "s_axil_rdata or rresp changed before rready",
    );
    check(Fault::ReadUnasked, "s_axil_rvalid without an accepted read");
}

#[test]
fn a_failed_assertion_has_its_cycle_and_path() {
    let outcome = run_all(&mut backends(&toy(Fault::None)), &scenario(0xec));
    let messages: Vec<String> = outcome.failures.iter().map(ToString::to_string).collect();
    let expected = "cycle 10: assertion slice.top_byte failed: the top byte of a beat is 0xee";
    assert_eq!(messages, [expected]);
}

#[test]
fn only_icarus_sees_what_was_never_reset() {
    let mut two_state = Vec::new();
    for mut backend in backends(&toy(Fault::NoReset)) {
        let outcome = backend.run(&scenario(0), &mut unwatched).expect("a run");
        let message = "m_axis_c_tvalid is unknown (X)";
        let unknown = outcome
            .failures
            .iter()
            .any(|failure| failure.message == message);
        assert_eq!(
            unknown,
            backend.name() == "icarus",
            "{}: {outcome:#?}",
            backend.name()
        );
        if backend.name() != "icarus" {
            two_state.push(outcome);
        }
    }
    // What is never reset starts as 0 in both.
    assert!(
        two_state.windows(2).all(|pair| pair[0] == pair[1]),
        "{two_state:#?}"
    );
}

#[test]
fn a_time_out_names_everything_that_waits() {
    let outcome = run_all(&mut backends(&toy(Fault::Deaf)), &scenario(0));
    assert!(outcome.timed_out());
    assert_eq!(
        outcome.waiting,
        [
            "operation 2: poll 0x8 until its bits 0xff are 0x1, last read 0x0",
            "source s_axis_a: beat 0 of 6 is offered and not accepted",
            "sink m_axis_c: 0 of 1 packets came",
        ]
    );
    let outcome = run_all(&mut backends(&toy(Fault::NoLast)), &scenario(0));
    assert_eq!(outcome.sinks[0].beats.len(), 6);
    assert_eq!(
        outcome.waiting.last().expect("a line"),
        "sink m_axis_c: 0 of 1 packets came"
    );
}
