#!/usr/bin/env python3
"""Train the integer network of examples/digits and write its files.

The files are committed; this script is only needed to make them again or to check them:

    python3 -m venv /tmp/digits && /tmp/digits/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    /tmp/digits/bin/python scripts/train_digits.py            # train and write
    /tmp/digits/bin/python scripts/train_digits.py --check    # recompute from the committed files

The network: 64 pixels -> 32 hidden, ReLU -> 10 logits, trained in floating point on 1,437 images and
quantized afterwards. Everything that runs is integer, with images x as rows:

    sum    = x @ weights1 + bias1                                int8 x int8 -> int32
    hidden = clamp((sum * multiplier + 2^(shift-1)) >> shift, 0, 127)   ReLU included
    logits = hidden @ weights2 + bias2                           int8 x int8 -> int32

`>>` is the arithmetic shift, so the requantization rounds to nearest, ties upward. The product needs
64-bit integers. The class is the index of the largest logit, the lowest one on a tie.

Training is seeded, but another build of numpy or of its BLAS may give other weights; `--check` does
not train and holds everywhere.
"""

import argparse
import pathlib
import platform
import sys

import numpy as np

SEED = 0
HIDDEN = 32
TEST_IMAGES = 360
SHIFT_BITS = 15  # bits of the multiplier: its relative rounding error is below 2^-15

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "examples" / "digits"


def dataset():
    """Train and test images (int8, 0..16) and labels, split by class with a fixed seed."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = digits.data.astype(np.int8)
    labels = digits.target.astype(np.uint8)
    return train_test_split(
        images, labels, test_size=TEST_IMAGES, random_state=SEED, stratify=labels
    )


def quantize(values):
    """Symmetric int8 in -127..127 and the real value of one step."""
    step = np.abs(values).max() / 127
    return np.rint(values / step).astype(np.int8), step


def fixed_point(scale):
    """The integers (multiplier, shift) with multiplier / 2^shift nearest to `scale` < 1."""
    shift = SHIFT_BITS
    while scale * 2 ** (shift + 1) < 2**SHIFT_BITS:
        shift += 1
    return int(np.rint(scale * 2**shift)), shift


def infer(images, weights1, bias1, weights2, bias2, multiplier, shift):
    """Logits in int32; the one definition of what the network computes."""
    wide = np.int64
    sums = images.astype(wide) @ weights1.astype(wide) + bias1
    hidden = np.clip((sums * multiplier + (1 << (shift - 1))) >> shift, 0, 127)
    logits = hidden @ weights2.astype(wide) + bias2
    assert np.abs(sums).max() < 2**31 and np.abs(logits).max() < 2**31
    return logits.astype(np.int32)


def train():
    """Train, quantize and write every file."""
    import warnings

    import sklearn
    from sklearn.neural_network import MLPClassifier

    train_images, test_images, train_labels, test_labels = dataset()
    model = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,),
        alpha=1.0,  # with max_iter: best of a small grid, five-fold on the training images
        batch_size=64,
        learning_rate_init=2e-3,
        max_iter=200,
        tol=0.0,
        n_iter_no_change=1000,
        random_state=SEED,
    )
    with warnings.catch_warnings():
        # The run is meant to end after a fixed number of epochs.
        warnings.simplefilter("ignore")
        model.fit(train_images.astype(np.float64), train_labels)

    (float1, float2), (offset1, offset2) = model.coefs_, model.intercepts_
    weights1, step1 = quantize(float1)
    bias1 = np.rint(offset1 / step1).astype(np.int32)  # the input step is 1

    largest = np.maximum(train_images @ float1 + offset1, 0).max()
    hidden_step = largest / 127
    multiplier, shift = fixed_point(step1 / hidden_step)

    weights2, step2 = quantize(float2)
    bias2 = np.rint(offset2 / (hidden_step * step2)).astype(np.int32)

    expected = infer(test_images, weights1, bias1, weights2, bias2, multiplier, shift)
    correct = int((expected.argmax(axis=1) == test_labels).sum())
    float_correct = int((model.predict(test_images.astype(np.float64)) == test_labels).sum())

    FOLDER.mkdir(parents=True, exist_ok=True)
    arrays = {
        "weights1": weights1,
        "bias1": bias1,
        "weights2": weights2,
        "bias2": bias2,
        "images": test_images,
        "labels": test_labels,
        "expected": expected,
    }
    for name, array in arrays.items():
        # Vectors are matrices of one row.
        np.save(FOLDER / f"{name}.npy", np.ascontiguousarray(np.atleast_2d(array)))
    (FOLDER / "network.toml").write_text(
        f"""\
# Written by scripts/train_digits.py, which also says what the network computes.

[network]
inputs = {weights1.shape[0]}
hidden = {weights1.shape[1]}
outputs = {weights2.shape[1]}

# hidden = clamp((sum * multiplier + 2^(shift-1)) >> shift, 0, 127)
[requantize]
multiplier = {multiplier}
shift = {shift}

[test]
images = {len(test_labels)}
correct = {correct}
correct_before_quantization = {float_correct}

[made_with]
seed = {SEED}
python = "{platform.python_version()}"
numpy = "{np.__version__}"
scikit-learn = "{sklearn.__version__}"
"""
    )
    print(f"{correct} of {len(test_labels)} correct; {float_correct} before quantization")


def check():
    """Hold the committed files to the dataset and to `infer`."""
    import tomllib

    network = tomllib.loads((FOLDER / "network.toml").read_text())
    names = ("images", "labels", "expected", "weights1", "bias1", "weights2", "bias2")
    images, labels, expected, *layers = (np.load(FOLDER / f"{name}.npy") for name in names)
    labels = labels[0]
    logits = infer(
        images,
        *layers,
        network["requantize"]["multiplier"],
        network["requantize"]["shift"],
    )
    correct = int((logits.argmax(axis=1) == labels).sum())
    _, test_images, _, test_labels = dataset()
    problems = [
        text
        for text, good in (
            ("images.npy is not the test split", np.array_equal(images, test_images)),
            ("labels.npy is not the test split", np.array_equal(labels, test_labels)),
            ("expected.npy differs from the network's logits", np.array_equal(logits, expected)),
            ("network.toml states another accuracy", correct == network["test"]["correct"]),
        )
        if not good
    ]
    if problems:
        sys.exit("\n".join(problems))
    print(f"the committed files agree: {correct} of {len(labels)} correct")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train or check the network of examples/digits.")
    parser.add_argument("--check", action="store_true", help="do not train; check the committed files")
    (check if parser.parse_args().check else train)()
