//! The AXI4 memory of the bench, at a design that reads bursts and writes words.

use crate::agreement::{backends, run_all};
use ferrogrid::device::{Goal, Memory, Outcome, Packet, Refusal, Scenario, Sink, Source};
use ferrogrid::hdl::ir::Design;
use ferrogrid::hdl::{self, Axi4, AxiStream, Module, bit, concat, connect, hardware, unsigned};

/// Bursts that the design reads.
const BURSTS: u64 = 8;

/// What a design writes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Data {
    /// The words that come.
    Given,
    /// Another word in each cycle, taken or not.
    Restless,
    /// Bits of the words that come where a register has ones that nothing has written: unknown in four states.
    Unwritten,
}

/// Reads bursts of four words from 0x10, 0x50 and so on with ids 0 to 3 in turn, and shows the
/// beats; writes each word that comes without its highest byte to 0x200 and so on, with the same
/// ids, and shows the answers.
#[hardware]
fn traffic(m: &Module, data: Data) {
    let bus = m.source_port("m_axi", Axi4::of(2, 16, 32));
    let beats = m.source_port("m_axis_r", AxiStream::of(37));
    let input = m.sink_port("s_axis_w", AxiStream::of(32));
    let answers = m.source_port("m_axis_b", AxiStream::of(4));
    m.unused(input.tlast);

    let reads = m.reg(unsigned(8)).reset(0);
    let more = reads.ne(BURSTS);
    let read_taken = more & bus.arready;
    reads.next(read_taken.mux(reads + 1, *reads));
    bus.arvalid.drive(more);
    bus.arid.drive(reads.truncate(2));
    bus.araddr.drive(concat(&[
        m.zero(unsigned(2)),
        *reads,
        m.lit(0x10, unsigned(6)),
    ]));
    bus.arlen.drive(m.lit(3, unsigned(8)));
    bus.arsize.drive(m.lit(2, unsigned(3)));
    bus.arburst.drive(m.lit(1, unsigned(2)));
    bus.rready.drive(beats.tready);
    beats.tvalid.drive(bus.rvalid);
    beats.tlast.drive(bus.rlast);
    let tags = concat(&[bus.rid, bus.rresp]);
    beats
        .tdata
        .drive(concat(&[concat(&[tags, bus.rlast]), bus.rdata]));

    let writes = m.reg(unsigned(8)).reset(0);
    let address_over = m.reg(bit()).reset(0);
    let data_over = m.reg(bit()).reset(0);
    let address_valid = input.tvalid & !*address_over;
    let data_valid = input.tvalid & !*data_over;
    let address_ends = *address_over | (address_valid & bus.awready);
    let data_ends = *data_over | (data_valid & bus.wready);
    let both = address_ends & data_ends;
    address_over.next(address_ends & !both);
    data_over.next(data_ends & !both);
    writes.next(both.mux(writes + 1, *writes));
    input.tready.drive(both);
    bus.awvalid.drive(address_valid);
    bus.awid.drive(writes.truncate(2));
    let low = concat(&[*writes, m.zero(unsigned(2))]).zero_extend(16);
    bus.awaddr.drive(low + 0x200);
    bus.awlen.drive(m.zero(unsigned(8)));
    bus.awsize.drive(m.lit(2, unsigned(3)));
    bus.awburst.drive(m.lit(1, unsigned(2)));
    bus.wvalid.drive(data_valid);
    let cycle = m.reg(unsigned(32)).reset(0);
    cycle.next(cycle + 1);
    let never = m.capture(cycle.eq(0xffff_ffff_u32), input.tdata);
    bus.wdata.drive(match data {
        Data::Given => input.tdata,
        Data::Restless => input.tdata ^ *cycle,
        Data::Unwritten => input.tdata & never,
    });
    bus.wstrb.drive(m.lit(0b0111, unsigned(4)));
    bus.wlast.drive(m.high());
    let answer = AxiStream {
        tdata: concat(&[bus.bid, bus.bresp]),
        tlast: m.high(),
        tvalid: bus.bvalid,
        tready: bus.bready,
    };
    connect(&answer, &answers);
}

fn design() -> Design {
    design_of(Data::Given)
}

fn design_of(data: Data) -> Design {
    let design = hdl::design("traffic", |m| traffic(m, data));
    design.unwrap_or_else(|error| panic!("{error}"))
}

fn memory() -> Memory {
    Memory::new("m_axi", (0..0x400u32).map(|i| (i % 251) as u8).collect())
}

fn scenario(memory: Memory) -> Scenario {
    Scenario {
        max_cycles: 3000,
        sources: vec![Source::new(
            "s_axis_w",
            vec![Packet::new((0..6).map(|i| vec![0xee00_0000 + i]))],
        )],
        sinks: vec![
            Sink::new("m_axis_r", Goal::Packets(BURSTS as usize)),
            Sink::new("m_axis_b", Goal::Beats(6)),
        ],
        memories: vec![memory],
        ..Scenario::default()
    }
}

