//! Jobs, cores and simulators that a caller puts together.

use ferrogrid::arch::{IntType, MatmulArch};
use ferrogrid::config::MatmulConfig;
use ferrogrid::device::matmul::{MatmulJob, run};
use ferrogrid::device::{Native, Stalls, unwatched};
use ferrogrid::number::Matrix;
use ferrogrid::product::{Part, Product};
use ndarray::Array2;

/// What does not belong together is an error, not a panic and not a wrong product.
#[test]
fn what_does_not_fit_is_an_error() {
    let config = MatmulConfig::new(4, 4);
    let arch = MatmulArch::new(&config).expect("a core");
    let mut config = config;
    config.array.product_register = !arch.product_register;
    let other = MatmulArch::new(&config).expect("a core");
    let zeros = |format: IntType, size: [usize; 2]| {
        Matrix::of_integers(format, &Array2::zeros(size)).expect("zeros")
    };
    let job = |a: [usize; 2], b: [usize; 2]| MatmulJob {
        a: zeros(arch.activation, a),
        b: zeros(arch.weight, b),
    };
    let mut core = Native::new(&arch.design(Part::Core).expect("a design")).expect("a core");
    let mut message = |arch: &MatmulArch, job: &MatmulJob| {
        let result = run(arch, &mut core, job, &Stalls::default(), &mut unwatched);
        result.map_or_else(|error| error.to_string(), |_| "it runs".to_owned())
    };
    let fits = job([2, 3], [3, 2]);
    let wide = MatmulJob {
        a: zeros(IntType::signed(16), [2, 3]),
        ..fits.clone()
    };
    let messages = [
        message(&arch, &fits),
        message(&arch, &job([2, 3], [4, 2])),
        message(&arch, &wide),
        message(&arch, &job([2, 300], [300, 2])),
        message(&other, &fits),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}
