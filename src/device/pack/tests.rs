//! Packing against a second implementation that goes the other way: from the bits of the whole
//! stream, by index arithmetic alone.

use super::*;
use crate::arch::{IntType, MatmulArch, from_preset};
use crate::config::MatmulConfig;
use crate::device::matmul::MatmulJob;
use crate::verify::matmul::random_arch::random_arch;
use ndarray::array;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The stream as one list of bits, in order of time.
fn bits(beats: &[BeatWords], width: u32) -> Vec<bool> {
    let bit = |beat: &BeatWords, i: u32| beat[(i / 32) as usize] >> (i % 32) & 1 == 1;
    beats
        .iter()
        .flat_map(|beat| (0..width).map(move |i| bit(beat, i)).collect::<Vec<_>>())
        .collect()
}

/// The `index`-th element of a list of bits.
fn value(bits: &[bool], index: usize, of: IntType) -> i64 {
    let width = of.bits as usize;
    let field = &bits[index * width..(index + 1) * width];
    let magnitude: i64 = field
        .iter()
        .enumerate()
        .filter(|(_, bit)| **bit)
        .map(|(i, _)| 1_i64 << i)
        .sum();
    if of.signed && field[width - 1] {
        magnitude - (1_i64 << width)
    } else {
        magnitude
    }
}

/// Where element `column` of a row is, in elements from the row's start.
fn position(column: usize, group: usize, per_beat: usize) -> usize {
    let padded_group = group.div_ceil(per_beat) * per_beat;
    column / group * padded_group + column % group
}

fn unpack_a(arch: &MatmulArch, m: usize, k: usize, beats: &[BeatWords]) -> Array2<i64> {
    let per_beat = (arch.a.width / arch.activation.bits) as usize;
    let group = match arch.dataflow {
        crate::arch::Dataflow::WeightStationary => arch.rows as usize,
        crate::arch::Dataflow::OutputStationary => per_beat,
    };
    let row = (position(k - 1, group, per_beat) + 1).next_multiple_of(per_beat);
    let stream = bits(beats, arch.a.width);
    assert_eq!(stream.len(), m * row * arch.activation.bits as usize);
    Array2::from_shape_fn((m, k), |(i, x)| {
        value(
            &stream,
            i * row + position(x, group, per_beat),
            arch.activation,
        )
    })
}

fn unpack_b(arch: &MatmulArch, k: usize, n: usize, beats: &[BeatWords]) -> Array2<i64> {
    let per_beat = (arch.b.width / arch.weight.bits) as usize;
    let columns = arch.columns as usize;
    let stream = bits(beats, arch.b.width);
    let full_row = columns.next_multiple_of(per_beat);
    let last_row = (n - n / columns * columns).next_multiple_of(per_beat);
    let elements = k * (n / columns * full_row + last_row);
    assert_eq!(stream.len(), elements * arch.weight.bits as usize);
    Array2::from_shape_fn((k, n), |(x, j)| {
        let panel = j / columns;
        let row = if panel == n / columns {
            last_row
        } else {
            full_row
        };
        let start = panel * k * full_row + x * row;
        value(&stream, start + j % columns, arch.weight)
    })
}

/// The beats of C as hardware would send them.
fn send_c(arch: &MatmulArch, c: &Array2<i64>) -> Vec<BeatWords> {
    let mut beats = Vec::new();
    for row in c.rows() {
        for group in row.to_vec().chunks(arch.columns as usize) {
            for lanes in group.chunks((arch.c.width / arch.result.bits) as usize) {
                let mut words: Vec<u32> = lanes
                    .iter()
                    .flat_map(|value| match arch.result.bits {
                        32 => vec![*value as u32],
                        _ => vec![*value as u32, (*value >> 32) as u32],
                    })
                    .collect();
                words.resize((arch.c.width / 32) as usize, 0);
                beats.push(words);
            }
        }
    }
    beats
}

fn random_matrix(rng: &mut impl Rng, rows: u32, columns: u32, of: IntType) -> Array2<i64> {
    let size = (rows as usize, columns as usize);
    Array2::from_shape_simple_fn(size, || match rng.random_range(0..4) {
        0 => of.min(),
        1 => of.max(),
        _ => rng.random_range(of.min()..=of.max()),
    })
}

