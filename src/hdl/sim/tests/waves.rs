//! Pictures and dumps.

use super::simulate;
use crate::hdl::sim::{Radix, Simulator, Waveform};
use crate::hdl::{bit, unsigned};

fn counter() -> Simulator {
    simulate(|m| {
        let enable = m.input("enable", bit());
        let count = m.reg("count", unsigned(4)).reset(14).enable(enable);
        count.next(count + 1);
        m.output("value", count);
    })
}

#[test]
fn a_counter_is_drawn() {
    let mut sim = counter();
    let mut waves = Waveform::new(&sim, ["clk", "rst", "enable", "count", "value"])
        .radix("value", Radix::Binary);
    sim.set_reset(true);
    for enable in [0, 0, 1, 1, 0, 1] {
        sim.poke("enable", enable);
        waves.record(&mut sim);
        sim.step();
        sim.set_reset(false);
    }
    insta::assert_snapshot!(waves, @r"
    cycle   0     1     2     3     4     5
    clk    /--\__/--\__/--\__/--\__/--\__/--\__
    rst    ------\_____________________________
    enable ____________/-----------\_____/-----
    count  |14               |15   |0          |
    value  |1110             |1111 |0000       |
    ");
}
