//! A DMA that reads with AXI4, against a memory that answers late and stalls.

use ferrogrid_hdl::sim::Simulator;
use ferrogrid_hdl::{
    Axi4Read, Block, Module, Stream, bit, bundle, elaborate, hardware, index_bits, unsigned,
};
use std::collections::VecDeque;

// In docs/hdl.md:
/// Reads beats from an AXI4 memory into a stream, in bursts that stay within 4 KiB.
#[derive(Clone, PartialEq, Debug)]
struct ReadDma {
    address_bits: u32,
    data_bits: u32,
    /// Of a job's number of beats; at least 9.
    count_bits: u32,
}

bundle! {
    pub struct Job(dma: &ReadDma) {
        /// Of the first beat, aligned to a beat.
        address: unsigned(dma.address_bits),
        beats: unsigned(dma.count_bits),
    }
}

bundle! {
    pub struct DmaInputs(dma: &ReadDma) {
        job: Stream(Job(dma)),
    }
}

bundle! {
    pub struct DmaOutputs(dma: &ReadDma) {
        axi: Axi4Read(1, dma.address_bits, dma.data_bits),
        data: Stream(unsigned(dma.data_bits)),
        /// Some beat since reset came with an error.
        failed: bit(),
    }
}

#[hardware]
impl Block for ReadDma {
    fn module_name(&self) -> String {
        format!("read_dma_{}x{}", self.address_bits, self.data_bits)
    }

    fn build<'m>(&self, m: &'m Module, io: DmaInputs<'m>) -> DmaOutputs<'m> {
        let axi = m.wires(Axi4Read::of(1, self.address_bits, self.data_bits));
        let data = m.wires(Stream::of(unsigned(self.data_bits)));
        let count = unsigned(self.count_bits);
        let bytes = self.data_bits / 8;
        let longest = (4096 / bytes).min(256); // beats; bursts end at multiples of it

        let address = m.reg(unsigned(self.address_bits));
        let to_ask = m.reg(count).reset(0);
        let to_come = m.reg(count).reset(0);
        let bursts = m.reg(unsigned(2)).reset(0);
        let failed = m.reg(bit()).reset(0);

        // What is left of the page, and of the job.
        let in_page = address.slice(index_bits(bytes.into()), index_bits(longest.into()));
        let page_left = m.lit(longest, count) - in_page.zero_extend(count.width);
        let beats = to_ask.gt(page_left).mux(page_left, to_ask);
        axi.arvalid.drive(to_ask.any() & bursts.lt(2));
        axi.araddr.drive(address);
        axi.arlen.drive((beats - 1).truncate(8));
        axi.arsize.drive(m.lit(bytes.ilog2(), unsigned(3)));
        axi.arburst
            .drive(m.constant("INCREMENTING", 1, unsigned(2)));
        axi.arid.drive(0);

        data.payload.drive(axi.rdata);
        data.valid.drive(axi.rvalid);
        axi.rready.drive(data.ready);
        m.unused(axi.rid);

        let asked = axi.arvalid & axi.arready;
        let came = data.fires();
        let ended = came & axi.rlast;
        io.job.ready.drive(to_come.eq(0));
        m.when(asked, || {
            let burst_bytes = beats.zero_extend(self.address_bits) << bytes.ilog2();
            address.set(address + burst_bytes);
            to_ask.set(to_ask - beats);
        });
        m.when(asked & !ended, || bursts.set(bursts + 1))
            .else_when(ended & !asked, || bursts.set(bursts - 1));
        m.when(came, || {
            to_come.set(to_come - 1);
            failed.set(failed | axi.rresp.any());
        });
        m.when(io.job.fires(), || {
            address.set(io.job.payload.address);
            to_ask.set(io.job.payload.beats);
            to_come.set(io.job.payload.beats);
        });
        DmaOutputs {
            axi,
            data,
            failed: *failed,
        }
    }
}
// The end of the excerpt.

/// Two bits of every number of a pseudo-random sequence.
fn chance(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    *state >> 62
}

/// Runs a job, whose words are their addresses; returns its bursts as address and beats.
fn run(
    dma: &ReadDma,
    sim: &mut Simulator,
    address: u64,
    beats: u64,
    random: &mut u64,
) -> Vec<(u64, u64)> {
    let bytes = u64::from(dma.data_bits / 8);
    let (mut bursts, mut waiting, mut received) = (Vec::new(), VecDeque::new(), Vec::new());
    let mut open = 0;
    sim.poke("job_payload_address", address);
    sim.poke("job_payload_beats", beats);
    sim.poke("job_valid", 1);
    sim.poke("axi_rvalid", 0);
    sim.step();
    sim.poke("job_valid", 0);
    let mut offers = false;
    for _ in 0..100_000 {
        let accepts = chance(random) > 0;
        offers |= chance(random) > 0 && !waiting.is_empty();
        let (word, last) = *waiting.front().unwrap_or(&(0, false));
        sim.poke("axi_arready", u64::from(chance(random) == 0));
        sim.poke("axi_rvalid", u64::from(offers));
        sim.poke("axi_rdata", word);
        sim.poke("axi_rlast", u64::from(last));
        sim.poke("data_ready", u64::from(accepts));
        let fires = |sim: &mut Simulator, a: &str, b: &str| {
            sim.peek(a) == 1.into() && sim.peek(b) == 1.into()
        };
        if fires(sim, "axi_arvalid", "axi_arready") {
            let start: u64 = sim.peek("axi_araddr").try_into().unwrap();
            let length = u64::try_from(sim.peek("axi_arlen")).unwrap() + 1;
            assert_eq!(
                start / 4096,
                (start + length * bytes - 1) / 4096,
                "a page is crossed"
            );
            bursts.push((start, length));
            waiting.extend((0..length).map(|beat| (start + beat * bytes, beat + 1 == length)));
            open += 1;
            assert!(open <= 2, "a third burst");
        }
        if fires(sim, "data_valid", "data_ready") {
            received.push(u64::try_from(sim.peek("data_payload")).unwrap());
            waiting.pop_front();
            open -= u64::from(last);
            offers = false;
        }
        sim.step();
        if sim.peek("job_ready") == 1.into() {
            break;
        }
    }
    let wanted: Vec<u64> = (0..beats).map(|beat| address + beat * bytes).collect();
    assert_eq!(received, wanted, "{beats} beats from {address:#x}");
    bursts
}

#[test]
fn jobs_are_read_in_bursts_within_pages() {
    for data_bits in [32, 64, 256] {
        let dma = ReadDma {
            address_bits: 32,
            data_bits,
            count_bits: 16,
        };
        let bytes = u64::from(data_bits / 8);
        let mut sim = Simulator::new(&elaborate(&dma).unwrap());
        sim.reset(1);
        let mut random = u64::from(data_bits);
        for (address, beats) in [
            (0, 1),
            (4096 - bytes, 2),
            (4096 - 3 * bytes, 700),
            (0x8000, 256),
            (0x7f00, 1025),
        ] {
            run(&dma, &mut sim, address, beats, &mut random);
        }
        assert_eq!(sim.peek("failed"), 0.into());
    }
    let dma = ReadDma {
        address_bits: 32,
        data_bits: 64,
        count_bits: 16,
    };
    let mut sim = Simulator::new(&elaborate(&dma).unwrap());
    sim.reset(1);
    let bursts = run(&dma, &mut sim, 0xff0, 514, &mut 7);
    assert_eq!(bursts, [(0xff0, 2), (0x1000, 256), (0x1800, 256)]);
}