#[test]
fn random_matrices_survive_with_junk_in_the_padding() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..300 {
        let arch = random_arch(&mut rng);
        let [m, k, n] =
            [5, 3 * arch.rows + 2, 3 * arch.columns + 2].map(|most| rng.random_range(1..=most));
        let shape = JobShape { m, k, n };
        let a = random_matrix(&mut rng, m, k, arch.activation);
        let b = random_matrix(&mut rng, k, n, arch.weight);
        let c = random_matrix(&mut rng, m, n, arch.accumulator);

        let job = MatmulJob::of_integers(&arch, &a, &b).unwrap();
        let beats_a = pack_a(&arch, &job.a, || rng.random());
        assert_eq!(
            unpack_a(&arch, m as usize, k as usize, &beats_a),
            a,
            "{arch:?}"
        );
        let beats_b = pack_b(&arch, &job.b, || rng.random());
        assert_eq!(
            unpack_b(&arch, k as usize, n as usize, &beats_b),
            b,
            "{arch:?}"
        );
        let beats_c = send_c(&arch, &c);
        let c = Matrix::of_integers(arch.result, &c).unwrap();
        assert_eq!(pack_c(&arch, &c), beats_c, "{arch:?}");
        assert_eq!(unpack_c(&arch, shape, &beats_c), Ok(c), "{arch:?}");

        let beats = arch.beats(shape);
        assert_eq!(
            (beats.a, beats.b, beats.c),
            (
                beats_a.len() as u64,
                beats_b.len() as u64,
                beats_c.len() as u64
            )
        );
        let words = |width: u32| width.div_ceil(32) as usize;
        assert!(beats_a.iter().all(|beat| beat.len() == words(arch.a.width)));
        assert!(beats_b.iter().all(|beat| beat.len() == words(arch.b.width)));
    }
}

/// A picture of the format: rows of 3, beats of 4 bytes, panels of 2.
#[test]
fn a_small_example() {
    let mut config = MatmulConfig::new(3, 2);
    config.streams.a = Some(32);
    config.streams.b = Some(32);
    config.streams.c = Some(32);
    let arch = MatmulArch::new(&config).unwrap();
    let a = array![[1, 2, 3, 4], [-1, -2, -3, -4]];
    let b = array![[1, 2, 3], [4, 5, 6]];
    let MatmulJob { a, b } = MatmulJob::of_integers(&arch, &a, &b).unwrap();
    assert_eq!(
        pack_a(&arch, &a, || 0xee),
        [[0xee030201], [0xeeeeee04], [0xeefdfeff], [0xeeeeeefc]]
    );
    assert_eq!(
        pack_b(&arch, &b, || 0xee),
        [[0xeeee0201], [0xeeee0504], [0xeeeeee03], [0xeeeeee06]]
    );
    let shape = JobShape { m: 1, k: 1, n: 3 };
    let beats = [[7], [u32::MAX], [0x8000_0000]];
    assert_eq!(
        unpack_c(&arch, shape, &beats),
        Ok(Matrix::of_integers(arch.result, &array![[7, -1, i64::from(i32::MIN)]]).unwrap())
    );
}

#[test]
fn narrow_beats_are_one_word_and_filler_is_cut() {
    let mut config = MatmulConfig::new(3, 1);
    config.array.activation = crate::config::ElementType::Int4;
    config.streams.a = Some(8);
    let arch = MatmulArch::new(&config).unwrap();
    let a = Matrix::of_integers(arch.activation, &array![[-8, 7, -1]]).unwrap();
    assert_eq!(pack_a(&arch, &a, || u64::MAX - 1), [[0x78], [0xef]]);
}

#[test]
fn wrong_results_are_refused() {
    let arch = from_preset("matmul-6x10").unwrap(); // two results a beat, panels of 10
    let shape = JobShape { m: 1, k: 1, n: 3 };
    let beats = |last: u32| [[1, 2], [3, last]];
    let c = Matrix::of_integers(arch.result, &array![[1, 2, 3]]).unwrap();
    assert_eq!(unpack_c(&arch, shape, &beats(0)), Ok(c));
    let texts = [
        unpack_c(&arch, shape, &beats(9)),
        unpack_c(&arch, shape, &beats(0)[..1]),
    ]
    .map(|result| result.unwrap_err().to_string());
    assert_eq!(
        texts,
        [
            "padding in beat 1 of the result stream is not zero",
            "the result stream needs 2 beats and has 1",
        ]
    );
}

#[test]
fn elements_out_of_range_are_refused() {
    let arch = from_preset("matmul-4x4").unwrap();
    let error = MatmulJob::of_integers(&arch, &array![[128]], &array![[0]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "element [0, 0] is 128, which is not an int8"
    );
}

#[test]
#[should_panic(expected = "the matrix is int16, not int8")]
fn elements_of_another_format_are_a_mistake_of_the_caller() {
    let arch = from_preset("matmul-4x4").unwrap();
    let int16 = Matrix::of_integers(Format::signed(16), &array![[1]]).unwrap();
    pack_a(&arch, &int16, || 0);
}
