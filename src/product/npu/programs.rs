//! Programs by hand that a core for networks runs as an example: what each must end with.

use super::machine_size;
use crate::arch::{NpuArch, Requantization};
use crate::isa::npu::{INSTRUCTION_BYTES, Instruction, REGIONS, SEMAPHORES};
use crate::product::example::scattered;
use crate::reference::run_program;

/// Bytes of DRAM that programs write.
pub(super) const RESULTS: usize = 512;
/// A burst of a write ends here.
const PAGE: usize = 4096;
/// Beats of a STORE that crosses a page.
const CROSSING: usize = 8;
/// Bytes of a run that goes to the ends of both halves.
const RUN: usize = 64;
/// Rows of vectors whose sums are requantized.
const ROWS: usize = 16;
/// Instructions of a long program: more than eight bits count.
const MANY: usize = 300;
/// Signals of a semaphore, of which it holds but one less.
const TOO_MANY_SIGNALS: usize = 256;

/// A program, and what must come of it.
pub(super) struct Program {
    /// What it is about.
    pub note: &'static str,
    /// Its first byte in DRAM.
    pub at: usize,
    /// Its instructions.
    pub instructions: usize,
    /// How it ends.
    pub end: End,
    /// It goes on for long enough to be stopped while DRAM is at work.
    pub stops: bool,
    /// What it leaves among the results; none where that is not looked at.
    pub results: Option<Vec<u8>>,
}

/// How a program ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With this code.
    Code(u32),
    /// For this cause: its name. The index of its instruction, where that is certain, and the address that DRAM refused.
    Cause(&'static str, Option<usize>, u64),
    /// Not by itself.
    Never,
}

/// DRAM with programs in it.
pub(super) struct Programs<'a> {
    arch: &'a NpuArch,
    /// What is there before, from address 0 on; results are behind it.
    pub dram: Vec<u8>,
    pub all: Vec<Program>,
    /// Where results are.
    pub results: usize,
    /// Equal instructions one behind the other: where, and how many.
    pub repeated: Option<(usize, usize)>,
}

