"""Shows by hand what upgrades of scikit-learn changed; run it in each environment."""

import warnings

warnings.simplefilter("ignore")
import numpy as np, sklearn
from sklearn.metrics import log_loss
from sklearn._loss.loss import HalfMultinomialLoss


def show(name, f):
    try:
        r = f()
    except Exception as e:
        r = f"{type(e).__name__}: {str(e)[:60]}"
    print(f"  {name}: {r}")


print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
show(
    "a wrong certainty in float64",
    lambda: log_loss([0, 1], np.array([1.0, 1.0]), labels=[0, 1], normalize=False),
)
show("a right certainty in float32", lambda: log_loss([1], np.float32([1.0]), labels=[0, 1]))
show(
    "probabilities that sum to 0.5", lambda: log_loss([0], np.array([[0.25, 0.25]]), labels=[0, 1])
)
show("a probability of 1.0000001", lambda: log_loss([1], np.float32([1.0000001]), labels=[0, 1]))
show("the label 2 among 0 and 1", lambda: log_loss([2], np.array([0.5]), labels=[0, 1]))
show(
    "sample weights of one column",
    lambda: log_loss([0, 1], np.array([0.5, 0.5]), labels=[0, 1], sample_weight=[[1.0], [1.0]]),
)
show(
    "sum with sample weights of zero",
    lambda: log_loss(
        [0, 1], np.array([0.5, 0.5]), labels=[0, 1], sample_weight=[0.0, 0.0], normalize=False
    ),
)
show(
    "HalfMultinomialLoss of the label 1.5",
    lambda: HalfMultinomialLoss(n_classes=3)(np.array([1.5]), np.array([[1.0, 2.0, 3.0]])),
)
