//! What would fit, where a chip was too small for a core.

use super::choice::{Choice, names};
use crate::cli::core;
use crate::config::presets_of;
use crate::product::{self, Part, Product};
use crate::report::area_on;
use crate::synth::{BOARDS, Board, Chip, Demand, Flow, Outcome, Room, SynthError, TARGETS, Target};

/// Says what would fit in place of a core that was too large for its chip.
pub(super) fn too_large(
    error: SynthError,
    product: &dyn Product,
    part: Part,
    choice: &Choice,
) -> miette::Report {
    let (SynthError::TooLarge { log, .. }, Some(chip)) = (&error, &choice.target.chip) else {
        return error.into();
    };
    let Some(failed) = Failed::new(product, part, choice, chip) else {
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
    product: &'a dyn Product,
    part: Part,
    choice: &'a Choice,
    chip: &'static Chip,
    demand: Demand,
}

impl<'a> Failed<'a> {
    fn new(
        product: &'a dyn Product,
        part: Part,
        choice: &'a Choice,
        chip: &'static Chip,
    ) -> Option<Failed<'a>> {
        Some(Failed {
            product,
            part,
            choice,
            chip,
            demand: demand(product, part, choice, choice.target)?,
        })
    }

    /// Whether the chip should take another core. Where the estimate saw room for the one that
    /// failed, it is good for much smaller ones only.
    fn takes(&self, product: &dyn Product) -> bool {
        let demand = demand(product, self.part, self.choice, self.choice.target);
        let was_wrong = self.demand.fits(self.chip);
        self.choice.target.takes(product.target())
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
            let demand = demand(self.product, self.part, self.choice, target);
            target.takes(self.product.target())
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

    /// Presets of the same kind that the chip takes.
    fn presets(&self) -> String {
        let kind = self.product.config().kind();
        let presets = presets_of(kind).map(|preset| preset.name);
        let takes = |name: &&str| {
            let product = product::from_preset(name);
            product.is_ok_and(|product| self.takes(product.as_ref()))
        };
        let presets: Vec<&str> = presets.filter(takes).collect();
        if presets.is_empty() {
            "no preset fits this chip".to_owned()
        } else {
            format!("these presets should fit this chip: {}", presets.join(", "))
        }
    }

    /// The largest core of the same kind that the chip takes.
    fn smaller(&self) -> String {
        let smaller = self.product.smaller();
        match smaller.iter().find(|product| self.takes(product.as_ref())) {
            Some(product) => format!(
                "a smaller one of its kind should: {}",
                product.recipe(self.part)
            ),
            None => "no smaller core of its kind fits this chip".to_owned(),
        }
    }
}

/// What a part of a core takes of a target.
fn demand(product: &dyn Product, part: Part, choice: &Choice, target: &Target) -> Option<Demand> {
    let frame = Flow::frame_for(target, choice.frame);
    let design = core::design(product, part).ok()?;
    let area = area_on(product, part, target);
    let demand = Demand {
        logic: area.lut,
        registers: area.ff,
        multipliers: area.dsp,
        block_rams: area.bram,
        large_rams: area.large_ram,
    };
    Some(demand.framed(&design.top().ports, frame))
}

/// Whether there is more of something.
fn has_more(room: &Room, than: &Room) -> bool {
    room.luts > than.luts
        || room.registers > than.registers
        || room.multipliers > than.multipliers
        || room.block_rams > than.block_rams
        || room.large_rams > than.large_rams
}
