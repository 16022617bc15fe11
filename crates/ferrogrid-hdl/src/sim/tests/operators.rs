//! Every operator at widths around the word size, against num-bigint.
//!
//! The same formulas run on inputs (compiled instructions) and on constants (folding).

use super::simulate;
use crate::{Shape, Signal, bit, concat, signed, unsigned};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const WIDTHS: [u32; 9] = [1, 2, 8, 32, 63, 64, 65, 128, 200];

/// The operands of one check: two of one shape and a shift amount.
#[derive(Clone, Debug)]
struct Operands {
    shape: Shape,
    a: BigInt,
    b: BigInt,
    amount: u32,
}

fn amount_shape() -> Shape {
    unsigned(9)
}

/// All results by name.
fn describe<'m>(a: Signal<'m>, b: Signal<'m>, amount: Signal<'m>) -> Vec<(String, Signal<'m>)> {
    let shape = a.shape();
    let w = shape.width;
    let (ua, ub) = (a.as_unsigned(), b.as_unsigned());
    let mut all: Vec<(String, Signal<'m>)> = Vec::new();
    let mut add = |name: &str, signal: Signal<'m>| all.push((name.to_string(), signal));
    add("add", a + b);
    add("subtract", a - b);
    add("multiply", a * b);
    add("and", a & b);
    add("or", a | b);
    add("xor", a ^ b);
    add("eq", a.eq(b));
    add("ne", a.ne(b));
    add("lt", a.lt(b));
    add("le", a.le(b));
    add("not", !a);
    add("negate", -a);
    add("all", a.all());
    add("any", a.any());
    add("parity", a.parity());
    add("shl", a << amount);
    add("shr", a >> amount);
    add("shl_by_b", a << ub);
    add("shr_by_b", a >> ub);
    add("mux", a.bit(0).mux(a, b));
    add("concat", concat(&[ua, ub, amount, ua.bit(0)]));
    let bus = concat(&[ua, ub, amount]);
    for (i, (lsb, width)) in bus_slices(w).into_iter().enumerate() {
        add(&format!("bus_{i}"), bus.slice(lsb, width));
    }
    add("repeat", ua.repeat(3));
    for more in [1, 3, 64, 130] {
        add(&format!("extend_{more}"), a.extend(w + more));
    }
    // Extended operands take other instructions.
    add("add_wider", a.extend(w + 1) + b.extend(w + 1));
    add("subtract_wider", a.extend(w + 3) - b.extend(w + 3));
    add("multiply_wider", a.extend(w + 3) * b.extend(w + 3));
    add("lt_wider", a.extend(w + 3).lt(b.extend(w + 3)));
    // The sign stops at the cast.
    let cast = |x: Signal<'m>| x.extend(w + 2).as_unsigned().extend(w + 6);
    add("add_cast", cast(a) + cast(b));
    for (lsb, width) in slices(w) {
        add(&format!("slice_{lsb}_{width}"), a.slice(lsb, width));
    }
    add("case_dense", ua.case(&[(0, a), (1, b)], !a));
    let last = u64::MAX >> (64 - w.min(64));
    if w > 1 {
        let sparse = [(0, b), (last / 2 + 1, a), (last, !b)];
        add("case_sparse", ua.case(&sparse, a ^ b));
    }
    let items = [a, b, !a, !b, a & b, a | b];
    add("select", amount.slice(0, 3).select(&items));
    all
}

/// One part of the bus, some of a part, and across parts.
fn bus_slices(w: u32) -> [(u32, u32); 5] {
    [
        (9, w),
        (9 + w, w),
        (9 + w / 2, w - w / 2),
        (5, w + 4),
        (8, w + 2),
    ]
}

fn slices(w: u32) -> Vec<(u32, u32)> {
    let all = [
        (0, w),
        (0, 1),
        (w - 1, 1),
        (w / 2, w - w / 2),
        (0, w.div_ceil(2)),
    ];
    let more = [
        (1, 63),
        (1, 64),
        (60, 8),
        (63, 2),
        (64, 64),
        (64, 1),
        (30, 100),
        (65, 128),
    ];
    let mut slices: Vec<_> = all
        .into_iter()
        .chain(more)
        .filter(|(l, n)| l + n <= w)
        .collect();
    slices.sort_unstable();
    slices.dedup();
    slices
}

/// What the results must be, in the order of [`describe`].
fn expected(operands: &Operands) -> Vec<BigInt> {
    let Operands {
        shape,
        a,
        b,
        amount,
    } = operands;
    let (shape, amount, w) = (*shape, *amount, shape.width);
    let bits = |value: &BigInt| shape.to_bits(value);
    let wrap = |value: BigInt| shape.from_bits(&shape.to_bits(&value));
    let wider = |value: BigInt, more: u32| {
        let wide = Shape {
            width: w + more,
            ..shape
        };
        wide.from_bits(&wide.to_bits(&value))
    };
    let cast = |value: &BigInt| {
        (Shape {
            width: w + 2,
            ..shape
        })
        .to_bits(value)
    };
    let flag = |value: bool| BigInt::from(u8::from(value));
    let natural = |bits: BigUint| BigInt::from(bits);
    let shl = |amount: &BigUint| match u32::try_from(amount) {
        Ok(amount) if amount < w => wrap(a << amount),
        _ => BigInt::zero(),
    };
    let shr = |amount: &BigUint| match u32::try_from(amount) {
        Ok(amount) if amount < w => a >> amount,
        _ if *a < BigInt::zero() => -BigInt::one(),
        _ => BigInt::zero(),
    };
    let not = |value: &BigInt| {
        let ones = (BigUint::one() << w) - 1u32;
        shape.from_bits(&(ones ^ bits(value)))
    };
    let (x, y) = (bits(a), bits(b));
    let ones = (BigUint::one() << w) - 1u32;
    let mut all = vec![
        wrap(a + b),
        wrap(a - b),
        a * b,
        shape.from_bits(&(&x & &y)),
        shape.from_bits(&(&x | &y)),
        shape.from_bits(&(&x ^ &y)),
        flag(a == b),
        flag(a != b),
        flag(a < b),
        flag(a <= b),
        not(a),
        wrap(-a),
        flag(x == ones),
        flag(!x.is_zero()),
        flag(x.count_ones() % 2 == 1),
        shl(&BigUint::from(amount)),
        shr(&BigUint::from(amount)),
        shl(&y),
        shr(&y),
        if x.bit(0) { a.clone() } else { b.clone() },
        natural(
            (((&x << w | &y) << 9u32 | BigUint::from(amount)) << 1u32) | BigUint::from(x.bit(0)),
        ),
    ];
    let bus = (&x << w | &y) << 9u32 | BigUint::from(amount);
    for (lsb, width) in bus_slices(w) {
        all.push(natural((&bus >> lsb) & ((BigUint::one() << width) - 1u32)));
    }
    all.extend([
        natural((&x << (2 * w)) | (&x << w) | &x),
        a.clone(),
        a.clone(),
        a.clone(),
        a.clone(),
        wider(a + b, 1),
        wider(a - b, 3),
        a * b,
        flag(a < b),
        natural(cast(a) + cast(b)),
    ]);
    for (lsb, width) in slices(w) {
        all.push(natural((&x >> lsb) & ((BigUint::one() << width) - 1u32)));
    }
    all.push(match u32::try_from(&x) {
        Ok(0) => a.clone(),
        Ok(1) => b.clone(),
        _ => not(a),
    });
    let last = u64::MAX >> (64 - w.min(64));
    if w > 1 {
        all.push(match u64::try_from(&x) {
            Ok(0) => b.clone(),
            Ok(pattern) if pattern == last / 2 + 1 => a.clone(),
            Ok(pattern) if pattern == last => not(b),
            _ => shape.from_bits(&(&x ^ &y)),
        });
    }
    let items = [
        a.clone(),
        b.clone(),
        not(a),
        not(b),
        shape.from_bits(&(&x & &y)),
        shape.from_bits(&(&x | &y)),
    ];
    all.push(items[(amount as usize % 8).min(5)].clone());
    all
}

fn shapes() -> impl Iterator<Item = Shape> {
    WIDTHS
        .into_iter()
        .flat_map(|width| [unsigned(width), signed(width)])
}

/// Values of a shape: the extremes, small ones, and any.
fn values(shape: Shape) -> impl Strategy<Value = BigInt> {
    let any = proptest::collection::vec(any::<u32>(), shape.width.div_ceil(32) as usize)
        .prop_map(move |digits| shape.from_bits(&shape.to_bits(&BigUint::new(digits).into())));
    let near = prop_oneof![Just(BigInt::zero()), Just(shape.min()), Just(shape.max())];
    let near = (near, -3i32..=3).prop_map(move |(value, by)| {
        let value = value + by;
        shape.from_bits(&shape.to_bits(&value))
    });
    let single = (0..shape.width)
        .prop_map(move |bit| shape.from_bits(&shape.to_bits(&(BigInt::one() << bit))));
    prop_oneof![3 => any, 2 => near, 1 => single]
}

fn operands() -> impl Strategy<Value = Operands> {
    proptest::sample::select(shapes().collect::<Vec<_>>()).prop_flat_map(|shape| {
        let amount = prop_oneof![0..512u32, 0..=shape.width + 1];
        (values(shape), values(shape), amount, any::<bool>()).prop_map(
            move |(a, b, amount, equal)| {
                let b = if equal && a.bit(0) { a.clone() } else { b };
                Operands {
                    shape,
                    a,
                    b,
                    amount,
                }
            },
        )
    })
}

/// A simulator with inputs for every shape, made once.
fn on_inputs(shape: Shape) -> (super::Simulator, Vec<String>) {
    let mut names = Vec::new();
    let sim = simulate(|m| {
        let a = m.input("a", shape);
        let b = m.input("b", shape);
        let amount = m.input("amount", amount_shape());
        for (name, signal) in describe(a, b, amount) {
            m.output(format!("out_{name}"), signal);
            names.push(name);
        }
    });
    (sim, names)
}

#[test]
fn operators_on_inputs() {
    let mut sims: std::collections::BTreeMap<Shape, (super::Simulator, Vec<String>)> =
        shapes().map(|shape| (shape, on_inputs(shape))).collect();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 20_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    });
    let sims = std::cell::RefCell::new(&mut sims);
    let result = runner.run(&operands(), |operands| {
        let mut sims = sims.borrow_mut();
        let (sim, names) = sims
            .get_mut(&operands.shape)
            .expect("a simulator of each shape");
        sim.poke("a", operands.a.clone());
        sim.poke("b", operands.b.clone());
        sim.poke("amount", operands.amount);
        let expected = expected(&operands);
        prop_assert_eq!(names.len(), expected.len());
        for (name, expected) in names.iter().zip(expected) {
            prop_assert_eq!(sim.peek(format!("out_{name}")), expected, "{}", name);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]
    #[test]
    fn operators_on_constants(operands in operands()) {
        let mut names = Vec::new();
        let mut sim = simulate(|m| {
            let a = m.lit(operands.a.clone(), operands.shape);
            let b = m.lit(operands.b.clone(), operands.shape);
            let amount = m.lit(operands.amount, amount_shape());
            for (name, signal) in describe(a, b, amount) {
                m.output(format!("out_{name}"), signal);
                names.push(name);
            }
        });
        prop_assert_eq!(sim.instructions(), 0, "constants fold");
        for (name, expected) in names.iter().zip(expected(&operands)) {
            prop_assert_eq!(sim.peek(format!("out_{name}")), expected, "{}", name);
        }
    }
}

#[test]
fn equal_operations_are_shared() {
    let sim = simulate(|m| {
        let a = m.input("a", unsigned(8));
        let select = m.input("select", bit());
        let twice = [a + 1, a + 1].map(|sum| select.mux(sum, a));
        m.output("x", twice[0]);
        m.output("y", twice[1]);
    });
    assert_eq!(sim.instructions(), 2);
}

#[test]
fn what_goes_through_a_bus_costs_nothing() {
    let sim = simulate(|m| {
        let parts = [0, 1, 2, 3].map(|i| m.input(format!("in_{i}"), unsigned(40)));
        let bus = concat(&[concat(&parts), parts[0]]);
        for (i, part) in bus.split(40).into_iter().enumerate() {
            m.output(format!("out_{i}"), part);
        }
    });
    assert_eq!(sim.instructions(), 0);
}