impl Programs<'_> {
    /// All programs, behind what is in DRAM.
    pub fn behind(arch: &NpuArch, mut dram: Vec<u8>) -> Programs<'_> {
        dram.resize(dram.len().next_multiple_of(RUN), 0);
        // What programs need is little; what is beside the page may be written by mistake.
        let room = 8 * PAGE + MANY * INSTRUCTION_BYTES;
        let room = room + 400 * arch.columns as usize + arch.tile_bytes() as usize;
        let results = (dram.len() + room).next_multiple_of(PAGE);
        let mut programs = Programs {
            arch,
            dram,
            all: Vec::new(),
            results,
            repeated: None,
        };
        programs.moves();
        programs.roundings();
        programs.refusals();
        programs.semaphores();
        programs.ranges();
        programs.long();
        let used = programs.dram.len() + 2 * CROSSING * arch.bus_bytes() as usize;
        assert!(
            used <= results,
            "{used} bytes of DRAM are more than {results}"
        );
        programs
    }

    /// A program; expected results come from the functional model where it ends.
    fn add(&mut self, note: &'static str, text: &str, end: End) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let program =
            Vec::from_iter(lines.map(|line| line.parse::<Instruction>().expect("an instruction")));
        self.dram.resize(self.dram.len().next_multiple_of(RUN), 0);
        let at = self.dram.len();
        for instruction in &program {
            self.dram.extend(instruction.encode().expect("an encoding"));
        }
        let results = matches!(end, End::Code(_)).then(|| {
            let mut dram = self.dram.clone();
            dram.resize(self.results + RESULTS, 0);
            let code = run_program(&machine_size(self.arch), &program, BASES, &mut dram);
            let code = code.unwrap_or_else(|illegal| panic!("{note}: {illegal}"));
            assert!(end == End::Code(code), "{note} ends with {code}");
            dram.split_off(self.results)
        });
        self.all.push(Program {
            note,
            at,
            instructions: program.len(),
            end,
            stops: false,
            results,
        });
    }

    /// Data in DRAM: where.
    fn data(&mut self, bytes: impl IntoIterator<Item = u8>) -> usize {
        self.dram.resize(self.dram.len().next_multiple_of(RUN), 0);
        let at = self.dram.len();
        self.dram.extend(bytes);
        at
    }

    /// Runs to the ends of both halves and back, through addresses of more than 32 bits.
    fn moves(&mut self) {
        let pattern = self.data((1..=2 * RUN as u64).map(|index| scattered(index) as u8));
        let half = self.arch.scratchpad_bytes as usize / 2;
        let [first, second] = [half - RUN, 2 * half - RUN];
        let results = self.results;
        let behind = pattern + RUN;
        let [there, last] = [results + RUN, results + 2 * RUN];
        let text = format!(
            "load region=3 offset={pattern} address={first} run={RUN} rows=1 planes=1
             load region=3 offset={behind} address={second} run={RUN} rows=1 planes=1
             fence units=1
             store region=3 offset={results} address={first} run={RUN} rows=1 planes=1
             store region=3 offset={there} address={second} run={RUN} rows=1 planes=1
             fence units=8
             load region=3 offset={there} run={RUN} rows=1 planes=1
             fence units=1
             store region=3 offset={last} run={RUN} rows=1 planes=1
             end code=21"
        );
        self.add("runs that end where a half ends", &text, End::Code(21));
        let rows = 8 * RUN;
        let text = format!(
            "load region=3 offset={pattern} run=4 rows={rows} planes=1
             fence units=1
             end code=22"
        );
        self.add("a load of many runs", &text, End::Code(22));
        self.all.last_mut().expect("it was added").stops = true;
        let bus = self.arch.bus_bytes() as usize;
        let (run, rows) = (16 * bus, 20);
        let text = format!(
            "load region=3 offset={pattern} run={run} rows=1 planes=1
             fence units=1
             store region=3 offset={results} run={bus} rows={rows} planes={rows}
             fence units=8
             end code=27"
        );
        self.add("a store of many runs", &text, End::Code(27));
        self.all.last_mut().expect("it was added").stops = true;
    }

    /// Sums, which are biases, that lie between two bytes, and multipliers and shifts at their ends.
    fn roundings(&mut self) {
        let arch = self.arch;
        let channels = ROWS * arch.columns as usize;
        let first = arch.parameter_channels as usize - channels;
        let tile = self.data(vec![0; arch.tile_bytes() as usize]);
        for float in [false, true] {
            let can = match arch.requantization {
                Requantization::Both => true,
                Requantization::Float => float,
                Requantization::Fixed => !float,
            };
            if !can {
                continue;
            }
            let parameters = |of: fn(bool, usize) -> u32| {
                (0..channels).flat_map(move |channel| of(float, channel).to_le_bytes())
            };
            let places = [bias, multiplier, shift].map(|of| self.data(parameters(of)));
            let mut text = String::new();
            for (target, place) in (1..).zip(places) {
                let run = 4 * channels;
                text += &format!(
                    "load region=3 target={target} offset={place} address={first} run={run} rows=1 planes=1\n"
                );
            }
            let (c, pitch, results) = (arch.columns, arch.columns, self.results);
            let float = if float { "float" } else { "" };
            text += &format!(
                "weights region=3 offset={tile} tiles=1
                 fence units=1
                 matrix pitch={} width=0 height=0 blocks=1 kernel_rows=1 taps=1 rows={ROWS} row_step=1 columns=1 \
                 release begin end
                 post rows={ROWS} row_pitch={pitch} columns=1 channels={c} window=1 parameters={first} row_parameters \
                 per_channel low=-128 high=127 zero_point=3 {float}
                 fence units=4
                 store region=3 offset={results} run={} rows=1 planes=1
                 end code=23",
                arch.rows,
                channels.min(RESULTS),
            );
            self.add("sums between two bytes", &text, End::Code(23));
        }
    }

    /// What DRAM answers with an error: one burst of two, the first of several, another in the next program.
    fn refusals(&mut self) {
        let bus = self.arch.bus_bytes() as usize;
        let (run, results) = (CROSSING * bus, self.results);
        let load = format!("load region=3 run={run} rows=1 planes=1\nfence units=1\n");
        let across = results - run / 2;
        let failed = |cause, fault: usize| End::Cause(cause, None, fault as u64);
        self.add(
            "the first burst of a run is refused",
            &format!("{load} store region=3 offset={across} run={run} rows=1 planes=1\nfence units=8\nend"),
            failed("write_failed", across),
        );
        let stride = RESULTS.next_multiple_of(bus);
        self.add(
            "the second run is refused",
            &format!(
                "{load} store region=3 offset={results} run={run} rows=2 row_stride={stride} planes=1\nfence units=8\nend"
            ),
            failed("write_failed", results + stride),
        );
        // All bits of a stride count.
        for (strides, stride) in [
            ("rows=2 row_stride", 0xb7_1b40),
            ("rows=1 planes=2 plane_stride", 0xdc_e780),
        ] {
            let planes = if strides.starts_with("rows=2") {
                " planes=1"
            } else {
                ""
            };
            for (unit, offset, cause) in [
                ("load", 0, "read_failed"),
                ("store", results, "write_failed"),
            ] {
                let text = format!(
                    "{load} {unit} region=3 offset={offset} run={bus} {strides}={stride}{planes}\nfence units=9\nend"
                );
                self.add(
                    "the second run is nowhere",
                    &text,
                    failed(cause, offset + stride),
                );
            }
        }
        let nowhere = (results + RESULTS).next_power_of_two() * 2;
        for (note, first) in [
            ("three loads are refused", nowhere),
            ("another is refused", nowhere + 2 * PAGE),
        ] {
            self.add(
                note,
                &format!("load region=3 offset={first} run={bus} rows=3 row_stride={PAGE} planes=1\nfence units=1\nend"),
                failed("read_failed", first),
            );
        }
    }

    /// Semaphores that are left, that nobody finds in the next program, and one that overflows.
    fn semaphores(&mut self) {
        let signals = (0..SEMAPHORES)
            .map(|number| format!("load region=3 run=4 rows=1 planes=1 signal={number}\n"));
        let text = signals.collect::<String>() + "end code=24";
        self.add("each semaphore is left", &text, End::Code(24));
        for number in 0..SEMAPHORES {
            let text = format!("load region=3 run=4 rows=1 planes=1 wait={number}:1\nend");
            self.add(
                "it finds no semaphore",
                &text,
                End::Cause("watchdog", Some(1), 0),
            );
        }
        for number in [0, SEMAPHORES - 1] {
            let signals = |rows: usize| {
                format!(
                    "load region=3 run=1 rows={rows} planes=1 signal={number}/1\nfence units=1\nend code=25"
                )
            };
            self.add(
                "as much as it holds",
                &signals(TOO_MANY_SIGNALS - 1),
                End::Code(25),
            );
            let overflows = End::Cause("overflow", None, 0);
            self.add("one too many", &signals(TOO_MANY_SIGNALS), overflows);
        }
    }

    /// Counts of 0 and addresses beyond memories; what is no instruction.
    fn ranges(&mut self) {
        let arch = self.arch;
        let pad = arch.scratchpad_bytes;
        let (parameters, tiles) = (arch.parameter_channels, arch.ring_tiles);
        let beyond = arch.columns + 1;
        let matrix = "matrix pitch=8 width=8 height=8 blocks=1 kernel_rows=1 taps=1 rows=2 row_step=1 columns=1";
        let post = "post rows=2 row_pitch=8 columns=1 channels=4 window=1";
        let at_once = [
            "load run=0 rows=1 planes=1".to_owned(),
            "load run=8 rows=0 planes=1".to_owned(),
            "load run=8 rows=1 planes=0".to_owned(),
            format!("load run=8 rows=1 planes=1 address={pad}"),
            format!("load run=8 rows=1 planes=1 target=1 address={parameters}"),
            "load run=8 rows=1 planes=1 target=7".to_owned(),
            "weights tiles=0".to_owned(),
            matrix.replace("blocks=1", "blocks=0"),
            matrix.replace("kernel_rows=1", "kernel_rows=0"),
            matrix.replace("taps=1", "taps=0"),
            matrix.replace("rows=2", "rows=0"),
            matrix.replace("columns=1", "columns=0"),
            format!("{matrix} address={pad}"),
            format!("{matrix} tile={tiles}"),
            post.replace("rows=2", "rows=0"),
            post.replace("columns=1", "columns=0"),
            post.replace("window=1", "window=0"),
            post.replace("channels=4", "channels=0"),
            post.replace("channels=4", &format!("channels={beyond}")),
            format!("{post} address={pad}"),
            format!("{post} parameters={parameters}"),
            "store run=0 rows=1 planes=1".to_owned(),
            "store run=8 rows=0 planes=1".to_owned(),
            "store run=8 rows=1 planes=0".to_owned(),
            format!("store run=8 rows=1 planes=1 address={pad}"),
        ];
        for instruction in at_once {
            let text = format!("load region=3 run=4 rows=1 planes=1\n{instruction}\nend");
            if is_encoded(&text) {
                self.add(
                    "out of range",
                    &text,
                    End::Cause("out_of_range", Some(1), 0),
                );
            }
        }
        let half = pad / 2;
        let on_the_way = [
            format!("load region=3 address={} run=8 rows=1 planes=1", half - 7),
            format!(
                "load region=3 address={half} run=8 rows=2 row_pitch={} planes=1",
                half - 7
            ),
            format!(
                "store region=3 address={} run=8 rows=1 planes=1 offset={}",
                pad - 7,
                self.results
            ),
        ];
        for instruction in on_the_way {
            let text = format!("{instruction}\nfence units=31\nend");
            if is_encoded(&text) {
                self.add(
                    "out of range on the way",
                    &text,
                    End::Cause("out_of_range", None, 0),
                );
            }
        }
        self.add(
            "no instruction",
            "fence units=1\nfence units=1\nend",
            End::Cause("illegal", Some(1), 0),
        );
        let at = self.dram.len() - 2 * INSTRUCTION_BYTES;
        // A bit that no field has.
        self.dram[at + INSTRUCTION_BYTES - 1] = 0x80;
        self.add(
            "it waits for ever",
            "load region=3 run=4 rows=1 planes=1 wait=3:1\nend",
            End::Never,
        );
    }

    /// More instructions than eight bits count.
    fn long(&mut self) {
        let text = "fence units=0\n".repeat(MANY - 1) + "end code=26";
        self.add("many instructions", &text, End::Code(26));
        let at = self.all.last().map_or(0, |program| program.at);
        self.repeated = Some((at, MANY - 1));
    }
}

