//! The requantizer: from 32-bit sums to 8-bit values.

use super::aligned::{ALIGNED, BEHIND, INTEGER, above, below, fixed_point_goes_up, float_goes_up};
use super::product::{PRODUCT_STAGES, product};
use super::significant::{SIGNIFICANT, significant};
use crate::arch::Target;
use crate::hdl::{
    Block, Module, Pins, Shape, Signal, bit, bundle, concat, hardware, signed, unsigned,
};

/// How a sum is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// In single precision, as ONNX Runtime and LiteRT's XNNPACK kernels.
    Float,
    /// By a multiplier and a shift with two roundings, as TFLite Micro.
    FixedPoint,
    /// Either, chosen with every sum.
    Both,
}

impl Arithmetic {
    fn has_float(self) -> bool {
        self != Arithmetic::FixedPoint
    }

    fn has_fixed_point(self) -> bool {
        self != Arithmetic::Float
    }
}

/// Bits of an accumulator.
const SUM: u32 = 32;
/// Fraction bits of a float, below its exponent.
const FRACTION: u32 = SIGNIFICANT - 1;
/// A float is its 24 significant bits, as an integer, times 2^(exponent - this).
const EXPONENT_BIAS: u32 = 127 + FRACTION;
/// A fixed-point multiplier is in units of 2^-31.
const UNIT: u32 = 31;

/// Of the shift that aligns a product.
const AMOUNT: Shape = unsigned(6);
/// Its lower bits, by which the second of two shifts goes.
const FINE: u32 = 3;
/// The largest second shift.
const MOST_FINE: u32 = (1 << FINE) - 1;
/// The largest shift, which leaves nothing of a float's product.
const MOST: u32 = 63;

bundle! {
    /// Inputs of [`Requantizer`].
    pub struct RequantizerInputs(requantizer: &Requantizer) {
        /// Where it is 0 all registers keep their values.
        advance: bit(),
        /// With the bias.
        accumulator: signed(SUM),
        /// Float: the bits of the scale without its sign, which is positive. Fixed point: 0, or 2^30
        /// and more, in units of 2^-31.
        multiplier: unsigned(31),
        /// What only some arithmetics have: see [`Requantizer::choices`].
        flat choices: Pins(requantizer.choices()),
        /// What stands for 0.
        zero_point: signed(8),
        /// The lowest value.
        low: signed(8),
        /// The highest value.
        high: signed(8),
    }
}

bundle! {
    /// Output of [`Requantizer`].
    pub struct RequantizerOutputs() {
        /// Of the inputs [`Requantizer::latency`] cycles ago.
        value: signed(8),
    }
}

/// Scales 32-bit sums to 8-bit values, one in every cycle in which `advance` is 1.
///
/// Values are bit for bit those of the runtimes that [`Arithmetic`] names. A uint8 value is the
/// int8 value 128 below, with limits and zero point 128 below too. A float scale is finite, limits
/// are in order, and a left shift keeps the lower 32 bits of the sum.
///
/// A sum passes as sign and magnitude through one multiplier for both arithmetics. The product is
/// aligned, so that nine bits are its integer, and what is behind them says whether that goes up.
#[derive(Debug, Clone, PartialEq)]
pub struct Requantizer {
    /// Module name.
    pub name: String,
    /// What can be computed.
    pub arithmetic: Arithmetic,
    /// The chips that it is made for.
    pub target: Target,
}

impl Requantizer {
    /// Inputs that depend on the arithmetic: `shift` of a fixed-point multiplier, -32 to 31, positive
    /// to the left; `is_float`, 1 where a sum is scaled so, if there is a choice.
    pub fn choices(&self) -> Vec<(&'static str, Shape)> {
        match self.arithmetic {
            Arithmetic::Float => vec![],
            Arithmetic::FixedPoint => vec![("shift", signed(6))],
            Arithmetic::Both => vec![("shift", signed(6)), ("is_float", bit())],
        }
    }

    /// Cycles from inputs to their value, without those in which `advance` is 0.
    pub fn latency(&self) -> u32 {
        self.aligned_stage() + 5
    }

    /// The stage whose registers hold the factors: a float's magnitude is rounded before.
    fn factor_stage(&self) -> u32 {
        if self.arithmetic.has_float() { 5 } else { 2 }
    }

    /// The stage whose registers hold the product.
    fn product_stage(&self) -> u32 {
        self.factor_stage() + PRODUCT_STAGES
    }

    /// The stage whose registers hold what is aligned: in fixed point it is not the product itself.
    fn word_stage(&self) -> u32 {
        self.product_stage() + u32::from(self.arithmetic.has_fixed_point())
    }

