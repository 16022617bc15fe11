//! A core in rust-hdl and the same core in the native simulator, cycle by cycle.

use ferrogrid::hdl::ir::{Design, Direction};
use ferrogrid::hdl::sim::{Handle, Simulator};
use ferrogrid::rust_hdl::{CorePort, Matmul};

macro_rules! ports {
    ($block:expr, $($port:ident),+) => {
        [$((stringify!($port), &$block.$port as &dyn CorePort)),+]
    };
}

/// All ports but the clock.
fn ports(block: &Matmul) -> Vec<(&'static str, &dyn CorePort)> {
    ports!(
        block,
        aresetn,
        s_axil_awaddr,
        s_axil_awvalid,
        s_axil_awready,
        s_axil_wdata,
        s_axil_wstrb,
        s_axil_wvalid,
        s_axil_wready,
        s_axil_bresp,
        s_axil_bvalid,
        s_axil_bready,
        s_axil_araddr,
        s_axil_arvalid,
        s_axil_arready,
        s_axil_rdata,
        s_axil_rresp,
        s_axil_rvalid,
        s_axil_rready,
        s_axis_a_tdata,
        s_axis_a_tlast,
        s_axis_a_tvalid,
        s_axis_a_tready,
        s_axis_b_tdata,
        s_axis_b_tlast,
        s_axis_b_tvalid,
        s_axis_b_tready,
        m_axis_c_tdata,
        m_axis_c_tlast,
        m_axis_c_tvalid,
        m_axis_c_tready,
        irq
    )
    .into()
}

/// The native simulator beside a block.
pub struct Lockstep {
    native: Simulator,
    handles: Vec<Handle>,
    cycle: u64,
}

impl Lockstep {
    pub fn new(design: &Design, block: &Matmul) -> Self {
        let native = Simulator::new(design);
        let names: Vec<_> = ports(block).iter().map(|(name, _)| *name).collect();
        let top = design.top();
        // Reset is a port of rust-hdl's block, but not of the list of ports.
        assert_eq!(names.len(), top.ports.len() + 1, "a port is missing");
        let handle = |name| native.signal(name).expect("a port");
        Lockstep {
            handles: names.into_iter().map(handle).collect(),
            native,
            cycle: 0,
        }
    }

    /// Compares all outputs of a settled block before an edge, then makes the edge.
    pub fn cycle(&mut self, block: &Matmul) {
        let ports = ports(block);
        let width = |handle: Handle| handle.shape().width.div_ceil(64) as usize;
        for ((_, port), &handle) in ports.iter().zip(&self.handles) {
            if port.direction() == Direction::Input {
                let mut words = vec![0; width(handle)];
                port.read(&mut words);
                self.native.set_words(handle, &words);
            }
        }
        for ((name, port), &handle) in ports.iter().zip(&self.handles) {
            if port.direction() == Direction::Output {
                let mut words = vec![0; width(handle)];
                port.read(&mut words);
                let native = self.native.words(handle);
                assert_eq!(words, native, "`{name}` in cycle {}", self.cycle);
            }
        }
        self.native.step();
        self.cycle += 1;
    }

    pub fn cycles(&self) -> u64 {
        self.cycle
    }
}
