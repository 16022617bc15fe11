//! What goes wrong: refused and failed jobs, jobs that wait or are given up, events and starts at awkward times.

use super::{BUSY, COUNTERS, DONE, ENDED, FAILED, Host, QUEUED};
use crate::arch::{Dataflow, JobShape};
use crate::isa::JobError;
use crate::product::{Action, Packet};

/// Cycles over which the time of an abort, and of the clearing of an event, is moved.
const SWEEP: u32 = 48;
/// Cycles in which nothing may come of what was given up, and in which jobs move up.
const AFTERMATH: u32 = 40;
/// Panels of a job whose check takes long.
const SOME_PANELS: u32 = 8;
/// Cycles in which the core waits for an operand at least, when it does not come.
const WAITED: u32 = 40;

impl Host<'_> {
    /// What was seen is forgotten by a 1 in a byte that is strobed, each event by its own; and not where it comes in
    /// the same cycle.
    pub(super) fn events(&mut self) {
        let shape = JobShape {
            m: 0,
            k: 1,
            n: SOME_PANELS.min(self.arch.limits.max_panels) * self.arch.columns,
        };
        self.start(shape, 0);
        let failed = DONE | (JobError::Size as u32) << 4;
        let script = &mut self.script;
        script.poll("status", u32::MAX, failed, "refused");
        for strobes in [0b1110, 0] {
            script.strobed("interrupt_status", strobes, ENDED | FAILED);
            script.read(Action::Read, "interrupt_status", ENDED | FAILED, "");
        }
        for (event, left) in [(FAILED, ENDED), (ENDED, 0)] {
            script.write("interrupt_status", event, "clear");
            script.read(Action::Read, "interrupt_status", left, "");
        }
        self.ended += 1;
        let place = self.script.open_long();
        for event in [ENDED, FAILED] {
            let script = &mut self.script;
            script.write("interrupt_enable", event, "");
            script.repeat(SWEEP, |script| {
                script.order(Action::Start, "control", 1, "start");
                script.then(Action::Idle, 0);
                script.write(
                    "interrupt_status",
                    ENDED | FAILED,
                    "clear, maybe when it comes",
                );
                script.poll("status", u32::MAX, failed, "refused");
                script.then(Action::Idle, 8);
                script.then(Action::Rose, 0);
                script.write("interrupt_status", ENDED | FAILED, "clear");
            });
        }
        self.script.close_once(place);
        self.script.then(Action::Idle, 8);
        self.give_up();
    }

    /// TLAST of B that comes early, and TLAST of A that comes late: in neither has a beat of C left.
    pub(super) fn wrong_operands(&mut self, edges: JobShape) {
        let shape = JobShape { m: 1, ..edges };
        let nothing = Packet::default();
        let [a, b, _] = self.product(shape);
        if b.count > 1 {
            self.start(shape, FAILED);
            let short = Packet::whole(b.beats[..1].to_vec());
            self.offer([a.clone(), short, nothing.clone()]);
            self.ends(shape, JobError::BTruncated);
        }
        self.start(shape, FAILED);
        let long = Packet::whole([&a.beats[..], &a.beats[..1]].concat());
        self.offer([long, b, nothing]);
        self.ends(shape, JobError::AOverlong);
        self.job(edges);
    }

    /// Both operands of a job are wrong: the error is that of the first. It stays while another job waits.
    pub(super) fn wrong_twice(&mut self, usual: JobShape) {
        let shape = JobShape { m: 1, ..usual };
        let [a, b, _] = self.product(shape);
        for (stream, error) in [(0, JobError::AOverlong), (1, JobError::BOverlong)] {
            let [first, second] = if stream == 0 { [&a, &b] } else { [&b, &a] };
            let error = (error as u32) << 4;
            self.start(shape, ENDED | FAILED);
            self.offer(on(stream, open(&first.beats)));
            let script = &mut self.script;
            script.poll("status", u32::MAX, BUSY | error, "it fails");
            script.order(Action::Start, "control", 1, "the next waits");
            let status = BUSY | QUEUED | error;
            script.read(Action::Read, "status", status, "still this error");
            // Too short, or where there is but a beat too long.
            let (wrong, rest) = match second.count {
                1 => (open(&second.beats), Packet::whole(second.beats.clone())),
                _ => (Packet::whole(second.beats[..1].to_vec()), Packet::default()),
            };
            self.offer(on(1 - stream, wrong));
            let script = &mut self.script;
            script.then(Action::Sent, 0);
            script.then(Action::Idle, AFTERMATH);
            script.read(Action::Read, "status", status, "the first error");
            let mut both = on(stream, Packet::whole(first.beats[..1].to_vec()));
            both[1 - stream] = rest;
            self.offer(both);
            self.ended += 1;
            let script = &mut self.script;
            script.poll("jobs_ended", u32::MAX, self.ended, "");
            script.read(Action::Read, "last_failed", self.ended, "");
            let status = BUSY | DONE | error;
            script.then(Action::Idle, AFTERMATH);
            script.read(Action::Read, "status", status, "the next runs");
            script.write("interrupt_status", ENDED | FAILED, "clear");
            let product = self.product(shape);
            self.offer(product);
            self.ended += 1;
            let script = &mut self.script;
            script.poll("jobs_ended", u32::MAX, self.ended, "");
            script.read(Action::Read, "status", DONE, "no error");
            script.read(Action::Read, "last_failed", self.ended - 1, "");
            script.write("interrupt_status", ENDED, "clear");
        }
    }

    /// Two wrong operands of a job that waits for its turn: the error is still that of the first.
    pub(super) fn wrong_behind(&mut self, usual: JobShape) {
        let one = JobShape { m: 1, k: 1, n: 1 };
        let shape = JobShape { m: 1, ..usual };
        let [a, b, _] = self.product(shape);
        if a.count.max(b.count) == 1 {
            return;
        }
        for (stream, error) in [(0, JobError::AOverlong), (1, JobError::BOverlong)] {
            let [first, second] = if stream == 0 { [&a, &b] } else { [&b, &a] };
            self.script.then(Action::Hold, 1);
            self.start(one, 0);
            let product = self.product(one);
            self.offer(product);
            self.script.then(Action::Idle, 2 * AFTERMATH);
            self.start(shape, 0);
            self.script.then(Action::Idle, AFTERMATH);
            let wrong =
                |packet: &Packet| Packet::whole([&packet.beats[..], &packet.beats[..1]].concat());
            self.offer(on(stream, wrong(first)));
            self.script.then(Action::Sent, 0);
            self.script.then(Action::Idle, AFTERMATH);
            self.offer(on(1 - stream, wrong(second)));
            self.script.then(Action::Sent, 0);
            self.script.then(Action::Idle, AFTERMATH);
            self.script.then(Action::Hold, 0);
            self.ended += 2;
            let script = &mut self.script;
            script.poll("jobs_ended", u32::MAX, self.ended, "both");
            let status = DONE | (error as u32) << 4;
            script.read(Action::Read, "status", status, "the first error");
            script.write("interrupt_status", ENDED | FAILED, "clear");
        }
    }

    /// A start while a job waits in front, one that can run and one that is refused in its turn, changes nothing.
    pub(super) fn ignored_starts(&mut self) {
        let one = JobShape { m: 1, k: 1, n: 1 };
        let none = JobShape { m: 0, ..one };
        for in_front in [one, none] {
            self.script.then(Action::Hold, 1);
            for (number, shape) in [one, one, in_front].into_iter().enumerate() {
                self.start(shape, 0);
                if number == 0 {
                    let product = self.product(one);
                    self.offer(product);
                }
                self.script.then(Action::Idle, AFTERMATH);
            }
            self.script.then(Action::Hold, 0);
            self.ended += 1;
            let script = &mut self.script;
            script.poll("jobs_ended", u32::MAX, self.ended, "the first");
            script.then(Action::Idle, AFTERMATH);
            let status = BUSY | DONE | QUEUED;
            script.read(Action::Read, "status", status, "two wait");
            script.order(Action::Start, "control", 1, "ignored");
            script.read(Action::Read, "status", status, "");
            for _ in 0..if in_front == one { 2 } else { 1 } {
                let product = self.product(one);
                self.offer(product);
            }
            self.ended += 2;
            let script = &mut self.script;
            script.poll("jobs_ended", u32::MAX, self.ended, "all");
            script.then(Action::Idle, AFTERMATH);
            script.read(Action::Read, "jobs_ended", self.ended, "and no other");
            script.write("interrupt_status", ENDED | FAILED, "clear");
        }
    }

    /// Jobs that fail when beats of C wait: a beat of zeros closes the packet, unless the job is given up.
    pub(super) fn closed_packets(&mut self, usual: JobShape) {
        // Sums that stay in the array leave it with the next ones.
        let blocks = match self.arch.dataflow {
            Dataflow::WeightStationary => 1,
            Dataflow::OutputStationary => 2,
        };
        let rows = self.arch.rows;
        let shape = |blocks| JobShape {
            m: blocks * rows,
            ..usual
        };
        let of_blocks = self.arch.beats(shape(blocks));
        let shape = shape(blocks + 1);
        if !self.fits(&shape) || of_blocks.c < 3 {
            return;
        }
        let first = of_blocks.a as usize;
        let [a, b, c] = self.product(shape);
        let long = [&a.beats[first..], &a.beats[..1]].concat();
        let short = a.beats[first..a.count - 1].to_vec();
        let zeros = vec![0; c.beats[0].len()];
        for (rest, error) in [(short, JobError::ATruncated), (long, JobError::AOverlong)] {
            for gives_up in [false, true] {
                // Two wait at the stream and are as good as sent, until all are forgotten.
                let mut sent =
                    Packet::whole([&c.beats[..2], std::slice::from_ref(&zeros)].concat());
                if gives_up {
                    sent = Packet::whole(c.beats.clone());
                }
                self.start(shape, FAILED);
                self.script.then(Action::Hold, 1);
                self.offer([open(&a.beats[..first]), b.clone(), sent]);
                self.script.then(Action::Idle, 8 * WAITED);
                if gives_up {
                    self.script.then(Action::Hold, 0);
                    self.script.then(Action::Hold, 1);
                }
                self.offer(on(0, Packet::whole(rest.clone())));
                let script = &mut self.script;
                let status = BUSY | (error as u32) << 4;
                script.poll("status", u32::MAX, status, "it fails");
                script.then(Action::Idle, AFTERMATH);
                if gives_up {
                    self.give_up();
                    self.script.then(Action::Hold, 0);
                    self.script.then(Action::Idle, AFTERMATH);
                } else {
                    script.then(Action::Hold, 0);
                    self.ends(shape, error);
                }
            }
        }
        self.job(usual);
    }

    /// Jobs given up at every moment, from their start to their end: nothing comes of them, and the next is well.
    pub(super) fn given_up(&mut self, usual: JobShape) {
        let one = JobShape { m: 1, k: 1, n: 1 };
        let none = JobShape { m: 0, ..one };
        let wide = JobShape {
            n: SOME_PANELS.min(self.arch.limits.max_panels) * self.arch.columns,
            ..one
        };
        self.give_up();
        self.script.order(
            Action::Start,
            "control",
            3,
            "a start together with an abort is none",
        );
        self.script.then(Action::Idle, AFTERMATH);
        self.nothing_is_left();
        // A failed job whose operands are still to come.
        let shape = JobShape { m: 1, ..usual };
        for stream in 0..2 {
            let packets = self.product(shape);
            self.start(shape, ENDED | FAILED);
            let of = &packets[stream].beats;
            self.offer(on(stream, open(&[&of[..], &of[..1]].concat())));
            self.script.then(Action::Sent, 0);
            self.script.then(Action::Idle, AFTERMATH);
            self.give_up();
            self.job(shape);
        }
        let place = self.script.open_long();
        let wrong = |[a, b, _]: [Packet; 3]| {
            let beats = [&a.beats[..], &a.beats[..1]].concat();
            [Packet::whole(beats), b, Packet::default()]
        };
        let sweeps = [
            (none, false, SWEEP / 2),
            (wide, false, SWEEP),
            (one, true, SWEEP),
            (one, false, 2 * SWEEP),
            (usual, false, SWEEP),
        ];
        for (shape, goes_wrong, times) in sweeps {
            self.start(shape, 0);
            self.give_up();
            let operands = match shape {
                _ if shape == none => [(); 3].map(|_| Packet::default()),
                _ if goes_wrong => wrong(self.product(shape)),
                _ => self.product(shape),
            };
            let first = self.script.open_loop();
            self.script.order(Action::Start, "control", 1, "start");
            self.offer(operands);
            self.script.then(Action::Idle, 0);
            self.give_up();
            self.script.then(Action::Idle, AFTERMATH);
            self.nothing_is_left();
            self.script.close_loop(first, times);
            self.job(usual);
        }
        self.script.close_once(place);
        self.give_up();
    }

    /// Jobs that wait for an operand and are given up, and one that waits for C to be taken.
    pub(super) fn waits(&mut self, edges: JobShape) {
        let [a, b, _] = self.product(edges);
        // Of B also the first tile alone, where there are others: it then waits for A all the same.
        let tile = (self.arch.rows * self.arch.b.beats_per_group) as usize;
        let tile = &b.beats[..tile.min(b.count - 1)];
        for (operands, counter) in [
            (on(0, a.clone()), "stall_b"),
            (on(1, b.clone()), "stall_a"),
            (on(1, open(tile)), "stall_a"),
        ] {
            self.start(edges, ENDED);
            self.offer(operands);
            let script = &mut self.script;
            script.then(Action::Sent, 0);
            script.read(Action::More, counter, 4 * WAITED, "it waits");
            for register in &COUNTERS[1..] {
                script.read(Action::Sum, register, 0, "");
            }
            script.read(Action::Covers, "cycles", 0, "");
            script.read(Action::Read, "status", BUSY, "");
            self.give_up();
        }
        let blocks = JobShape {
            m: 5 * self.arch.rows,
            ..edges
        };
        self.start(blocks, ENDED);
        self.script.then(Action::Hold, 1);
        let product = self.product(blocks);
        self.offer(product);
        self.script
            .read(Action::More, "stall_c", WAITED, "it waits");
        self.script.then(Action::Hold, 0);
        self.ends(blocks, JobError::None);
    }

    /// An abort.
    pub(super) fn give_up(&mut self) {
        self.script.order(Action::Abort, "control", 2, "abort");
        self.nothing_is_left();
        self.script
            .write("interrupt_status", ENDED | FAILED, "clear");
        self.ended = 0;
    }

    /// Nothing is left of the jobs.
    fn nothing_is_left(&mut self) {
        for register in ["status", "jobs_ended", "last_failed"] {
            self.script.read(Action::Read, register, 0, "");
        }
    }
}

/// A packet on one stream alone.
fn on(stream: usize, packet: Packet) -> [Packet; 3] {
    let mut packets = [(); 3].map(|_| Packet::default());
    packets[stream] = packet;
    packets
}

/// Beats behind which others come.
fn open(beats: &[crate::device::pack::BeatWords]) -> Packet {
    Packet {
        ends: false,
        ..Packet::whole(beats.to_vec())
    }
}