    /// The stage whose registers hold the aligned product, after a coarse and a fine shift.
    fn aligned_stage(&self) -> u32 {
        self.word_stage() + 2
    }

    /// The least right shift that is needed to leave the integer of a product. A float's product is 0,
    /// or 2^23 and more: by this shift 2^8 and more, beyond the limits, as by any lesser one. A
    /// fixed-point product is in units of 2^-31.
    fn least_shift(&self) -> u32 {
        match self.arithmetic {
            Arithmetic::FixedPoint => UNIT,
            Arithmetic::Float | Arithmetic::Both => SIGNIFICANT - INTEGER,
        }
    }
}

#[hardware]
impl Block for Requantizer {
    fn build<'m>(&self, m: &'m Module, io: RequantizerInputs<'m>) -> RequantizerOutputs<'m> {
        m.doc(&format!(
            "Requantizer: from sums to 8-bit values, {} cycles later.",
            self.latency()
        ));
        let (word_stage, aligned_stage) = (self.word_stage(), self.aligned_stage());
        m.in_domain(m.default_domain().enable(io.advance), || {
            let float = (self.arithmetic == Arithmetic::Both)
                .then(|| history(m, "is_float", io.choices["is_float"], aligned_stage + 1));
            let float_at = |stage: u32| float.as_ref().map(|float| float[stage as usize]);

            m.section("factors");
            let (factor, amount) = self.scale(m, &io, float_at(0));
            let left = self.left_shift(&io, float_at(0));
            let shifted = m.delay(left.map_or(io.accumulator, |left| io.accumulator << left));
            let negative = history(m, "negative", shifted.msb(), aligned_stage + 1);
            let absolute = shifted.msb().mux(-shifted, shifted);
            let magnitude = m.delay(absolute.as_unsigned());
            let factor = m.delay_by("factor", factor, self.factor_stage() - 1);
            let rounded = match self.arithmetic {
                Arithmetic::FixedPoint => magnitude,
                Arithmetic::Float | Arithmetic::Both => significant(m, magnitude, float_at(2)),
            };

            m.section("product");
            let product = product(m, self.target, io.advance, rounded, factor);

            m.section("alignment");
            let product_negative = negative[self.product_stage() as usize - 1];
            let word = self.word(m, product, product_negative, float_at(self.product_stage()));
            let amount = m.delay_by("amount", amount, word_stage - 1);
            let coarse_amount = concat(&[
                amount.slice(FINE, AMOUNT.width - FINE),
                m.zero(unsigned(FINE)),
            ]);
            let stray = self.choose(float_at(word_stage), || word, || !word);
            let coarse_word = m.delay((word >> coarse_amount).truncate(ALIGNED + MOST_FINE));
            let coarse_above = m.delay(above(word, ALIGNED + MOST_FINE, coarse_amount));
            let coarse_lost = m.delay(below(stray, coarse_amount));

            let fine_amount = m.delay(amount.truncate(FINE));
            let stray = self.choose(float_at(word_stage + 1), || coarse_word, || !coarse_word);
            let aligned = m.delay((coarse_word >> fine_amount).truncate(ALIGNED));
            let too_large = m.delay(coarse_above | above(coarse_word, ALIGNED, fine_amount));
            /// some bit was shifted out: a 1 of a float, a 0 in fixed point
            let lost = m.delay(coarse_lost | below(stray, fine_amount));

            m.section("rounding to an integer");
            let integer = aligned.slice(BEHIND, INTEGER);
            let fraction = aligned.truncate(BEHIND);
            let goes_up = self.choose(
                float_at(aligned_stage + 1),
                || float_goes_up(m, integer, fraction, lost),
                || fixed_point_goes_up(m, fraction, lost),
            );
            let whole = m.delay_by("whole", integer | too_large.repeat(INTEGER), 2);
            let up = m.delay(goes_up);

            m.section("zero point and limits");
            let result = signed(INTEGER + 2);
            let minus = negative[aligned_stage as usize + 1];
            let terms = concat(&[io.low, io.high, io.zero_point]);
            let terms = m
                .delay_by("low_high_zero", terms, aligned_stage + 2)
                .split(8);
            let zero_point = terms[0].as_signed();
            let high = m.delay(terms[1].as_signed());
            let low = m.delay(terms[2].as_signed());
            let wide = whole.zero_extend(result.width);
            // -x is !x + 1, and -(x + 1) is !x.
            let directed = minus.mux(!wide, wide).as_signed();
            let carry = (up ^ minus).zero_extend(result.width).as_signed();
            let sum = m.delay(zero_point.sign_extend(result.width) + directed + carry);
            // Comparisons by the sign of a difference, one carry chain each. It does not overflow: the
            // sum is at most 512 from the zero point, and 640 from 0.
            let from_low = sum - low.sign_extend(result.width);
            let to_high = high.sign_extend(result.width) - sum;
            let (below_low, above_high) = (m.delay(from_low.msb()), m.delay(to_high.msb()));
            let [between, lowest, highest] = [sum.truncate(8), low, high].map(|end| m.delay(end));
            let limited = below_low.mux(lowest, above_high.mux(highest, between));
            RequantizerOutputs {
                value: m.delay(limited).named("limited"),
            }
        })
    }
}

