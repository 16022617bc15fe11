//! What a host does with a matmul core to see that it works.

mod trouble;

use crate::arch::{IntType, JobShape, MAX_SIZE, MatmulArch};
use crate::device::matmul::MatmulJob;
use crate::device::pack::{BeatWords, pack_a, pack_b, pack_c};
use crate::isa::{JobError, matmul_registers};
use crate::product::example::{scattered, value};
use crate::product::script::Script;
use crate::product::{Action, Example, Packet, Transfer};
use crate::reference;
use ndarray::Array2;

/// Bits of `status`, `interrupt_enable` and `interrupt_status`.
const BUSY: u32 = 1;
const DONE: u32 = 2;
const QUEUED: u32 = 4;
const ENDED: u32 = 1;
const FAILED: u32 = 2;

/// Of cycles, and of kinds of cycles.
const COUNTERS: [&str; 5] = ["cycles", "active_cycles", "stall_a", "stall_b", "stall_c"];

/// Rows of the longest product: all bits count. In a large array, whose simulation is slow, more than eight and than ten.
const MANY_ROWS: u32 = 32_769;
const ROWS_OF_LARGE_ARRAYS: u32 = 1027;
/// Cycles of a job of which 16 bits count too few.
const MANY_CYCLES: u32 = 1 << 16;
/// Rows and vectors after which long operands begin anew: no power of two.
const PERIOD: u32 = 7;
/// Jobs, one behind the other: more than eight bits count; in a large array, whose simulation is slow, than four.
const MANY_JOBS: u32 = 258;
const JOBS_OF_LARGE_ARRAYS: u32 = 18;
/// Processing elements of a large array.
const LARGE: u32 = 1024;
/// Beats of B times processing elements, up to which a B as large as fits is worth its time.
const MUCH_WORK: u64 = 1 << 20;
/// What `cycles` and a host's own count may differ by, beside the cycles in which panels are counted.
const SLACK: u32 = 16;

/// Small products with edges, one behind the other and one at a time, sizes at and beyond the limits, operands that
/// are too short and too long, jobs given up and reset. Results come from the golden model.
pub(super) fn example(arch: &MatmulArch) -> Example {
    let mut host = Host::new(arch);
    host.script.registers();
    host.nothing_is_started();
    let (edges, usual) = (host.edges(), host.usual());
    host.products(usual);
    host.refused();
    host.events();
    host.wrong_operands(usual);
    host.wrong_twice(usual);
    host.wrong_behind(usual);
    host.queue(usual);
    host.full_queue();
    host.waits(usual);
    host.ignored_starts();
    host.closed_packets(usual);
    host.given_up(usual);
    host.large(edges, usual);
    host.many_jobs();
    host.reset(usual);
    let many_rows = host.many_rows();
    let Host {
        script,
        packets: [a, b, c],
        cycles,
        ..
    } = host;
    let transfer = |prefix, name, width, packets, is_result| Transfer {
        prefix,
        name,
        width,
        is_result,
        packets,
    };
    let JobShape { m, k, n } = edges;
    Example {
        title: format!(
            "registers, products C = A x B such as {m} x {k} x {n} and one of {many_rows} rows, refused, failed, \
             abandoned and queued jobs"
        ),
        steps: script.steps,
        transfers: vec![
            transfer("s_axis_a", "a", arch.a.width, a, false),
            transfer("s_axis_b", "b", arch.b.width, b, false),
            transfer("m_axis_c", "c", arch.c.width, c, true),
        ],
        memory: None,
        max_cycles: cycles,
    }
}

struct Host<'a> {
    arch: &'a MatmulArch,
    script: Script,
    /// Of A, of B and of C, for each time that packets are offered.
    packets: [Vec<Packet>; 3],
    /// Jobs that have ended since the last that was given up.
    ended: u32,
    /// Operands so far: each has others.
    operands: u64,
    /// Of the longest job, at most.
    cycles: u64,
}

