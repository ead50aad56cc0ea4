"""Shows by hand what upgrades of torch changed; run it in each environment."""

import torch
import torch.nn.functional as F


def show(name, f):
    try:
        r = f()
        r = r.tolist() if isinstance(r, torch.Tensor) else r
    except Exception as e:
        r = f"{type(e).__name__}: {' '.join(str(e).split())[:70]}"
    print(f"  {name}: {r}")


half, brain = torch.float16, torch.bfloat16
logits, labels = torch.tensor([[1.0, 2.0]]), torch.tensor([1])
certain, right = torch.tensor(51.0, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)

print("torch", torch.__version__)
show("log_softmax in float16", lambda: F.log_softmax(logits.to(half), -1))
show("cross_entropy in float16", lambda: F.cross_entropy(logits.to(half), labels))
for dtype in (half, brain):
    show(
        f"binary_cross_entropy in {dtype}",
        lambda dtype=dtype: F.binary_cross_entropy(
            torch.tensor([0.5], dtype=dtype), torch.tensor([1.0], dtype=dtype)
        ),
    )
show(
    "binary_cross_entropy_with_logits of 51, target 1",
    lambda: F.binary_cross_entropy_with_logits(certain, right),
)
show(
    "binary_cross_entropy_with_logits of a complex number",
    lambda: F.binary_cross_entropy_with_logits(torch.tensor([1 + 0j]), torch.tensor([1.0])),
)
show("linear_cross_entropy", lambda: F.linear_cross_entropy(logits, torch.eye(2), labels))
