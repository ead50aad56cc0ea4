"""Shows by hand what upgrades of TensorFlow left as it was; run it in each environment."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import ml_dtypes, numpy as np, tensorflow as tf

v1 = tf.compat.v1
inf = float("inf")


def show(name, f):
    try:
        r = np.asarray(f()).tolist()
    except Exception as e:
        r = f"{type(e).__name__}: {' '.join(str(e).split())[:70]}"
    print(f"  {name}: {r}")


print("tensorflow", tf.__version__, "numpy", np.__version__)
show("an array of bfloat16", lambda: tf.constant(np.ones(1, ml_dtypes.bfloat16)) + 1)
show(
    "weighted sigmoid cross-entropy of an infinite logit",
    lambda: tf.nn.weighted_cross_entropy_with_logits([1.0], [inf], 2.0),
)
show(
    "sigmoid cross-entropy of an infinite logit",
    lambda: tf.nn.sigmoid_cross_entropy_with_logits([1.0], [inf]),
)
show(
    "softmax cross-entropy of a masked class",
    lambda: tf.nn.softmax_cross_entropy_with_logits([[1.0, 0.0]], [[1.0, -inf]]),
)
show(
    "a label that is no class",
    lambda: tf.nn.sparse_softmax_cross_entropy_with_logits([3], [[1.0, 2.0]]),
)
show(
    "v1: mean with the weights 0 and 2",
    lambda: v1.losses.sigmoid_cross_entropy([1.0, 1.0], [0.0, 0.0], weights=[0.0, 2.0]),
)
show("v1: log_loss of a wrong certainty", lambda: v1.losses.log_loss([1.0], [0.0]))


def session(gradient):
    with tf.Graph().as_default(), v1.Session() as here:
        p, t = (v1.placeholder(tf.float32, [None]) for _ in range(2))
        value = v1.losses.log_loss(t, p, reduction="none")
        asked = [value, *(tf.gradients(value, p) if gradient else [])]
        return here.run(asked, {p: [1.0], t: [0.0]})[0]


show("v1: log_loss of a wrong certainty in a session", lambda: session(gradient=False))
show("v1: the same where the gradient is asked too", lambda: session(gradient=True))
show(
    "v1: log_loss of a wrong certainty in XLA",
    lambda: tf.function(lambda t, p: v1.losses.log_loss(t, p, reduction="none"), jit_compile=True)(
        tf.constant([0.0]), tf.constant([1.0])
    ),
)


@tf.function
def slope_of_target(logit, target):
    with tf.GradientTape() as tape:
        tape.watch(target)
        value = tf.nn.weighted_cross_entropy_with_logits(target, logit, 1.0)
    return tape.gradient(value, target)


show(
    "in a tf.function: weighted sigmoid cross-entropy of a logit of -inf, derivative by the target",
    lambda: slope_of_target(tf.constant([-inf]), tf.constant([1.0])),
)