impl<'a> Host<'a> {
    fn new(arch: &'a MatmulArch) -> Host<'a> {
        Host {
            arch,
            script: Script::new(matmul_registers("matmul", arch)),
            packets: Default::default(),
            ended: 0,
            operands: 0,
            cycles: 0,
        }
    }

    fn fits(&self, shape: &JobShape) -> bool {
        self.arch.check_shape(*shape).is_ok()
    }

    /// Two row blocks, two tiles of K and two panels, the second of each almost empty, as far as the buffers
    /// take them.
    fn edges(&self) -> JobShape {
        let (rows, columns) = (self.arch.rows, self.arch.columns);
        let candidates = [
            (rows + 2, columns + 1),
            (rows + 2, columns),
            (rows, columns + 1),
            (rows, columns),
            (1, columns),
        ];
        let m = rows + 1;
        let mut shapes = candidates.map(|(k, n)| JobShape { m, k, n }).into_iter();
        // One vector of A, of B and of sums fits every buffer.
        let found = shapes.find(|shape| self.fits(shape));
        found.unwrap_or(JobShape { m: 1, k: 1, n: 1 })
    }

    /// What most jobs are.
    fn usual(&self) -> JobShape {
        let JobShape { m, k, n } = self.edges();
        match self.is_large() {
            false => JobShape { m, k, n },
            true => JobShape {
                m: m.min(3),
                k: k.min(5),
                n: n.min(3),
            },
        }
    }

    fn many_rows(&self) -> u32 {
        match self.is_large() {
            false => MANY_ROWS,
            true => ROWS_OF_LARGE_ARRAYS,
        }
    }

    fn is_large(&self) -> bool {
        self.arch.rows * self.arch.columns >= LARGE
    }

    // ---- operands -----------------------------------------------------------------------

    fn matrix(&mut self, rows: u32, columns: u32, element: IntType) -> Array2<i64> {
        self.operands += 1;
        let mut index = self.operands << 24;
        Array2::from_shape_simple_fn((rows as usize, columns as usize), || {
            index += 1;
            value(index, element)
        })
    }

    /// The operands of a product and the product, as they go through the streams.
    fn product(&mut self, JobShape { m, k, n }: JobShape) -> [Packet; 3] {
        let a = self.matrix(m, k, self.arch.activation);
        let b = self.matrix(k, n, self.arch.weight);
        self.packed(&a, &b).map(Packet::whole)
    }

    /// Padding of operands is anything.
    fn packed(&self, a: &Array2<i64>, b: &Array2<i64>) -> [Vec<BeatWords>; 3] {
        let arch = self.arch;
        let job = MatmulJob::of_integers(arch, a, b).expect("every element is in range");
        let c = reference::matmul(&job.a, &job.b, arch.result.into())
            .expect("the matrices chain, and results hold every sum of a core");
        let mut index = 0;
        let mut filler = || {
            index += 1;
            scattered(index)
        };
        let a = pack_a(arch, &job.a, &mut filler);
        let b = pack_b(arch, &job.b, &mut filler);
        [a, b, pack_c(arch, &c)]
    }

    fn offer(&mut self, packets: [Packet; 3]) {
        for (stream, packet) in self.packets.iter_mut().zip(packets) {
            stream.push(packet);
        }
        self.script.then(Action::Offer, 0);
    }

    // ---- jobs ---------------------------------------------------------------------------

    /// Starts a job with these interrupts enabled.
    fn start(&mut self, shape: JobShape, interrupts: u32) {
        let JobShape { m, k, n } = shape;
        let script = &mut self.script;
        script.write("m", m, "");
        script.write("k", k, "");
        script.write("n", n, "");
        script.write("interrupt_enable", interrupts, "");
        script.order(Action::Start, "control", 1, "start");
        let arch = self.arch;
        // Between two beats is a block of rows at most; a job that is refused has none, and few panels are counted.
        let panels = u64::from(arch.panels(n).min(arch.limits.max_panels + 2));
        let pass = u64::from(arch.rows.max(5) + arch.columns);
        let block = match self.fits(&shape) {
            true => panels * (u64::from(arch.k_tiles(k)) + 2) * pass,
            false => 0,
        };
        self.cycles = self.cycles.max(1000 + 2 * panels + block);
    }

    /// The end of a job, of which this interrupt tells.
    fn ends(&mut self, shape: JobShape, error: JobError) {
        self.ended += 1;
        let failed = error != JobError::None;
        let vectors = self.vectors(shape);
        let script = &mut self.script;
        script.then(Action::Interrupt, 0);
        let status = DONE | (error as u32) << 4;
        script.read(Action::Read, "status", status, "done, and the error");
        let events = if failed { ENDED | FAILED } else { ENDED };
        script.read(Action::Read, "interrupt_status", events, "");
        script.read(Action::Read, "jobs_ended", self.ended, "");
        if failed {
            script.read(Action::Read, "last_failed", self.ended, "");
            for counter in COUNTERS.iter().filter(|_| error == JobError::Size) {
                script.read(Action::Read, counter, 0, "nothing ran");
            }
        } else {
            let slack = SLACK + 2 * self.arch.panels(shape.n);
            script.read(Action::Cycles, "cycles", slack, "");
            script.read(Action::Read, "active_cycles", vectors, "");
            for register in &COUNTERS[1..] {
                script.read(Action::Sum, register, 0, "");
            }
            script.read(Action::Covers, "cycles", 0, "");
        }
        script.write("interrupt_status", events, "clear");
        script.then(Action::Quiet, 0);
        script.read(Action::Read, "interrupt_status", 0, "");
    }

    /// Vectors of operands that enter the array.
    fn vectors(&self, shape: JobShape) -> u32 {
        self.arch.vectors(shape) as u32
    }

    fn job(&mut self, shape: JobShape) {
        self.start(shape, ENDED);
        let product = self.product(shape);
        self.offer(product);
        self.ends(shape, JobError::None);
    }

    /// A start whose byte is not strobed, and a job whose interrupt is enabled after its end.
    fn nothing_is_started(&mut self) {
        let shape = JobShape { m: 1, k: 1, n: 1 };
        self.script.strobed("control", 0b1110, 1);
        self.script.read(Action::Read, "status", 0, "nothing runs");
        self.start(shape, 0);
        let product = self.product(shape);
        self.offer(product);
        self.script.poll("status", u32::MAX, DONE, "done");
        self.script.then(Action::Quiet, 0);
        self.script.write("interrupt_enable", FAILED, "not of this");
        self.script.then(Action::Quiet, 0);
        self.script.write("interrupt_enable", ENDED, "of this");
        self.ends_quietly();
    }

    /// The end of a job whose cycles nobody has counted.
    fn ends_quietly(&mut self) {
        self.ended += 1;
        self.script.then(Action::Interrupt, 0);
        self.script
            .write("interrupt_status", ENDED | FAILED, "clear");
        self.script.then(Action::Quiet, 0);
        self.script.read(Action::Read, "jobs_ended", self.ended, "");
    }

    fn products(&mut self, edges: JobShape) {
        self.job(edges);
        self.job(JobShape { m: 1, k: 1, n: 1 });
        let limits = &self.arch.limits;
        let (rows, columns) = (self.arch.rows, self.arch.columns);
        let deepest = limits.max_k;
        let widest = (limits.max_panels * columns).min(MAX_SIZE);
        let mut shapes = vec![
            (1, deepest, 1),
            (1, 1, widest),
            (1, 1, widest - columns + 1),
        ];
        if !self.is_large() {
            // Around the end of a tile of K, and a last beat of a row of B, and of C, of each length.
            let tile = [rows - 1, rows, rows + 1, 2 * rows, 2 * rows + 1];
            shapes.extend(tile.map(|k| (1, k, 1)));
            let lengths = 1..self
                .arch
                .b
                .elements_per_beat
                .max(self.arch.c.elements_per_beat);
            shapes.extend(lengths.map(|length| (2, 2, length)));
        }
        for (m, k, n) in shapes {
            let shape = JobShape { m, k, n };
            if self.fits(&shape) {
                self.job(shape);
            }
        }
        self.extremes(deepest.min(2 * rows + 1));
    }

    /// Sums as far from 0 as they can be.
    fn extremes(&mut self, k: u32) {
        let (a, b) = (self.arch.activation, self.arch.weight);
        let (m, n) = (self.arch.rows.min(2), self.arch.columns);
        let shape = JobShape { m, k, n };
        if !self.fits(&shape) {
            return;
        }
        for (of_a, of_b) in [(a.min(), b.min()), (a.min(), b.max()), (a.max(), b.max())] {
            let filled = |rows: u32, columns: u32, element| {
                Array2::from_elem((rows as usize, columns as usize), element)
            };
            let [a, b, c] = self.packed(&filled(m, k, of_a), &filled(k, n, of_b));
            self.start(shape, ENDED);
            self.offer([a, b, c].map(Packet::whole));
            self.ends(shape, JobError::None);
        }
    }

    /// Sizes that are one too many, and none.
    fn refused(&mut self) {
        let limits = &self.arch.limits;
        let one = JobShape { m: 1, k: 1, n: 1 };
        let vectors = limits.max_b_vectors + 1;
        let within =
            |panels: &u32| vectors.is_multiple_of(*panels) && vectors / panels <= limits.max_k;
        let panels = (1..=limits.max_panels).find(within);
        let a_vector_too_many = panels.map(|panels| JobShape {
            m: 1,
            k: vectors / panels,
            n: panels * self.arch.columns,
        });
        let shapes = [
            JobShape { m: 0, ..one },
            JobShape { k: 0, ..one },
            JobShape { n: 0, ..one },
            JobShape {
                k: limits.max_k + 1,
                ..one
            },
            JobShape {
                n: limits.max_panels * self.arch.columns + 1,
                ..one
            },
            JobShape { n: MAX_SIZE, ..one },
            JobShape { k: MAX_SIZE, ..one },
        ];
        for shape in shapes.into_iter().chain(a_vector_too_many) {
            let written = [shape.k, shape.n].into_iter().all(|size| size <= MAX_SIZE);
            if written && !self.fits(&shape) {
                self.start(shape, FAILED);
                self.ends(shape, JobError::Size);
            }
        }
    }

    /// A job in each stage, each with another last panel.
    fn full_queue(&mut self) {
        let (m, columns) = (self.arch.rows, self.arch.columns);
        let widths = [columns, columns.div_ceil(2), 1, columns, 1];
        self.script.then(Action::Hold, 1);
        for (number, n) in widths.into_iter().enumerate() {
            let shape = JobShape { m, k: 1, n };
            if number == 4 {
                self.script.then(Action::Hold, 0);
            }
            self.script.poll("status", QUEUED, 0, "the next may come");
            self.start(shape, 0);
            let product = self.product(shape);
            self.offer(product);
            self.script.then(Action::Idle, 16 + 4 * m);
        }
        self.ended += widths.len() as u32;
        let script = &mut self.script;
        script.poll("jobs_ended", u32::MAX, self.ended, "");
        script.read(Action::Read, "status", DONE, "");
        script.write("interrupt_status", ENDED | FAILED, "clear");
    }

    /// Three jobs, each started while the one before runs; sizes are overwritten while they wait.
    fn queue(&mut self, edges: JobShape) {
        // Each has another last panel.
        let JobShape { k, n, .. } = edges;
        let narrow = JobShape { m: 1, k, n: 1 };
        let shapes = [
            edges,
            narrow,
            JobShape {
                n: n.min(2),
                ..edges
            },
            edges,
        ];
        let last = shapes.len() - 1;
        for (index, shape) in shapes.into_iter().enumerate() {
            self.start(shape, 0);
            if index == 1 {
                let status = BUSY | QUEUED;
                self.script
                    .read(Action::Read, "status", status, "it waits for the first");
                self.script.write("m", 0, "not of this job");
                self.script.order(Action::Start, "control", 1, "ignored");
                let product = self.product(shapes[0]);
                self.offer(product);
            } else if index > 1 {
                let product = self.product(shapes[index - 1]);
                self.offer(product);
            }
            if index < last {
                self.script.poll("status", QUEUED, 0, "the next may come");
            }
        }
        self.script.write("m", 0, "not of the job that waits");
        let product = self.product(shapes[last]);
        self.offer(product);
        self.ended += shapes.len() as u32;
        self.script.poll("jobs_ended", u32::MAX, self.ended, "");
        let script = &mut self.script;
        script.read(Action::Read, "status", DONE, "");
        script.write("interrupt_status", ENDED | FAILED, "clear");
    }

    /// Many rows of A, and the largest B: operands are the same every few rows, and so is C.
    fn large(&mut self, edges: JobShape, usual: JobShape) {
        let place = self.script.open_once();
        if usual != edges {
            self.job(edges);
        }
        self.largest_b();
        self.script.close_once(place);
        let place = self.script.open_long();
        let shape = JobShape {
            m: self.many_rows(),
            k: edges.k.min(3),
            n: 1,
        };
        self.start(shape, ENDED);
        let period = JobShape { m: PERIOD, ..shape };
        let [a, b, c] = self.product(period);
        let beats = self.arch.beats(shape);
        let a = Packet::repeated(a.beats, beats.a as usize);
        let c = Packet::repeated(c.beats, beats.c as usize);
        // Each row takes a cycle at least, and in a small array more.
        let waits = !self.is_large() && self.arch.rows >= 8;
        self.script.then(Action::Hold, waits.into());
        self.offer([a, b, c]);
        if waits {
            let cycles = MANY_CYCLES - shape.m;
            self.script
                .read(Action::More, "cycles", cycles, "C is not taken");
            self.script.then(Action::Hold, 0);
        }
        self.ends(shape, JobError::None);
        self.script.close_once(place);
        // The other passes have not had as many jobs.
        self.give_up();
        self.job(usual);
    }

    fn largest_b(&mut self) {
        let arch = self.arch;
        let limits = &arch.limits;
        let k = limits.max_k.min(limits.max_b_vectors);
        let panels = limits.max_panels.min(limits.max_b_vectors / k);
        let shape = JobShape {
            m: 1,
            k,
            n: (panels * arch.columns).min(MAX_SIZE / arch.columns * arch.columns),
        };
        let beats = arch.beats(shape);
        let elements = u64::from(arch.rows) * u64::from(arch.columns);
        if !self.fits(&shape) || beats.b * elements > MUCH_WORK {
            return;
        }
        let vectors = self.matrix(PERIOD, arch.columns, arch.weight);
        let b = Array2::from_shape_fn((k as usize, shape.n as usize), |(row, column)| {
            let columns = arch.columns as usize;
            let vector = column / columns * k as usize + row;
            vectors[[vector % PERIOD as usize, column % columns]]
        });
        let a = self.matrix(1, k, arch.activation);
        let [a, b, c] = self.packed(&a, &b);
        let period = (PERIOD as usize * arch.b.beats_per_group as usize).min(b.len());
        // Padding is the same every few vectors, too.
        let b = Packet::repeated(b[..period].to_vec(), b.len());
        self.start(shape, ENDED);
        self.offer([Packet::whole(a), b, Packet::whole(c)]);
        self.ends(shape, JobError::None);
    }

    /// Jobs that are refused, one behind the other.
    fn many_jobs(&mut self) {
        let many = match self.is_large() {
            false => MANY_JOBS,
            true => JOBS_OF_LARGE_ARRAYS,
        };
        self.give_up();
        self.script.write("m", 0, "");
        let place = self.script.open_once();
        let failed = DONE | (JobError::Size as u32) << 4;
        self.script.repeat(many, |script| {
            script.order(Action::Start, "control", 1, "start");
            script.poll("status", u32::MAX, failed, "done: bad sizes");
        });
        self.script.read(Action::Read, "jobs_ended", many, "");
        self.script.read(Action::Read, "last_failed", many, "");
        self.script.close_once(place);
        self.script
            .write("interrupt_status", ENDED | FAILED, "clear");
        self.give_up();
    }

    /// A reset in the midst of a job, behind which everything begins anew.
    fn reset(&mut self, edges: JobShape) {
        self.start(edges, ENDED);
        let [a, _, _] = self.product(edges);
        self.offer([a, Packet::default(), Packet::default()]);
        self.script.then(Action::Sent, 0);
        self.script.then(Action::Idle, 20);
        self.script.disturb();
        self.script.then(Action::Reset, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::config::{Kind, presets_of};

    #[test]
    fn every_preset_runs_products_with_edges() {
        for preset in presets_of(Kind::Matmul) {
            let arch = arch::from_preset(preset.name).unwrap();
            let (rows, columns) = (arch.rows, arch.columns);
            let expected = JobShape {
                m: rows + 1,
                k: rows + 2,
                n: columns + 1,
            };
            assert_eq!(Host::new(&arch).edges(), expected, "{}", preset.name);
            let first = example(&arch);
            let offers = first
                .steps
                .iter()
                .filter(|step| step.action == Action::Offer);
            let offers = offers.count();
            for transfer in &first.transfers {
                assert_eq!(transfer.packets.len(), offers, "{}", preset.name);
            }
            assert_eq!(first, example(&arch), "the same again");
        }
    }
}
