//! What would fit, where a chip was too small for a core.

use super::choice::{Choice, names};
use super::{Part, design};
use crate::arch::{self, MatmulArch};
use crate::config::{MatmulConfig, PRESETS};
use crate::synth::{BOARDS, Board, Chip, Demand, Flow, Outcome, Room, SynthError, TARGETS, Target};

/// K and N that the buffers of a smaller core take, the best first.
const SIZES: [u32; 5] = [256, 128, 64, 32, 16];

/// Says what would fit in place of a core that was too large for its chip.
pub(super) fn too_large(
    error: SynthError,
    arch: &MatmulArch,
    part: Part,
    choice: &Choice,
) -> miette::Report {
    let (SynthError::TooLarge { log, .. }, Some(chip)) = (&error, &choice.target.chip) else {
        return error.into();
    };
    let Some(failed) = Failed::new(arch, part, choice, chip) else {
        return error.into();
    };
    let help = format!(
        "by estimates of logic, registers, multipliers and memories:\n{}\n{}\n{}\nall that it said: {}",
        failed.chips(),
        failed.presets(),
        failed.smaller(),
        log.display()
    );
    miette::miette!(help = help, "{error}")
}

/// Says so where a board's part has less than was counted. Nothing is routed for such a board, so
/// that no tool says it.
pub(super) fn part_too_small(board: &Board, outcome: &Outcome) -> Option<String> {
    let part = board.part.as_ref()?;
    let lacking = part.lacks(&outcome.whole)?;
    Some(format!(
        "the {} of the {} is too small for what was counted: {lacking}",
        part.name, board.title
    ))
}

/// A core that a chip was too small for.
struct Failed<'a> {
    arch: &'a MatmulArch,
    part: Part,
    choice: &'a Choice,
    chip: &'static Chip,
    demand: Demand,
}

impl<'a> Failed<'a> {
    fn new(
        arch: &'a MatmulArch,
        part: Part,
        choice: &'a Choice,
        chip: &'static Chip,
    ) -> Option<Failed<'a>> {
        Some(Failed {
            arch,
            part,
            choice,
            chip,
            demand: demand(arch, part, choice, choice.target)?,
        })
    }

    /// Whether the chip should take another core. Where the estimate saw room for the one that
    /// failed, it is good for much smaller ones only.
    fn takes(&self, arch: &MatmulArch) -> bool {
        let demand = demand(arch, self.part, self.choice, self.choice.target);
        let was_wrong = self.demand.fits(self.chip);
        self.choice.target.takes(arch.target)
            && demand.is_some_and(|other| {
                other.fits(self.chip) && (!was_wrong || other.is_less(&self.demand))
            })
    }

    /// Chips with more room than that which was too small, and enough for the core.
    fn chips(&self) -> String {
        let takes_it = |target: &&Target| {
            let Some(chip) = &target.chip else {
                return false;
            };
            let demand = demand(self.arch, self.part, self.choice, target);
            target.takes(self.arch.target)
                && has_more(&chip.room, &self.chip.room)
                && demand.is_some_and(|demand| demand.fits(chip))
        };
        let targets: Vec<&Target> = TARGETS.iter().filter(takes_it).collect();
        if targets.is_empty() {
            return "no chip here has what this core needs".to_owned();
        }
        let mut text = format!(
            "this core should fit these chips ({}): {}",
            match self.choice.board {
                None => "`--target`",
                Some(_) => "`--target` in place of `--board`",
            },
            names(targets.iter().copied())
        );
        if self.choice.board.is_some() {
            let has_one = |name: &str| targets.iter().any(|target| target.name == name);
            let boards = BOARDS.iter().filter(|board| has_one(board.target));
            let boards: Vec<&str> = boards.map(|board| board.name).collect();
            if !boards.is_empty() {
                text += &format!("; and these boards (`--board`): {}", boards.join(", "));
            }
        }
        text
    }

    /// Presets that the chip takes.
    fn presets(&self) -> String {
        let presets = PRESETS.iter().map(|preset| preset.name);
        let takes = |name: &&str| arch::from_preset(name).is_ok_and(|arch| self.takes(&arch));
        let presets: Vec<&str> = presets.filter(takes).collect();
        if presets.is_empty() {
            "no preset fits this chip".to_owned()
        } else {
            format!("these presets should fit this chip: {}", presets.join(", "))
        }
    }

    /// The largest core of the same kind that the chip takes: with an array of half the size, a
    /// quarter and so on, and buffers for less.
    fn smaller(&self) -> String {
        let (mut rows, mut columns) = (self.arch.rows, self.arch.columns);
        loop {
            for size in SIZES {
                let Some(arch) = resized(self.arch, rows, columns, size) else {
                    continue;
                };
                if self.takes(&arch) {
                    return recipe(&arch, self.part);
                }
            }
            if (rows, columns) == (1, 1) {
                return "no smaller core of its kind fits this chip".to_owned();
            }
            if rows >= columns {
                rows = rows.div_ceil(2);
            } else {
                columns = columns.div_ceil(2);
            }
        }
    }
}

/// What a part of a core takes of a target.
fn demand(arch: &MatmulArch, part: Part, choice: &Choice, target: &Target) -> Option<Demand> {
    let frame = Flow::frame_for(target, choice.frame);
    let design = design(arch, part).ok()?;
    Some(Demand::of(&design, target, frame))
}

/// Whether there is more of something.
fn has_more(room: &Room, than: &Room) -> bool {
    room.luts > than.luts
        || room.registers > than.registers
        || room.multipliers > than.multipliers
        || room.block_rams > than.block_rams
        || room.large_rams > than.large_rams
}

/// A core as another, with an array of another size and buffers for K and N of `size`.
fn resized(arch: &MatmulArch, rows: u32, columns: u32, size: u32) -> Option<MatmulArch> {
    let mut config = MatmulConfig::new(rows, columns);
    config.common.target = arch.target;
    config.array = arch.to_config().array;
    config.array.rows = rows;
    config.array.columns = columns;
    config.buffers.output_register = arch.output_register;
    let large = MatmulArch::new(&config).ok()?;
    let panels = u64::from(large.panels(size));
    config.buffers.a = Some(large.a_buffer.size_for(size));
    config.buffers.b = Some(large.b_buffer.size_for(panels * u64::from(size)));
    config.buffers.accumulators = Some(large.accumulators.size_for(panels));
    MatmulArch::new(&config).ok()
}

/// What makes a core smaller, in the words of the configuration.
fn recipe(arch: &MatmulArch, part: Part) -> String {
    let MatmulArch { rows, columns, .. } = arch;
    let array = format!("a smaller one of its kind should: `rows = {rows}`, `columns = {columns}`");
    match part {
        Part::Array => array,
        Part::Core => format!(
            "{array}, with these `[buffers]`:\na = \"{}\", b = \"{}\", accumulators = \"{}\"",
            arch.a_buffer.size(),
            arch.b_buffer.size(),
            arch.accumulators.size()
        ),
    }
}
