//! Choices between values.

use super::Signal;
use crate::ir::{CasePattern, NodeKind};
use crate::{Operand, bit};
use num_bigint::{BigInt, BigUint};

impl<'m> Signal<'m> {
    /// `then` where this bit is 1, else `otherwise`. An integer takes the other's shape.
    ///
    /// # Panics
    /// When the shapes differ, or both are integers, which have none.
    #[track_caller]
    pub fn mux(self, then: impl Operand<'m>, otherwise: impl Operand<'m>) -> Signal<'m> {
        self.module.one_bit(self, "the condition of `mux`");
        let (then, otherwise) = match (then.integer(), otherwise.integer()) {
            (None, _) => {
                // A signal resolves to itself, whatever the shape.
                let then = then.resolve(self.module, bit());
                (then, then.resolve(otherwise))
            }
            (Some(_), None) => {
                let otherwise = otherwise.resolve(self.module, bit());
                (otherwise.resolve(then), otherwise)
            }
            (Some(one), Some(other)) => panic!(
                "`mux` of {} between the integers {one} and {other} has no shape: use `m.lit` for one",
                self.describe()
            ),
        };
        self.module.own(then);
        assert!(
            then.shape() == otherwise.shape(),
            "`mux` needs equal shapes: {} is {}, {} is {}",
            then.describe(),
            then.shape(),
            otherwise.describe(),
            otherwise.shape()
        );
        let kind = NodeKind::Mux {
            condition: self.id,
            then: then.id,
            otherwise: otherwise.id,
        };
        self.make(kind, then.shape())
    }

    /// The value beside the pattern that this signal equals, else `default`.
    ///
    /// Patterns are values of this signal's shape, or [constants](crate::Module::constant) of it,
    /// and distinct.
    #[track_caller]
    pub fn case(
        self,
        arms: &[(impl CaseLabel + Copy, impl Into<Signal<'m>> + Copy)],
        default: impl Into<Signal<'m>>,
    ) -> Signal<'m> {
        let mut patterns = Vec::new();
        for (label, value) in arms {
            patterns.push((label.pattern(self), (*value).into()));
        }
        self.case_patterns(patterns, default.into())
    }

    #[track_caller]
    pub(crate) fn case_patterns(
        self,
        arms: Vec<(CasePattern, Signal<'m>)>,
        default: Signal<'m>,
    ) -> Signal<'m> {
        assert!(
            !self.shape().signed,
            "a case selector must be unsigned, {} is {}",
            self.describe(),
            self.shape()
        );
        self.module.own(default);
        for (i, (pattern, value)) in arms.iter().enumerate() {
            self.module.own(*value);
            value.expect_shape_of(default, "case", "the default");
            assert!(
                arms[..i]
                    .iter()
                    .all(|(other, _)| other.bits != pattern.bits),
                "case pattern {} stands twice",
                pattern.bits
            );
        }
        let arms = arms
            .into_iter()
            .map(|(pattern, value)| (pattern, value.id))
            .collect();
        let kind = NodeKind::Case {
            selector: self.id,
            arms,
            default: default.id,
        };
        self.make(kind, default.shape())
    }

    /// The item that this unsigned index selects; beyond the end, the last item. Items that the
    /// index cannot reach must fit too and are left out.
    ///
    /// # Panics
    /// When `items` is empty or their shapes differ.
    #[track_caller]
    pub fn select(self, items: &[impl Into<Signal<'m>> + Copy]) -> Signal<'m> {
        let items: Vec<Signal<'m>> = items.iter().map(|item| (*item).into()).collect();
        let (last, rest) = items
            .split_last()
            .expect("`select` needs at least one item");
        for item in rest {
            self.module.own(*item);
            item.expect_shape_of(*last, "select", "the last item");
        }
        let reachable = rest.len().min(1usize << self.width().min(31));
        let arms: Vec<_> = rest[..reachable]
            .iter()
            .enumerate()
            .map(|(i, item)| (i as u64, *item))
            .collect();
        if arms.is_empty() {
            *last
        } else {
            self.case(&arms, *last)
        }
    }
}

/// The value beside the first condition that is 1, else `default`.
#[track_caller]
pub fn first_match<'m>(
    arms: &[(impl Into<Signal<'m>> + Copy, impl Into<Signal<'m>> + Copy)],
    default: impl Into<Signal<'m>>,
) -> Signal<'m> {
    let default = default.into();
    let arms: Vec<(Signal<'m>, Signal<'m>)> = arms
        .iter()
        .map(|(condition, then)| ((*condition).into(), (*then).into()))
        .collect();
    for (_, then) in &arms {
        then.expect_shape_of(default, "first_match", "the default");
    }
    let mut value = default;
    for (condition, then) in arms.iter().rev() {
        value = condition.mux(*then, value);
    }
    value
}

/// What an arm of [`Signal::case`] stands for.
pub trait CaseLabel {
    /// As a pattern of a selector.
    fn pattern(self, selector: Signal<'_>) -> CasePattern;
}

impl CaseLabel for u64 {
    #[track_caller]
    fn pattern(self, selector: Signal<'_>) -> CasePattern {
        assert!(
            selector.shape().contains(&BigInt::from(self)),
            "case pattern {self} does not fit {}, which is {}",
            selector.describe(),
            selector.shape()
        );
        CasePattern {
            bits: BigUint::from(self),
            state: None,
        }
    }
}

impl CaseLabel for Signal<'_> {
    #[track_caller]
    fn pattern(self, selector: Signal<'_>) -> CasePattern {
        self.expect_shape_of(selector, "a case pattern", "the selector");
        match &self.module.state().ir.node(self.id).kind {
            NodeKind::Constant { bits, state } => CasePattern {
                bits: bits.clone(),
                state: *state,
            },
            _ => panic!("case pattern {} is not a constant", self.describe()),
        }
    }
}
