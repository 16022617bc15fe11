//! The other end of a serial line.

use super::Known;
use super::run::RunSignals;
use crate::hdl::{Block, Module, Signal, bit, bundle, concat, hardware, index_bits, unsigned};

/// Bytes that the tables of a serial line hold.
pub const UART_DEPTH: u32 = 4096;

/// A start bit, eight bits of data and a stop bit.
const FRAME_BITS: u64 = 10;

bundle! {
    /// What a serial line is told.
    pub struct UartInput() {
        /// The run.
        run: RunSignals(),
        /// What the design sends.
        tx: bit(),
        /// Cycles of a bit, at least 2.
        bit_cycles: unsigned(16),
        /// Bytes to send.
        bytes: unsigned(16),
        /// Bytes to wait for.
        goal: unsigned(16),
    }
}

bundle! {
    /// What a serial line gives.
    pub struct UartOutput() {
        /// What the design receives.
        rx: bit(),
        /// All is sent and received.
        done: bit(),
        /// What became of it.
        report: UartReport(),
    }
}

bundle! {
    /// What became of a serial line.
    pub struct UartReport() {
        /// Bytes sent.
        sent: unsigned(16),
        /// Bytes received.
        received: unsigned(16),
    }
}

/// Sends the bytes of its table `to_send` one behind the other, and writes those that come into its
/// table `came`: a start bit, eight bits from the lowest on, a stop bit, which is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UartLine {
    /// For `uart_rx` and `uart_tx`: `uart`.
    pub prefix: String,
}

impl UartLine {
    /// Sends; the level of the line, and the bytes sent.
    fn send<'m>(&self, m: &'m Module, io: &UartInput<'m>) -> (Signal<'m>, Signal<'m>) {
        let number = unsigned(16);
        let sent = m.reg(number).named("sent").reset(0);
        // Bits still to be sent with this one; 0 when the line is idle.
        let left = m.reg(unsigned(4)).named("send_left").reset(0);
        let timer = m.reg(number).named("send_timer").reset(0);
        let frame = m.reg(unsigned(FRAME_BITS as u32)).named("frame");
        let ends = left.ne(0) & timer.eq(0);
        let byte_ends = ends & left.eq(1);
        let next = *sent + byte_ends.zero_extend(16);
        sent.next(next);
        let address = io.run.first.mux(m.zero(number), next);
        let bytes = m.memory(8, UART_DEPTH).named("to_send").public();
        let byte = bytes.read(address.truncate(index_bits(UART_DEPTH.into())));
        let byte = byte.named("byte");
        let begins = left.eq(0) & sent.ne(io.bytes) & !io.run.quiet;
        m.when(begins, || {
            let with_start = concat(&[byte, m.low()]);
            frame.set(concat(&[m.high(), with_start]));
            left.set(m.lit(FRAME_BITS, unsigned(4)));
            timer.set(io.bit_cycles - 1);
        })
        .else_when(ends, || {
            frame.set(*frame >> m.high());
            left.set(left - 1);
            timer.set(io.bit_cycles - 1);
        })
        .else_when(left.ne(0), || timer.set(timer - 1));
        (left.eq(0) | frame.bit(0), *sent)
    }

    /// Receives; the bytes received.
    fn receive<'m>(&self, m: &'m Module, io: &UartInput<'m>) -> Signal<'m> {
        let number = unsigned(16);
        let live = !io.run.quiet;
        let port = format!("{}_tx", self.prefix);
        let tx = Known::insert(m, &port, io.tx, live);
        let received = m.reg(number).named("received").reset(0);
        let left = m.reg(unsigned(4)).named("receive_left").reset(0);
        let timer = m.reg(number).named("receive_timer").reset(0);
        let bits = m.reg(unsigned(8)).named("bits");
        let samples = (left.ne(0) & timer.eq(0)).named("samples");
        let stops = (samples & left.eq(1)).named("stops");
        m.when(left.eq(0) & !tx & live, || {
            // The first sample stands in the middle of the start bit.
            left.set(m.lit(FRAME_BITS, unsigned(4)));
            timer.set(io.bit_cycles >> m.high());
        })
        .else_when(samples, || {
            left.set(left - 1);
            timer.set(io.bit_cycles - 1);
            m.when(left.ne(1), || bits.set(concat(&[tx, bits.slice(1, 7)])));
        })
        .else_when(left.ne(0), || timer.set(timer - 1));
        received.next(*received + stops.zero_extend(16));
        let came = m.memory(8, UART_DEPTH).named("came").public();
        came.write(
            stops,
            received.truncate(index_bits(UART_DEPTH.into())),
            *bits,
        );
        let message = format!("{port} is 0 where a stop bit should be");
        m.assert("stop_bit", !(stops & !tx), &message);
        *received
    }
}

#[hardware]
impl Block for UartLine {
    fn module_name(&self) -> String {
        format!("ferrogrid_uart_{}", self.prefix)
    }

    fn build<'m>(&self, m: &'m Module, io: UartInput<'m>) -> UartOutput<'m> {
        m.doc("The other end of a serial line.");
        m.unused(io.run.start);
        m.unused(io.run.cycle);
        let (level, sent) = self.send(m, &io);
        let received = self.receive(m, &io);
        UartOutput {
            rx: level,
            done: sent.eq(io.bytes) & received.ge(io.goal),
            report: UartReport { sent, received },
        }
    }
}
