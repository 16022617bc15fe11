//! The matrix-multiply core as a rust-hdl block.

use super::Port;
use rust_hdl::core::bits::{Bit, Bits};
use rust_hdl::core::clock::Clock;
use rust_hdl::core::direction::{In, Out};
use rust_hdl::core::signal::Signal;

crate::rust_hdl_block! {
    /// The matrix-multiply core of any architecture: ports whose width the configuration decides
    /// are [`Port`]s.
    pub struct Matmul {
        /// Clock.
        pub aclk: Signal<In, Clock>,
        /// Synchronous reset, asserted when 0.
        pub aresetn: Signal<In, Bit>,

        /// AXI4-Lite write address; its width is the register map's.
        pub s_axil_awaddr: Port<In>,
        /// AXI4-Lite write address handshake.
        pub s_axil_awvalid: Signal<In, Bit>,
        /// AXI4-Lite write address handshake.
        pub s_axil_awready: Signal<Out, Bit>,
        /// AXI4-Lite write data.
        pub s_axil_wdata: Signal<In, Bits<32>>,
        /// AXI4-Lite byte enables.
        pub s_axil_wstrb: Signal<In, Bits<4>>,
        /// AXI4-Lite write data handshake.
        pub s_axil_wvalid: Signal<In, Bit>,
        /// AXI4-Lite write data handshake.
        pub s_axil_wready: Signal<Out, Bit>,
        /// AXI4-Lite write response.
        pub s_axil_bresp: Signal<Out, Bits<2>>,
        /// AXI4-Lite write response handshake.
        pub s_axil_bvalid: Signal<Out, Bit>,
        /// AXI4-Lite write response handshake.
        pub s_axil_bready: Signal<In, Bit>,
        /// AXI4-Lite read address; its width is the register map's.
        pub s_axil_araddr: Port<In>,
        /// AXI4-Lite read address handshake.
        pub s_axil_arvalid: Signal<In, Bit>,
        /// AXI4-Lite read address handshake.
        pub s_axil_arready: Signal<Out, Bit>,
        /// AXI4-Lite read data.
        pub s_axil_rdata: Signal<Out, Bits<32>>,
        /// AXI4-Lite read response.
        pub s_axil_rresp: Signal<Out, Bits<2>>,
        /// AXI4-Lite read data handshake.
        pub s_axil_rvalid: Signal<Out, Bit>,
        /// AXI4-Lite read data handshake.
        pub s_axil_rready: Signal<In, Bit>,

        /// A: a beat of the stream.
        pub s_axis_a_tdata: Port<In>,
        /// A: last beat of the matrix.
        pub s_axis_a_tlast: Signal<In, Bit>,
        /// A: handshake.
        pub s_axis_a_tvalid: Signal<In, Bit>,
        /// A: handshake.
        pub s_axis_a_tready: Signal<Out, Bit>,

        /// B: a beat of the stream.
        pub s_axis_b_tdata: Port<In>,
        /// B: last beat of the matrix.
        pub s_axis_b_tlast: Signal<In, Bit>,
        /// B: handshake.
        pub s_axis_b_tvalid: Signal<In, Bit>,
        /// B: handshake.
        pub s_axis_b_tready: Signal<Out, Bit>,

        /// C: a beat of the stream.
        pub m_axis_c_tdata: Port<Out>,
        /// C: last beat of the matrix.
        pub m_axis_c_tlast: Signal<Out, Bit>,
        /// C: handshake.
        pub m_axis_c_tvalid: Signal<Out, Bit>,
        /// C: handshake.
        pub m_axis_c_tready: Signal<In, Bit>,

        /// Interrupt.
        pub irq: Signal<Out, Bit>,
    }
}