/// The read beats of each id, in order: response, last, word.
fn reads(outcome: &Outcome) -> [Vec<(u32, bool, u32)>; 4] {
    let mut ids = [const { Vec::new() }; 4];
    for beat in &outcome.sinks[0].beats {
        let (word, tags) = (beat.data[0], beat.data[1]);
        ids[(tags >> 3) as usize].push((tags >> 1 & 3, tags & 1 == 1, word));
    }
    ids
}

fn word(bytes: &[u8], address: usize) -> u32 {
    u32::from_le_bytes(bytes[address..address + 4].try_into().expect("four bytes"))
}

/// What an id must read from a memory that refuses nothing.
fn expected(bytes: &[u8], id: usize) -> Vec<(u32, bool, u32)> {
    let bursts = (id..BURSTS as usize).step_by(4);
    let beats = bursts.flat_map(|burst| (0..4).map(move |beat| (burst, beat)));
    let beats = beats.map(|(burst, beat)| {
        let address = 0x40 * burst + 0x10 + 4 * beat;
        (0, beat == 3, word(bytes, address))
    });
    beats.collect()
}

#[test]
fn a_memory_that_answers_at_once() {
    let outcome = run_all(&mut backends(&design()), &scenario(memory()));
    assert!(outcome.is_clean(), "{outcome:#?}");
    let result = &outcome.memories[0];
    for (id, beats) in reads(&outcome).iter().enumerate() {
        assert_eq!(*beats, expected(&memory().bytes, id), "id {id}");
    }
    assert_eq!((result.read_bursts, result.read_bytes), (8, 128));
    assert_eq!((result.write_bursts, result.write_bytes), (6, 24));
    for i in 0..6 {
        let address = 0x200 + 4 * i as usize;
        let kept = word(&memory().bytes, address) & 0xff00_0000;
        assert_eq!(word(&result.bytes, address), kept | i, "the mask is obeyed");
    }
    assert_eq!(result.bytes[..0x200], memory().bytes[..0x200]);
}

#[test]
fn latency_stalls_and_order_by_chance() {
    let design = design();
    let mut backends = backends(&design);
    let fast = run_all(&mut backends, &scenario(memory()));
    let mut orders = Vec::new();
    for seed in 1..6 {
        let slow = Memory {
            latency: 20,
            stalls: 100,
            overtake: true,
            seed: seed * 0x1234_5671,
            ..memory()
        };
        let outcome = run_all(&mut backends, &scenario(slow));
        assert!(outcome.is_clean(), "{outcome:#?}");
        assert!(outcome.cycles > fast.cycles + 20);
        for (id, beats) in reads(&outcome).iter().enumerate() {
            assert_eq!(*beats, expected(&memory().bytes, id), "id {id}");
        }
        let first = outcome.sinks[0].beats[0].cycle;
        assert!(first >= 4 + 20, "the first beat came in cycle {first}");
        orders.push(order(&outcome));
        assert!(outcome.memories[0].read_address_waits > 0);
    }
    assert!(orders.iter().any(|other| *other != order(&fast)));
    orders.dedup();
    assert!(orders.len() > 1, "every seed gives the same order");
}

/// The ids of the read beats, as they came.
fn order(outcome: &Outcome) -> Vec<u32> {
    let beats = outcome.sinks[0].beats.iter();
    beats.map(|beat| beat.data[1] >> 3).collect()
}

#[test]
fn refusals_and_what_is_beyond_the_end() {
    let memory = Memory {
        bytes: memory().bytes[..0x208].to_vec(),
        refusals: vec![(0x54, Refusal::Subordinate), (0x204, Refusal::Subordinate)],
        ..memory()
    };
    let outcome = run_all(&mut backends(&design()), &scenario(memory.clone()));
    assert!(outcome.is_clean(), "{outcome:#?}");
    let responses: Vec<u32> = reads(&outcome)[1].iter().map(|beat| beat.0).collect();
    assert_eq!(responses, [0, 2, 0, 0, 0, 0, 0, 0]);
    let answers = outcome.sinks[1].beats.iter().map(|beat| beat.data[0]);
    assert_eq!(
        answers.collect::<Vec<_>>(),
        [0b0000, 0b0110, 0b1011, 0b1111, 0b0011, 0b0111]
    );
    let result = &outcome.memories[0].bytes;
    assert_eq!(
        result[0x204..],
        memory.bytes[0x204..],
        "a refused word stays"
    );
}

#[test]
fn write_data_are_held_until_they_are_taken() {
    let slow = Memory {
        stalls: 200,
        ..memory()
    };
    let outcome = run_all(&mut backends(&design_of(Data::Restless)), &scenario(slow));
    let failures = outcome.failures.iter().map(|failure| &failure.message);
    let expected = "the payload of m_axi_w changed before it was taken";
    assert_eq!(Vec::from_iter(failures), [expected], "{outcome:#?}");
}

/// In four states as in two.
#[test]
fn write_data_may_be_unknown() {
    let slow = Memory {
        stalls: 200,
        ..memory()
    };
    let outcome = run_all(&mut backends(&design_of(Data::Unwritten)), &scenario(slow));
    assert!(outcome.is_clean(), "{outcome:#?}");
}
