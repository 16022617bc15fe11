//! Axes: a range of numbers, round ones in it, and where they stand.

/// Ticks with a text, at most.
const MOST_TICKS: usize = 10;

/// What an axis shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis<'a> {
    /// The quantity.
    pub label: &'a str,
    /// Its unit, which takes a prefix: `B/s`.
    pub unit: &'a str,
    /// By decades; numbers up to 0 have no place.
    pub logarithmic: bool,
}

/// The range of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    logarithmic: bool,
    /// Round numbers from the one end to the other, in order.
    pub ticks: Vec<f64>,
}

impl Scale {
    /// A range of round numbers around these: none where there is no number.
    pub fn new(logarithmic: bool, numbers: impl IntoIterator<Item = f64>) -> Option<Scale> {
        let numbers = numbers.into_iter();
        let numbers = numbers.filter(|number| has_place(logarithmic, *number));
        let (low, high) = numbers
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
                (low.min(number), high.max(number))
            });
        let ticks = match logarithmic {
            _ if low > high => return None,
            true => decades(low, high),
            false => steps(low, high),
        };
        Some(Scale { logarithmic, ticks })
    }

    /// Where a number stands: 0 at the low end, 1 at the high one; none where it has no place.
    pub fn place(&self, number: f64) -> Option<f64> {
        let of = |number: f64| match self.logarithmic {
            true => number.log10(),
            false => number,
        };
        let (low, high) = (of(self.ticks[0]), of(self.ticks[self.ticks.len() - 1]));
        has_place(self.logarithmic, number).then(|| (of(number) - low) / (high - low))
    }

    /// The ticks that have a text: both ends, or every so many.
    pub fn told(&self) -> impl Iterator<Item = f64> + '_ {
        let is_decade = |tick: f64| (tick.log10() - tick.log10().round()).abs() < 1e-6;
        let many = self.logarithmic && self.ticks.len() > MOST_TICKS;
        let told = move |tick: &f64| !many || is_decade(*tick);
        let step = self.ticks.iter().filter(|tick| told(tick)).count();
        let step = step.div_ceil(MOST_TICKS).max(1);
        self.ticks.iter().copied().filter(told).step_by(step)
    }
}

/// Numbers out of this have no place: what is measured is not as large or small.
fn has_place(logarithmic: bool, number: f64) -> bool {
    number.abs() < 1e30 && (!logarithmic || number > 1e-30)
}

/// 1, 2 and 5 of each decade, around a range.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let first = low.log10().floor() as i32;
    let last = high.log10().floor() as i32;
    let all =
        (first..=last + 1).flat_map(|decade| [1.0, 2.0, 5.0].map(|of| of * 10_f64.powi(decade)));
    let all = Vec::from_iter(all);
    let from = all.iter().rposition(|tick| *tick <= low).unwrap_or(0);
    let to = all
        .iter()
        .position(|tick| *tick >= high && *tick > all[from]);
    all[from..=to.unwrap_or(all.len() - 1)].to_vec()
}

/// Multiples of 1, 2 or 5 of a decade, around a range; from 0 where that is near.
fn steps(low: f64, high: f64) -> Vec<f64> {
    let low = match low >= 0.0 && 2.0 * low < high {
        true => 0.0,
        false => low,
    };
    let rough = match high > low {
        true => (high - low) / 5.0,
        false => high.abs().max(1.0) / 2.0,
    };
    let decade = 10_f64.powf(rough.log10().floor());
    let of = [1.0, 2.0, 5.0, 10.0];
    let step = decade
        * of.into_iter()
            .find(|of| of * decade >= 0.999 * rough)
            .unwrap_or(10.0);
    let first = (low / step).floor();
    let count = ((high / step).ceil() - first).clamp(1.0, 20.0) as i32;
    (0..=count)
        .map(|number| (first + f64::from(number)) * step)
        .collect()
}

/// A number with three digits and a prefix: `1.5 G`, `200 m`.
pub(super) fn prefixed(number: f64) -> String {
    const PREFIXES: [&str; 9] = ["p", "n", "µ", "m", "", "k", "M", "G", "T"];
    if number == 0.0 {
        return "0".into();
    }
    // Rounded first: 999.9 is 1 k.
    let rounded = format!("{number:.2e}").parse::<f64>().unwrap_or(number);
    let third = (rounded.abs().log10() / 3.0 + 1e-9).floor();
    let place = (third as i32 + 4).clamp(0, PREFIXES.len() as i32 - 1);
    let shown = rounded / 1000_f64.powi(place - 4);
    let decimals = (2 - shown.abs().log10().floor() as i32).clamp(0, 2) as usize;
    let text = format!("{shown:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text} {}", PREFIXES[place as usize])
        .trim_end()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round_and_include_the_numbers() {
        let ticks = |logarithmic, numbers: &[f64]| {
            let scale = Scale::new(logarithmic, numbers.iter().copied());
            scale.map(|scale| Vec::from_iter(scale.told()))
        };
        assert_eq!(
            ticks(false, &[3.0, 47.0]),
            Some(vec![0.0, 10.0, 20.0, 30.0, 40.0, 50.0])
        );
        assert_eq!(
            ticks(false, &[90.0, 100.0]),
            Some(vec![90.0, 92.0, 94.0, 96.0, 98.0, 100.0])
        );
        assert_eq!(
            ticks(true, &[0.0, 3.0, 40.0]),
            Some(vec![2.0, 5.0, 10.0, 20.0, 50.0])
        );
        assert_eq!(ticks(true, &[7e3, 2e8]).unwrap(), [1e4, 1e5, 1e6, 1e7, 1e8]);
        assert_eq!(ticks(true, &[5.0]), Some(vec![5.0, 10.0]));
        assert_eq!(ticks(false, &[5.0]), Some(vec![5.0, 10.0]));
        assert_eq!(ticks(false, &[f64::NAN, 1e300]), None);
    }

    #[test]
    fn numbers_have_prefixes() {
        for (number, text) in [
            (0.0, "0"),
            (1.5e9, "1.5 G"),
            (999.9, "1 k"),
            (0.2, "200 m"),
            (51_200.0, "51.2 k"),
            (-2e-6, "-2 µ"),
            (12.0, "12"),
            (1e14, "100 T"),
            (1e20, "100000000 T"),
        ] {
            assert_eq!(prefixed(number), text);
        }
    }

    proptest! {
        #[test]
        fn every_number_is_between_the_ends(
            logarithmic in any::<bool>(),
            numbers in prop::collection::vec(prop::num::f64::ANY, 1..5),
        ) {
            if let Some(scale) = Scale::new(logarithmic, numbers.iter().copied()) {
                prop_assert!(scale.told().count() <= MOST_TICKS, "{:?}", scale);
                for place in numbers.iter().filter_map(|number| scale.place(*number)) {
                    prop_assert!((-1e-9..1.0 + 1e-9).contains(&place), "{place} {:?}", scale);
                }
            }
        }
    }
}
