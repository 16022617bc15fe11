//! Reading and writing, with the `ndarray-npy` crate as the other side.

use super::*;
use crate::arch::from_preset;
use miette::Diagnostic;
use ndarray::{Array, Array1, Array2, array};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use proptest::prelude::*;
use std::fs;

fn bytes_of(array: &impl WriteNpyExt) -> Vec<u8> {
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).unwrap();
    bytes
}

fn results(bits: u32, integers: &Array2<i64>) -> Matrix {
    Matrix::of_integers(Format::signed(bits), integers).unwrap()
}

fn problem(bytes: &[u8]) -> String {
    decode(bytes)
        .map(|matrix| format!("accepted: {matrix:?}"))
        .unwrap_or_else(|error| error.to_string())
}

/// A version 1 file with this dictionary and data.
fn file(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(dictionary.len() as u16).to_le_bytes());
    bytes.extend_from_slice(dictionary.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

#[test]
fn every_integer_type_is_read() {
    macro_rules! check {
        ($($type:ty),+) => {$(
            let matrix: Array2<$type> = array![[<$type>::MIN, 0, 1], [2, 3, <$type>::MAX]];
            let expected = matrix.mapv(|value| i64::try_from(value).unwrap());
            assert_eq!(decode(&bytes_of(&matrix)).unwrap().integers(), expected);
        )+};
    }
    check!(i8, u8, i16, i32, i64);
}

#[test]
fn fortran_order_and_transposed_files_are_read() {
    let matrix = Array2::from_shape_fn((3, 5), |(row, column)| (10 * row + column) as i32);
    let expected = matrix.mapv(i64::from);
    let fortran = bytes_of(&matrix.t().as_standard_layout().reversed_axes());
    assert!(String::from_utf8_lossy(&fortran).contains("'fortran_order': True"));
    assert_eq!(decode(&fortran).unwrap().integers(), expected);
    assert_eq!(
        decode(&bytes_of(&matrix.t())).unwrap().integers(),
        expected.t()
    );
}

#[test]
fn both_byte_orders_and_old_spellings_are_read() {
    let matrix = array![[1, -2]];
    let big = [0, 1, 0xff, 0xfe];
    let little = [1, 0, 0xfe, 0xff];
    let rows: [(&str, &[u8]); 4] = [
        (
            "{'descr': '>i2', 'fortran_order': False, 'shape': (1, 2), }",
            &big,
        ),
        (
            "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2)}\n",
            &little,
        ),
        (
            "{'shape': (1L, 2L), \"descr\": \"<i2\",\n 'fortran_order': True}  ",
            &little,
        ),
        (
            "{'shape':[1,2],'descr':'|i1','fortran_order':False}",
            &[1, 0xfe],
        ),
    ];
    for (dictionary, data) in rows {
        assert_eq!(
            decode(&file(dictionary, data)).unwrap().integers(),
            matrix,
            "{dictionary}"
        );
    }
    for version in [2, 3] {
        let mut bytes = file(rows[0].0, rows[0].1);
        bytes[6] = version;
        bytes.splice(10..10, [0, 0]);
        assert_eq!(decode(&bytes).unwrap().integers(), matrix);
    }
}

#[test]
fn wrong_files_say_why() {
    let int8 =
        |shape: &str| format!("{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}");
    let code =
        |code: &str| format!("{{'descr': {code}, 'fortran_order': False, 'shape': (1, 1), }}");
    let good = bytes_of(&array![[1_i32, 2], [3, 4]]);
    let mut future = good.clone();
    future[6] = 9;
    let rows = [
        ("empty file", problem(b"")),
        ("text", problem(b"1,2\n3,4\n")),
        ("future", problem(&future)),
        ("cut in the magic number", problem(&good[..5])),
        ("cut in the length", problem(&good[..9])),
        ("cut in the header", problem(&good[..40])),
        ("cut in the data", problem(&good[..good.len() - 1])),
        ("longer", problem(&[&good[..], b"x"].concat())),
        ("float64", problem(&bytes_of(&array![[1.0, 2.0]]))),
        ("uint16", problem(&bytes_of(&array![[1_u16, 2]]))),
        ("bool", problem(&bytes_of(&array![[true]]))),
        ("records", problem(&file(&code("[('x', '<i4')]"), &[0; 4]))),
        ("strange type", problem(&file(&code("'\u{e9}'"), &[0; 4]))),
        ("number", problem(&bytes_of(&Array::<i8, _>::zeros(())))),
        ("vector", problem(&bytes_of(&Array1::<i8>::zeros(5)))),
        (
            "three dimensions",
            problem(&bytes_of(&Array::<i8, _>::zeros((2, 3, 4)))),
        ),
        ("no rows", problem(&bytes_of(&Array2::<i8>::zeros((0, 4))))),
        (
            "enormous",
            problem(&file(&int8("(4294967296, 1000)"), &[0; 4])),
        ),
        (
            "overflowing",
            problem(&file(&int8("(18446744073709551615, 2)"), &[0; 4])),
        ),
        (
            "unreadable size",
            problem(&file(&int8("(18446744073709551616, 2)"), &[0; 4])),
        ),
        ("negative size", problem(&file(&int8("(-1, 2)"), &[0; 4]))),
        (
            "no shape",
            problem(&file("{'descr': '|i1', 'fortran_order': False}", &[])),
        ),
        ("shape of text", problem(&file(&int8("'2x2'"), &[0; 4]))),
        (
            "order",
            problem(&file(
                "{'descr': '|i1', 'fortran_order': 0, 'shape': (1, 1)}",
                &[0],
            )),
        ),
        ("no dictionary", problem(&file("42", &[]))),
        ("open dictionary", problem(&file("{'descr': '|i1'", &[]))),
        ("deep", problem(&file(&"[".repeat(1000), &[]))),
        (
            "not text",
            problem(&[&good[..10], &[0xff; 118][..]].concat()),
        ),
    ];
    let texts: Vec<_> = rows
        .iter()
        .map(|(name, text)| format!("{name}: {text}"))
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn errors_name_the_file_and_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("text.npy"), "1,2").unwrap();
    fs::write(path("float.npy"), bytes_of(&array![[1.0]])).unwrap();
    fs::write(path("vector.npy"), bytes_of(&Array1::<i8>::zeros(5))).unwrap();
    fs::write(
        path("wide.npy"),
        bytes_of(&array![[1, 2], [3, 200], [-9, 7]]),
    )
    .unwrap();
    fs::write(path("a.npy"), bytes_of(&Array2::<i8>::zeros((3, 4)))).unwrap();
    fs::write(path("b.npy"), bytes_of(&Array2::<i8>::zeros((5, 6)))).unwrap();
    fs::write(path("long.npy"), bytes_of(&Array2::<i8>::zeros((4, 999)))).unwrap();
    fs::create_dir(path("folder.npy")).unwrap();

    let arch = from_preset("matmul-8x8").unwrap();
    let operands = |a: &str, b: &str| {
        let error = read_operands(&arch, &path(a), &path(b)).unwrap_err();
        let help = error
            .help()
            .map(|help| format!("\n  help: {help}"))
            .unwrap_or_default();
        format!("{error}{help}").replace(folder.path().to_str().unwrap(), "DIR")
    };
    let texts = [
        operands("missing.npy", "b.npy"),
        operands("folder.npy", "b.npy"),
        operands("text.npy", "b.npy"),
        operands("a.npy", "float.npy"),
        operands("vector.npy", "b.npy"),
        operands("wide.npy", "b.npy"),
        operands("a.npy", "b.npy"),
        operands("a.npy", "long.npy"),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn operands_of_four_bits_come_in_wider_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let int4 = Format::signed(4);
    fs::write(&path, bytes_of(&array![[7_i8, -8]])).unwrap();
    assert_eq!(read_typed(&path, int4).unwrap().integers(), array![[7, -8]]);
    fs::write(&path, bytes_of(&array![[7_i8, 8]])).unwrap();
    let error = read_typed(&path, int4).unwrap_err().problem.to_string();
    assert_eq!(
        error,
        "element [0, 1] is 8, out of range for int4 (-8 to 7)"
    );
}

#[test]
fn results_are_read_by_others() {
    let matrix = array![[1, -2, i64::from(i32::MAX)], [0, 5, i64::from(i32::MIN)]];
    let int32 = encode(&results(32, &matrix));
    assert_eq!(
        Array2::<i32>::read_npy(&int32[..]).unwrap().mapv(i64::from),
        matrix
    );
    let transposed = encode(&results(64, &matrix.t().to_owned()));
    assert_eq!(
        Array2::<i64>::read_npy(&transposed[..]).unwrap(),
        matrix.t()
    );
    assert_eq!(decode(&transposed).unwrap().integers(), matrix.t());
    // The very bytes of numpy.save.
    let header = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
    let data = [1, -2, i32::MAX, 0, 5, i32::MIN]
        .map(i32::to_le_bytes)
        .concat();
    assert_eq!(int32, file(&format!("{header:117}\n"), &data));
}

#[test]
fn files_appear_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &Path| write_matrix(path, &results(32, &array![[1, 2]]));
    let path = folder.path().join("c.npy");
    write(&path).unwrap();
    fs::write(&path, "old").unwrap();
    write(&path).unwrap();
    assert_eq!(read_matrix(&path).unwrap().integers(), array![[1, 2]]);

    let text = |path: &Path| {
        let error = write(path).unwrap_err();
        format!("{error}; {}", error.problem.help().unwrap())
            .replace(folder.path().to_str().unwrap(), "DIR")
    };
    let below_a_file = text(&path.join("c.npy"));
    let in_no_folder = text(&folder.path().join("no/c.npy"));
    fs::create_dir(folder.path().join("taken.npy")).unwrap();
    let onto_a_folder = text(&folder.path().join("taken.npy"));
    insta::assert_snapshot!([below_a_file, in_no_folder, onto_a_folder].join("\n"));
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["c.npy", "taken.npy"], "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn files_are_readable_by_others_as_usual() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    let (ours, usual) = (folder.path().join("c.npy"), folder.path().join("usual"));
    write_matrix(&ours, &results(32, &array![[1]])).unwrap();
    fs::write(&usual, "").unwrap();
    assert_eq!(mode(&ours), mode(&usual));
}

proptest! {
    /// Whatever a file holds, reading ends with a matrix or a message.
    #[test]
    fn damaged_files_are_harmless(cut in 0..200_usize, place in 0..200_usize, byte: u8) {
        let mut bytes = bytes_of(&Array2::<i16>::zeros((6, 6)));
        bytes.truncate(cut.max(1));
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(matrix) = decode(&bytes) {
            prop_assert!(matrix.bits().len() <= 72);
        }
    }
}
