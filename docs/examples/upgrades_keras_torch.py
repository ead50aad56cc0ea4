"""Shows by hand what upgrades of Keras changed on PyTorch; run it in each environment."""

import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
import torch

L = keras.losses
inf, nan = float("inf"), float("nan")


def show(name, f):
    try:
        r = f()
        r = r.detach().tolist() if isinstance(r, torch.Tensor) else r
    except Exception as e:
        r = f"{type(e).__name__}: {' '.join(str(e).split())[:60]}"
    print(f"  {name}: {r}")


def slope(f, numbers):
    x = torch.tensor(numbers, requires_grad=True)
    return torch.autograd.grad(f(x), x)[0]


def labels(*numbers):
    return torch.tensor(numbers)


def sparse(**options):
    return L.SparseCategoricalCrossentropy(reduction="sum", **options)


print("keras", keras.__version__, "torch", torch.__version__)
HALF = torch.tensor([[0.0]], dtype=torch.float64)
show(
    "log 2 in float64",
    lambda: L.binary_crossentropy(HALF, HALF, from_logits=True),
)
LOGITS = torch.tensor([[0.0, 0.0], [0.0, 0.0]])
show(
    "the dtype of sparse_categorical_crossentropy in bfloat16",
    lambda: str(
        L.sparse_categorical_crossentropy(
            labels(0, 1), LOGITS.to(torch.bfloat16), from_logits=True
        ).dtype
    ),
)
for label in (-1, -100, 2):
    show(
        f"the label {label} of two classes",
        lambda label=label: L.sparse_categorical_crossentropy(
            labels(0, label), LOGITS, from_logits=True
        ),
    )
show(
    "a masked class",
    lambda: L.sparse_categorical_crossentropy(
        labels(1), torch.tensor([[-inf, 0.0]]), from_logits=True
    ),
)
show(
    "class indices of a sequence, axis=1",
    lambda: L.sparse_categorical_crossentropy(
        torch.zeros(1, 3, dtype=torch.int64), torch.zeros(1, 2, 3), from_logits=True, axis=1
    ),
)
show(
    "gradient of a row that is ignored, from probabilities",
    lambda: slope(lambda x: sparse(ignore_class=0)(labels(0, 1), x), [[0.5, 0.5], [0.5, 0.5]]),
)
show(
    "gradient of images from probabilities",
    lambda: slope(
        lambda x: sparse()(torch.zeros(1, 2, 2, dtype=torch.int64), x), [[[[0.5, 0.5]] * 2] * 2]
    ).sum(),
)
show(
    "gradient where the weights of mean_with_sample_weight sum to zero",
    lambda: slope(
        lambda x: L.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )(labels(0), x, torch.zeros(1)),
        [[0.0, 0.0]],
    ),
)
show(
    "complex predictions",
    lambda: L.binary_crossentropy(torch.tensor([[1.0]]), torch.tensor([[0.5 + 0j]])),
)
