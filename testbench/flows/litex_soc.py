"""A LiteX SoC with a generated core, as Verilog with the ports of the core.

    python litex_soc.py CORE OUTPUT PLATFORM

CORE is the folder that `ferrogrid generate` wrote; PLATFORM is `simulator`, `chip`, or one of a chip
that LiteX gives to Yosys: `ecp5`, `ice40`, `xilinx`. The registers are reached through the SoC's
bus; the streams go straight to the module. OUTPUT/soc.v holds the module `top`, OUTPUT/sources.f
the Verilog that the module asked the platform for. For Yosys LiteX writes OUTPUT/top.v and the
script OUTPUT/top.ys instead.
"""

import os
import sys
from pathlib import Path

from litex.build.generic_platform import GenericPlatform, Pins
from litex.build.lattice import LatticeECP5Platform, LatticeiCE40Platform
from litex.build.sim import SimPlatform
from litex.build.xilinx import Xilinx7SeriesPlatform
from litex.gen import LiteXModule
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import axi
from migen import ClockDomain

BASE = 0x9000_0000

core, output = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
kind, device, toolchain = {
    "simulator": (SimPlatform, "SIM", None),
    "chip": (GenericPlatform, "CHIP", None),
    "ecp5": (LatticeECP5Platform, "LFE5U-85F-6BG756C", "trellis"),
    "ice40": (LatticeiCE40Platform, "ice40-up5k-sg48", "icestorm"),
    "xilinx": (Xilinx7SeriesPlatform, "xc7a100tcsg324-1", "openxc7"),
}[sys.argv[3]]
(name,) = [path.stem for path in (core / "litex").glob("*.py")]
sys.path.insert(0, str(core / "litex"))
module = __import__(name)
(wrapper,) = [
    value
    for value in vars(module).values()
    if isinstance(value, type) and value.__module__ == name
]

# The module once alone: it says how wide its streams are.
streams = {
    prefix: getattr(wrapper(), stream)
    for prefix, stream in [("s_axis_a", "a"), ("s_axis_b", "b"), ("m_axis_c", "c")]
}
axi_lite = {
    "awaddr": 32, "awvalid": 1, "awready": 1, "wdata": 32, "wstrb": 4, "wvalid": 1, "wready": 1,
    "bresp": 2, "bvalid": 1, "bready": 1, "araddr": 32, "arvalid": 1, "arready": 1, "rdata": 32,
    "rresp": 2, "rvalid": 1, "rready": 1,
}  # fmt: skip
io = [(single, 0, Pins(1)) for single in ("aclk", "aresetn", "irq")]
io += [(f"s_axil_{signal}", 0, Pins(width)) for signal, width in axi_lite.items()]
for prefix, stream in streams.items():
    io += [(f"{prefix}_tdata", 0, Pins(len(stream.data)))]
    io += [(f"{prefix}_{signal}", 0, Pins(1)) for signal in ("tlast", "tvalid", "tready")]
platform = kind(device, io, toolchain=toolchain) if toolchain else kind(device, io)
pin = platform.request


class ClockAndReset(LiteXModule):
    def __init__(self):
        self.cd_sys = ClockDomain()
        self.comb += [self.cd_sys.clk.eq(pin("aclk")), self.cd_sys.rst.eq(~pin("aresetn"))]


soc = SoCMini(platform, clk_freq=100e6, ident="", with_uart=False, with_timer=False)
soc.crg = ClockAndReset()
soc.matmul = wrapper(platform, with_interrupt=True)
soc.bus.add_slave("matmul", soc.matmul.bus, SoCRegion(origin=BASE, size=0x1000, cached=False))

host = axi.AXILiteInterface(data_width=32, address_width=32, addressing="byte")
soc.bus.add_master("host", host)
soc.comb += [
    host.aw.addr.eq(BASE | pin("s_axil_awaddr")),
    host.aw.valid.eq(pin("s_axil_awvalid")),
    pin("s_axil_awready").eq(host.aw.ready),
    host.w.data.eq(pin("s_axil_wdata")),
    host.w.strb.eq(pin("s_axil_wstrb")),
    host.w.valid.eq(pin("s_axil_wvalid")),
    pin("s_axil_wready").eq(host.w.ready),
    pin("s_axil_bresp").eq(host.b.resp),
    pin("s_axil_bvalid").eq(host.b.valid),
    host.b.ready.eq(pin("s_axil_bready")),
    host.ar.addr.eq(BASE | pin("s_axil_araddr")),
    host.ar.valid.eq(pin("s_axil_arvalid")),
    pin("s_axil_arready").eq(host.ar.ready),
    pin("s_axil_rdata").eq(host.r.data),
    pin("s_axil_rresp").eq(host.r.resp),
    pin("s_axil_rvalid").eq(host.r.valid),
    host.r.ready.eq(pin("s_axil_rready")),
    pin("irq").eq(soc.matmul.irq),
]
for prefix, stream in [("s_axis_a", soc.matmul.a), ("s_axis_b", soc.matmul.b)]:
    soc.comb += [
        stream.data.eq(pin(f"{prefix}_tdata")),
        stream.last.eq(pin(f"{prefix}_tlast")),
        stream.valid.eq(pin(f"{prefix}_tvalid")),
        pin(f"{prefix}_tready").eq(stream.ready),
    ]
soc.comb += [
    pin("m_axis_c_tdata").eq(soc.matmul.c.data),
    pin("m_axis_c_tlast").eq(soc.matmul.c.last),
    pin("m_axis_c_tvalid").eq(soc.matmul.c.valid),
    soc.matmul.c.ready.eq(pin("m_axis_c_tready")),
]
output.mkdir(exist_ok=True)
if toolchain:
    # As with a second core in the SoC.
    wrapper(platform)
    # What LiteX looks for when it names the files of the router, which does not run.
    os.environ |= {"CHIPDB": str(output.resolve()), "PRJXRAY_DB_DIR": str(output.resolve())}
    (output / "xc7a100tcsg324.bin").touch()
    soc.build(build_dir=str(output), build_name="top", run=False)
    sys.exit()
soc.finalize()
platform.get_verilog(soc).write(str(output / "soc.v"))
sources = "".join(f"{source[0]}\n" for source in platform.sources)
(output / "sources.f").write_text(sources)
