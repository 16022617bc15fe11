//! Rust enums as types of signals.

use super::bundle::EnumInfo;
use super::ir::{CasePattern, EnumId, EnumType, Variant};
use super::{Module, Shape, Signal, bits_for, unsigned};
use num_bigint::BigUint;
use std::fmt;
use std::marker::PhantomData;

/// An enum whose variants are values of signals; made with
/// [`hardware_enum!`](crate::hardware_enum).
pub trait HardwareEnum: Copy + 'static {
    /// The type's name.
    const NAME: &'static str;
    /// The variants' names.
    const VARIANTS: &'static [&'static str];
    /// The variants' encodings.
    const ENCODINGS: &'static [u64];

    /// The encoding.
    fn encoding(self) -> u64;

    /// The enum for the layout of a bundle.
    fn info() -> EnumInfo {
        EnumInfo {
            name: Self::NAME,
            variants: Self::VARIANTS,
            encodings: Self::ENCODINGS,
        }
    }

    /// The shape of its signals.
    fn shape() -> Shape {
        unsigned(bits_for(Self::ENCODINGS.iter().copied().max().unwrap_or(0)))
    }
}

/// Defines a [`HardwareEnum`]: states, opcodes, error codes. Encodings count from 0 unless given.
///
/// ```
/// use ferrogrid_hdl::{self as hdl, bit, hardware, hardware_enum};
///
/// hardware_enum! {
///     /// A traffic light.
///     pub enum Light { Red, Green }
/// }
///
/// #[hardware]
/// fn light(m: &hdl::Module) {
///     let toggle = m.input("toggle", bit());
///     let light = m.fsm(Light::Red);
///     light.go(Light::Red, toggle, Light::Green);
///     light.go(Light::Green, toggle, Light::Red);
///     m.output("may_walk", light.is(Light::Red));
/// }
/// # hdl::design("light", light).unwrap();
/// ```
#[macro_export]
macro_rules! hardware_enum {
    (
        $(#[$doc:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident $(= $encoding:literal)?),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        $visibility enum $name { $($(#[$variant_doc])* $variant $(= $encoding)?),+ }

        impl $crate::HardwareEnum for $name {
            const NAME: &'static str = stringify!($name);
            const VARIANTS: &'static [&'static str] = &[$(stringify!($variant)),+];
            const ENCODINGS: &'static [u64] = &[$($name::$variant as u64),+];
            fn encoding(self) -> u64 {
                self as u64
            }
        }
    };
}

/// A signal that holds a value of an enum.
pub struct EnumSignal<'m, S> {
    signal: Signal<'m>,
    of: PhantomData<S>,
}

impl<S> Clone for EnumSignal<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for EnumSignal<'_, S> {}

impl<S> fmt::Debug for EnumSignal<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signal.fmt(f)
    }
}

impl<'m, S> From<EnumSignal<'m, S>> for Signal<'m> {
    fn from(value: EnumSignal<'m, S>) -> Self {
        value.signal
    }
}

impl<'m, S: HardwareEnum> EnumSignal<'m, S> {
    pub(crate) fn new(signal: Signal<'m>) -> Self {
        EnumSignal {
            signal,
            of: PhantomData,
        }
    }

    /// The encoding.
    pub fn signal(self) -> Signal<'m> {
        self.signal
    }

    /// One bit: the value is `variant`.
    #[track_caller]
    pub fn is(self, variant: S) -> Signal<'m> {
        self.signal.eq(self.signal.module().value(variant).signal)
    }

    /// The value beside the variant that this is, else `default`.
    #[track_caller]
    pub fn case(
        self,
        arms: &[(S, impl Into<Signal<'m>> + Copy)],
        default: impl Into<Signal<'m>>,
    ) -> Signal<'m> {
        let module = self.signal.module();
        let arms = arms.iter();
        let arms = arms
            .map(|(variant, value)| (module.pattern(*variant), (*value).into()))
            .collect();
        self.signal.case_patterns(arms, default.into())
    }
}

impl Module {
    /// A constant variant.
    #[track_caller]
    pub fn value<S: HardwareEnum>(&self, variant: S) -> EnumSignal<'_, S> {
        let CasePattern { bits, state } = self.pattern(variant);
        EnumSignal::new(self.constant_of(bits, S::shape(), state))
    }

    pub(crate) fn pattern<S: HardwareEnum>(&self, variant: S) -> CasePattern {
        let encoding = variant.encoding();
        let index = S::ENCODINGS.iter().position(|other| *other == encoding);
        CasePattern {
            bits: BigUint::from(encoding),
            state: index.map(|index| (self.enum_of(S::info()), index as u32)),
        }
    }

    /// The enum in this module.
    pub(crate) fn enum_of(&self, info: EnumInfo) -> EnumId {
        let variants = info.variants.iter().zip(info.encodings);
        let variant = |(name, encoding): (&&str, &u64)| Variant {
            name: screaming(name),
            encoding: *encoding,
        };
        self.enum_id(EnumType {
            name: info.name.to_string(),
            width: bits_for(info.encodings.iter().copied().max().unwrap_or(0)),
            constant: false,
            variants: variants.map(variant).collect(),
        })
    }
}

/// `LoadTile` as `LOAD_TILE`; a name without lowercase letters stays.
fn screaming(variant: &str) -> String {
    if !variant.contains(|c: char| c.is_ascii_lowercase()) {
        return variant.to_string();
    }
    let mut name = String::new();
    for (i, c) in variant.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::screaming;

    #[test]
    fn variants_become_verilog_constants() {
        let names = ["LoadTile", "Idle", "IDLE", "AW", "A", "LOAD_A"].map(screaming);
        assert_eq!(names, ["LOAD_TILE", "IDLE", "IDLE", "AW", "A", "LOAD_A"]);
    }
}