#[hardware]
impl Requantizer {
    /// What `float` chooses, or what there is without a choice.
    fn choose<'m>(
        &self,
        float: Option<Signal<'m>>,
        by_float: impl FnOnce() -> Signal<'m>,
        by_fixed_point: impl FnOnce() -> Signal<'m>,
    ) -> Signal<'m> {
        match (self.arithmetic, float) {
            (Arithmetic::FixedPoint, _) => by_fixed_point(),
            (_, Some(float)) => float.mux(by_float(), by_fixed_point()),
            (_, None) => by_float(),
        }
    }

    /// The second factor, and by how much more than the least the product is shifted, in a register
    /// each.
    fn scale<'m>(
        &self,
        m: &'m Module,
        io: &RequantizerInputs<'m>,
        float: Option<Signal<'m>>,
    ) -> (Signal<'m>, Signal<'m>) {
        let least = self.least_shift();
        let float_factor = || {
            // Scales without the implied 1 are so small that values become 0 with and without it.
            let significand = concat(&[m.high(), io.multiplier.truncate(FRACTION)]);
            match self.arithmetic {
                Arithmetic::Float => significand,
                _ => significand.zero_extend(io.multiplier.width()),
            }
        };
        let float_amount = || {
            let exponent = io.multiplier.slice(FRACTION, 8);
            let nearest = EXPONENT_BIAS - least;
            let amount = (m.lit(nearest, exponent.shape()) - exponent).truncate(AMOUNT.width);
            let is_far = exponent.lt(nearest - MOST);
            exponent.gt(nearest).mux(0, is_far.mux(MOST, amount))
        };
        let fixed_amount = || {
            let shift = io.choices["shift"];
            let right = (-shift).as_unsigned().gate(shift.msb());
            if least < UNIT {
                right + (UNIT - least)
            } else {
                right
            }
        };
        let factor = m.delay(self.choose(float, float_factor, || io.multiplier));
        let amount = m.delay(self.choose(float, float_amount, fixed_amount));
        (factor, amount)
    }

    /// What is shifted to find the integer, of the stage [`Requantizer::word_stage`]: a float's product
    /// as it is, and in fixed point the high half of the product.
    ///
    /// The high half is rounded, halves up, but not by adding. The bit that would be added stands in
    /// every place below instead: with ones behind its point the half is as good as one more.
    fn word<'m>(
        &self,
        m: &'m Module,
        product: Signal<'m>,
        negative: Signal<'m>,
        float: Option<Signal<'m>>,
    ) -> Signal<'m> {
        let by_float = || concat(&[product, m.zero(unsigned(BEHIND - self.least_shift()))]);
        if !self.arithmetic.has_fixed_point() {
            return by_float();
        }
        let half_unit = product.bit(UNIT - 1);
        // Up is towards zero for a negative product.
        let first_up = half_unit & (product.truncate(UNIT - 1).any() | !negative);
        let high = product.slice(UNIT, product.width() - UNIT);
        let by_fixed_point =
            || concat(&[high, first_up.repeat(UNIT + BEHIND - self.least_shift())]);
        m.delay(self.choose(float, by_float, by_fixed_point))
    }

    /// Left shift of the sum: that of a fixed-point multiplier.
    fn left_shift<'m>(
        &self,
        io: &RequantizerInputs<'m>,
        float: Option<Signal<'m>>,
    ) -> Option<Signal<'m>> {
        self.arithmetic.has_fixed_point().then(|| {
            let shift = io.choices["shift"];
            let is_left = !shift.msb();
            let counts = float.map_or(is_left, |float| is_left & !float);
            shift.truncate(5).as_unsigned().gate(counts)
        })
    }
}

/// A bit, and what it was 1, 2, .. `cycles` cycles ago.
fn history<'m>(m: &'m Module, name: &str, value: Signal<'m>, cycles: u32) -> Vec<Signal<'m>> {
    let past = m.reg(unsigned(cycles)).named(format!("{name}_before"));
    past.next(concat(&[past.truncate(cycles - 1), value]));
    let before = (0..cycles).map(|cycle| past.bit(cycle));
    std::iter::once(value).chain(before).collect()
}
