//! Interfaces and their connections.

use super::refused;
use crate::*;

#[test]
fn interfaces_check_every_member() {
    let message = refused(|m| {
        let from: Stream<'_> = m.sink_port("s", Stream::of(unsigned(8)));
        let to: Stream<'_> = m.source_port("m", Stream::of(unsigned(9)));
        connect(&from, &to);
    });
    assert_eq!(
        message,
        "`Stream` bundles do not fit: member `payload` is u8 at the producer (`s_payload`) \
         and u9 at the consumer (`m_payload`)"
    );
}

#[test]
fn axi4_and_memory_ports_connect_in_one_call() {
    let design = design("through", |m| {
        let from: Axi4<'_> = m.sink_port("s_axi", Axi4::of(4, 32, 128));
        let to: Axi4<'_> = m.source_port("m_axi", Axi4::of(4, 32, 128));
        connect(&from, &to);
        let from: MemoryPort<'_> = m.sink_port("s_port", MemoryPort::of(10, 64, 8));
        let to: MemoryPort<'_> = m.source_port("m_port", MemoryPort::of(10, 64, 8));
        connect(&from, &to);
    })
    .unwrap();
    let direction = |name: &str| design.top().port(name).unwrap().1.direction;
    assert_eq!(direction("s_axi_awlen"), ir::Direction::Input);
    assert_eq!(direction("s_axi_rlast"), ir::Direction::Output);
    assert_eq!(direction("m_axi_rlast"), ir::Direction::Input);
    assert_eq!(
        design.top().port("m_axi_wstrb").unwrap().1.shape,
        unsigned(16)
    );
    assert_eq!(direction("m_port_read_data"), ir::Direction::Input);
    assert_eq!(
        design.top().port("s_port_write").unwrap().1.shape,
        unsigned(8)
    );
    let mut sim = sim::Simulator::new(&design);
    sim.poke("s_axi_araddr", 0x1234);
    sim.poke("m_port_read_data", 77);
    assert_eq!(sim.peek("m_axi_araddr"), 0x1234.into());
    assert_eq!(sim.peek("s_port_read_data"), 77.into());
}

#[test]
fn bundles_are_packed_and_unpacked() {
    crate::bundle! {
        struct Pair() {
            low: signed(3),
            high: unsigned(4),
        }
    }
    let pair = design("pair", |m| {
        let bits = pack(&m.sink_port("s", Pair::of()));
        m.output("bits", bits);
        connect(&unpack(bits, Pair::of()), &m.source_port("m", Pair::of()));
    });
    let mut sim = sim::Simulator::new(&pair.unwrap());
    sim.poke("s_low", -3);
    sim.poke("s_high", 9);
    assert_eq!(sim.peek("bits"), 0b100_1101.into());
    assert_eq!(
        (sim.peek("m_low"), sim.peek("m_high")),
        ((-3).into(), 9.into())
    );
    let message = refused(|m| {
        pack(&m.sink_port("s", Stream::of(bit())));
    });
    assert_eq!(
        message,
        "member `ready` runs backward: only bundles that run one way can be packed"
    );
    let message = refused(|m| {
        unpack(m.input("bits", unsigned(8)), Pair::of());
    });
    assert_eq!(message, "the bits of a bundle must be u7, `bits` is u8");
}