/// Every field has the bits for it.
fn is_encoded(text: &str) -> bool {
    text.lines().all(|line| {
        let instruction: Option<Instruction> = line.parse().ok();
        instruction.is_some_and(|instruction| instruction.encode().is_ok())
    })
}

/// Programs say where everything is in DRAM.
const BASES: [u64; REGIONS as usize] = [0; REGIONS as usize];

/// Biases: small ones, which multipliers halve, then ends and others.
fn bias(float: bool, channel: usize) -> u32 {
    let small = channel as i32 / 2 - 9;
    let value = match channel % 4 {
        0 | 1 => small,
        2 if float => i32::MAX - channel as i32,
        2 => [i32::MAX, i32::MIN, i32::MIN + 1, 0x4000_0001][channel / 4 % 4],
        _ => (scattered(channel as u64 + 1) as i32) >> (channel % 29),
    };
    value as u32
}

/// A half and a quarter for small biases; then every exponent of fp32, or any.
fn multiplier(float: bool, channel: usize) -> u32 {
    match (float, channel % 4) {
        (true, 0) => 0x3f00_0000,
        (true, 1) => 0x3e80_0000,
        (true, 2) => {
            (64 + channel as u32 / 4 % 190) << 23
                | (scattered(channel as u64) as u32 & 0x7f_ffff) >> (channel / 4 % 2 * 23)
        }
        (true, _) => 0x3a00_0000 + (scattered(channel as u64) as u32 & 0x03ff_ffff),
        (false, 0 | 1) => 0x4000_0000,
        (false, 2) => [0x4000_0000, 0x7fff_ffff, 0x4000_0001, 0x5555_5555][channel / 4 % 4],
        (false, _) => 0x4000_0000 + (scattered(channel as u64) as u32 & 0x3fff_ffff),
    }
}

/// None and one for small biases; then all.
fn shift(_: bool, channel: usize) -> u32 {
    let shift = match channel % 4 {
        0 => 0,
        1 => -1,
        2 => -(channel as i32 / 4 % 32),
        _ => -(channel as i32 % 29),
    };
    shift as u32 & 0x3f
}
