//! Generated cores inside rust-hdl designs: simulated, traced and emitted with them.

#[path = "../../examples/rust_hdl_matmul.rs"]
#[allow(dead_code)]
mod example;
mod lockstep;
mod streams;
mod tools;
mod verilog;
mod waves;

use example::Accelerator;
use ferrogrid::arch::JobShape;
use ferrogrid::device::pack::unpack_c;
use ferrogrid::reference::integer_matmul;
use ndarray::{Array2, array};

/// Operands with the extremes of int8, and their product.
fn operands() -> (Array2<i64>, Array2<i64>, Array2<i64>) {
    let a = array![
        [-128, -128, -128, -128, -128, -128, -128],
        [1, -2, 3, -4, 5, -6, 7],
        [127, -128, 127, -128, 127, -128, 127],
        [0, 0, 0, 0, 0, 0, 1],
        [-1, -1, -1, -1, -1, -1, -1],
    ];
    let b = array![
        [-128, 127, 1, 0, -1, -128],
        [-128, -128, 2, 0, -1, 127],
        [-128, 127, 3, 0, -1, -128],
        [-128, -128, 4, 0, -1, 127],
        [-128, 127, 5, 0, -1, -128],
        [-128, -128, 6, 0, -1, 127],
        [-128, 127, 7, -128, -1, -128],
    ];
    let product = integer_matmul(a.view(), b.view()).expect("the sizes fit");
    assert_eq!(product[(0, 0)], 7 * 128 * 128);
    (a, b, product)
}

fn shape(a: &Array2<i64>, b: &Array2<i64>) -> JobShape {
    JobShape {
        m: a.nrows() as u32,
        k: a.ncols() as u32,
        n: b.ncols() as u32,
    }
}

fn accelerator() -> Accelerator {
    let (a, b, _) = operands();
    Accelerator::new(&example::arch(), &a, &b)
}

#[test]
fn the_example_multiplies() {
    let arch = example::arch();
    let (a, b, product) = operands();
    let shape = shape(&a, &b);
    let (beats, _) = example::run(accelerator(), arch.beats(shape).c as usize);
    assert_eq!(
        unpack_c(&arch, shape, &beats)
            .expect("all results")
            .integers(),
        product
    );
}
