"""Shows by hand what upgrades of Keras changed; run it in each environment."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np, tensorflow as tf

if os.environ.get("TF_USE_LEGACY_KERAS") == "1":
    import tf_keras as keras
else:
    import keras


def show(name, f):
    try:
        r = f()
        r = np.asarray(r).tolist()
    except Exception as e:
        r = f"{type(e).__name__}: {' '.join(str(e).split())[:70]}"
    print(f"  {name}: {r}")


def slope(f, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


L = keras.losses
inf = float("inf")
print("keras", keras.__version__, "tensorflow", tf.__version__, "numpy", np.__version__)
show(
    "complex predictions",
    lambda: L.binary_crossentropy(tf.constant([[1.0]]), tf.constant([[0.5 + 0j]], tf.complex64)),
)
show(
    "the reduction mean_with_sample_weight, weights 1 and 3",
    lambda: L.CategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")(
        np.float32([[1, 0], [0, 1]]), np.float32([[1, 0], [1, 0]]), np.float32([1, 3])
    ),
)
show(
    "the reduction mean",
    lambda: L.CategoricalCrossentropy(from_logits=True, reduction="mean")(
        np.float32([[1, 0]]), np.float32([[1, 0]])
    ),
)
show(
    "gradient of an ignored row that holds infinity",
    lambda: slope(
        lambda x: L.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)(
            np.int64([0, 1]), x
        ),
        [[inf, 1.0], [1.0, 2.0]],
    ),
)
show(
    "ignore_class with axis=1, a sequence of 2 with 3 classes",
    lambda: L.sparse_categorical_crossentropy(
        np.int64([[0, 1]]), np.zeros((1, 3, 2), "float32"), True, ignore_class=0, axis=1
    ),
)
show(
    "binary: a wrong certainty",
    lambda: L.BinaryCrossentropy()(np.float32([[1.0]]), np.float32([[0.0]])),
)
show(
    "binary: a right certainty",
    lambda: L.BinaryCrossentropy()(np.float32([[1.0]]), np.float32([[1.0]])),
)
show(
    "label_smoothing=0.5 with axis=1, 2 classes of length 4",
    lambda: L.categorical_crossentropy(
        np.float32([[[1] * 4, [0] * 4]]),
        np.float32([[[2] * 4, [0] * 4]]),
        True,
        label_smoothing=0.5,
        axis=1,
    ),
)
show(
    "class indices of images with axis=1",
    lambda: L.sparse_categorical_crossentropy(
        np.int64([[[0, 1]]]), np.zeros((1, 3, 1, 2), "float32"), True, axis=1
    ),
)
show(
    "float64 in a class",
    lambda: L.CategoricalCrossentropy(from_logits=True)(
        tf.constant([[1.0, 0.0]], tf.float64), tf.constant([[1.0, 0.0]], tf.float64)
    ),
)
show(
    "one row without a batch, ignore_class",
    lambda: L.sparse_categorical_crossentropy(
        np.int64(1), np.float32([1, 2]), True, ignore_class=0
    ),
)
show(
    "a scalar weight, a batch of one, reduction none",
    lambda: L.CategoricalCrossentropy(from_logits=True, reduction="none")(
        np.float32([[1, 0]]), np.float32([[1, 0]]), np.float32(1.0)
    ),
)
show(
    "CategoricalFocalCrossentropy",
    lambda: L.CategoricalFocalCrossentropy()(np.float32([[1, 0]]), np.float32([[0.5, 0.5]])),
)
