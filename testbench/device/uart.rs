//! The serial line of the bench, at a design that adds one to each byte.

use crate::agreement::{backends, run_all};
use ferrogrid::device::{Scenario, Uart};
use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::{self, Module, bit, concat, hardware, unsigned};

/// Cycles of a bit.
const BIT: u64 = 6;

/// Receives a byte, adds one, and sends it; with a fault, its stop bit is 0.
#[hardware]
fn echo(m: &Module, fault: bool) {
    let rx = m.input("uart_rx", bit());
    let timer = m.reg(unsigned(4)).reset(0);
    let left = m.reg(unsigned(4)).reset(0);
    let bits = m.reg(unsigned(8)).reset(0);
    let came = m.reg(bit()).reset(0);
    let sample = left.ne(0) & timer.eq(0);
    came.next(sample & left.eq(1));
    m.when(left.eq(0) & !rx, || {
        left.set(m.lit(10, unsigned(4)));
        timer.set(m.lit(BIT / 2, unsigned(4)));
    })
    .else_when(sample, || {
        left.set(left - 1);
        timer.set(m.lit(BIT - 1, unsigned(4)));
        m.when(left.ne(1), || bits.set(concat(&[rx, bits.slice(1, 7)])));
    })
    .else_when(left.ne(0), || timer.set(timer - 1));

    let frame = m.reg(unsigned(10)).reset(0x3ff);
    let send_left = m.reg(unsigned(4)).reset(0);
    let send_timer = m.reg(unsigned(4)).reset(0);
    let stop = if fault { m.low() } else { m.high() };
    m.when(*came, || {
        let answer = concat(&[bits + 1, m.low()]);
        frame.set(concat(&[stop, answer]));
        send_left.set(m.lit(10, unsigned(4)));
        send_timer.set(m.lit(BIT - 1, unsigned(4)));
    })
    .else_when(send_left.ne(0) & send_timer.eq(0), || {
        frame.set(concat(&[m.high(), frame.slice(1, 9)]));
        send_left.set(send_left - 1);
        send_timer.set(m.lit(BIT - 1, unsigned(4)));
    })
    .else_when(send_left.ne(0), || send_timer.set(send_timer - 1));
    m.output("uart_tx", frame.bit(0));
}

fn design(fault: bool) -> Design {
    hdl::design("echo", |m| echo(m, fault)).unwrap_or_else(|error| panic!("{error}"))
}

fn scenario(goal: usize) -> Scenario {
    Scenario {
        max_cycles: 2000,
        uarts: vec![Uart {
            prefix: "uart".to_owned(),
            bit_cycles: BIT as u16,
            bytes: vec![0, 0x55, 0xfe, 0x7f],
            goal,
        }],
        ..Scenario::default()
    }
}

#[test]
fn bytes_go_and_come() {
    let outcome = run_all(&mut backends(&design(false)), &scenario(4));
    assert!(outcome.is_clean(), "{outcome:#?}");
    assert_eq!(outcome.uarts, [[1, 0x56, 0xff, 0x80]]);
}

#[test]
fn a_wrong_stop_bit_is_a_failure() {
    let outcome = run_all(&mut backends(&design(true)), &scenario(1));
    let first = outcome.failures.first().map(|failure| &*failure.message);
    assert_eq!(first, Some("uart_tx is 0 where a stop bit should be"));
}

#[test]
fn bytes_that_do_not_come_are_named() {
    let outcome = run_all(&mut backends(&design(false)), &scenario(5));
    assert_eq!(outcome.waiting, ["uart: 4 of 5 bytes came"]);
}
