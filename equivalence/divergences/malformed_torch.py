"""What becomes of malformed questions in PyTorch."""

from __future__ import annotations

from equivalence.divergences.divergence import divergence
from equivalence.divergences.misreadings import (
    WEIGHTS,
    Fault,
    broadcasts,
    casts_predictions,
    either,
    fault,
    ignores_label,
    of_indices,
    raises,
    takes_numbers,
    takes_real_parts,
)

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
FUNCTIONAL = "https://github.com/pytorch/pytorch/blob/v2.13.0/torch/nn/functional.py"
LOSS_NLL = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL.cpp"
CHECKED_SHAPES = (
    "torch.*cross_entropy*",
    "torch.*CrossEntropyLoss",
    "torch.*BCE*",
    "torch.*NLLLoss",
    "torch.nll_loss",
)
BY_HAND = "torch.log_softmax_by_hand"

divergence(
    "torch.*",
    malformed=True,
    versions=">=0.4",
    reference=DOCUMENTATION + "CrossEntropyLoss.html",
    name="torch_ignores_minus_100",
    reason=(
        "A label of -100 is ignored although nobody asks for it: that is what ignore_index is by "
        "default. Frameworks without that default refuse it."
    ),
    by_design="Documented: ignore_index=-100.",
)(ignores_label(-100))

divergence(
    "torch.*@eager",
    "torch.*@strided",
    "torch.*@func",
    malformed=True,
    versions=">=1.0",
    reference=LOSS_NLL,
    name="torch_refuses_labels",
    reason='A label that is no class raises IndexError ("Target 4 is out of bounds.").',
    by_design="An explicit check of the source, with a message that names the label.",
)(raises(IndexError, Fault.LABEL))

divergence(
    "torch.*@compile",
    malformed=True,
    versions=">=2.1",
    reference=DOCUMENTATION + "CrossEntropyLoss.html",
    name="torch_compile_refuses_labels",
    reason=(
        "A label that is no class raises RuntimeError from generated code.\n\n"
        'The message names a file of the cache and not the label ("kernel, /tmp/torchinductor_..., '
        'index out of bounds: 0 <= tmp9 < ks1"), and the type is not that of eager mode.'
    ),
    defect="Contradicts its own eager mode, which raises IndexError and names the label.",
)(raises(RuntimeError, Fault.LABEL))

divergence(
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    malformed=True,
    versions=">=0.4",
    reference=DOCUMENTATION + "BCEWithLogitsLoss.html",
    name="torch_takes_any_number_with_logits",
    reason="Labels outside [0, 1], and NaN, are put into the formula as they are.",
    defect=(
        'Contradicts its documentation ("the targets t[i] should be numbers between 0 and 1") and '
        "BCELoss, which raises: with a label of 2 the loss has no lower bound."
    ),
)(takes_numbers)

divergence(
    "torch.binary_cross_entropy@compile",
    "torch.nn.BCELoss@compile",
    "torch.sigmoid+nn.BCELoss@compile",
    malformed=True,
    versions=">=2.1",
    reference=DOCUMENTATION + "BCELoss.html",
    name="torch_compile_does_not_check_the_range",
    reason=(
        "Compiled by inductor, BCELoss takes labels outside [0, 1], and NaN, as they are; eagerly "
        'it raises RuntimeError ("all elements of target should be between 0 and 1").'
    ),
    defect="Contradicts its own eager mode: the check is lost when the operation is decomposed.",
)(takes_numbers)

divergence(
    "torch.cross_entropy",
    "torch.linear_cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    BY_HAND,
    malformed=True,
    versions=">=1.10",
    reference=DOCUMENTATION + "CrossEntropyLoss.html",
    name="torch_takes_nan_for_a_probability",
    reason="NaN among class probabilities makes the loss of its row NaN.",
    by_design="A plain convention: arithmetic propagates NaN.",
)(takes_numbers)

divergence(
    BY_HAND,
    malformed=True,
    versions="",
    reference="https://docs.pytorch.org/docs/stable/notes/broadcasting.html",
    name="torch_broadcasts_by_hand",
    reason="Shapes that differ are broadcast where they can be, as in any product of tensors.",
    by_design="Documented: most operations broadcast.",
)(
    # With rows of two axes the classes are last here too; deeper targets are turned.
    lambda case: broadcasts(case) if case.target.ndim <= 2 else None
)

divergence(
    BY_HAND,
    malformed=True,
    versions="",
    reference="https://docs.pytorch.org/docs/stable/complex_numbers.html",
    name="torch_multiplies_complex_targets_by_hand",
    reason="A complex target makes a complex loss, whose imaginary part is zero.",
    by_design="Documented: arithmetic promotes to complex numbers.",
)(lambda case: takes_real_parts(case) if fault(case) == Fault.COMPLEX_TARGET else None)

divergence(
    "torch.binary_cross_entropy_with_logits@func",
    "torch.nn.BCEWithLogitsLoss@func",
    malformed=True,
    versions=">=2.0",
    reference=DOCUMENTATION + "BCEWithLogitsLoss.html",
    name="torch_func_broadcasts_weights",
    reason=(
        "Under torch.func, sample weights (N, 1) of N terms make N x N losses, and a complex "
        "target a complex loss; eagerly both raise RuntimeError."
    ),
    defect="Contradicts its own eager mode, which raises for the same call.",
)(
    either(
        lambda case: broadcasts(case) if fault(case) == Fault.SAMPLE_WEIGHTS else None,
        lambda case: takes_real_parts(case) if fault(case) == Fault.COMPLEX_TARGET else None,
    )
)

divergence(
    "torch.sigmoid+nn.BCELoss@eager",
    "torch.sigmoid+nn.BCELoss@strided",
    malformed=True,
    versions=">=1.5",
    reference="https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html",
    name="torch_sigmoid_of_integers",
    reason="The sigmoid of integers is float32, which goes together with float32 targets only.",
    by_design="A plain convention: such functions promote integers to the default dtype.",
)(lambda case: casts_predictions("float32")(case) if case.dtype == "float32" else None)

divergence(
    "torch.*",
    malformed=True,
    versions=">=0.4",
    reference="https://docs.pytorch.org/docs/stable/generated/torch.tensor.html",
    name="torch_refuses_words",
    reason=(
        "There are no tensors of words: torch.tensor of a list of them raises ValueError, "
        "\"too many dimensions 'str'\"."
    ),
    defect="The message misleads: the list has one dimension, and what is wrong is the type.",
)(raises(ValueError, Fault.WORDS))

divergence(
    "torch.*",
    malformed=True,
    versions=">=0.4",
    reference=FUNCTIONAL,
    name="torch_refuses_reductions",
    reason='Raises ValueError: "maen is not a valid value for reduction".',
    by_design="An explicit check of the source (_reduction.get_enum).",
)(raises(ValueError, Fault.REDUCTION))

divergence(
    "torch.binary_cross_entropy",
    "torch.*BCELoss",
    malformed=True,
    versions=">=1.5",
    reference=FUNCTIONAL,
    name="torch_refuses_shapes_as_deprecated",
    reason=(
        "A target of another size than the prediction raises ValueError, whose message says that "
        'it "is deprecated".'
    ),
    defect=(
        'The message misleads ("Using a target size that is different to the input size is '
        'deprecated"): it is an error since version 1.5.'
    ),
)(raises(ValueError, Fault.TARGET_SHAPE))

divergence(
    "torch.cross_entropy",
    "torch.linear_cross_entropy",
    "torch.nn.CrossEntropyLoss",
    malformed=True,
    versions=">=1.10",
    reference=LOSS_NLL,
    name="torch_takes_wrong_class_counts_for_many_labels",
    reason=(
        "Class probabilities of another number of classes than the logits raise RuntimeError with "
        'the message "0D or 1D target tensor expected, multi-target not supported".'
    ),
    defect=(
        "The message misleads: class probabilities are supported, and what is wrong is their "
        "shape; targets of any other shape than the logits are taken for class indices."
    ),
)(
    raises(
        RuntimeError,
        Fault.TARGET_SHAPE,
        where=lambda case: not of_indices(case) and case.target.shape[:1] == case.shape,
    )
)

divergence(
    *CHECKED_SHAPES,
    malformed=True,
    versions=">=1.0",
    reference=FUNCTIONAL,
    name="torch_refuses_shapes",
    reason=(
        "Targets of another length or size raise ValueError, class indices of another rank "
        "RuntimeError."
    ),
    by_design="Explicit checks of the source, with messages that name both sizes.",
)(
    either(
        raises(
            RuntimeError,
            Fault.TARGET_SHAPE,
            where=lambda case: of_indices(case) and case.target.ndim > len(case.shape),
        ),
        raises(ValueError, Fault.TARGET_SHAPE),
    )
)

divergence(
    "torch.*",
    malformed=True,
    versions=">=1.0",
    reference=FUNCTIONAL,
    name="torch_refuses_types_and_weights",
    reason=(
        "Class indices that are no integers, integer or complex predictions, complex targets, "
        "labels of BCELoss outside [0, 1], and weights of another length raise RuntimeError."
    ),
    by_design="Explicit checks of the source, with messages that name types, ranges or sizes.",
)(
    raises(
        RuntimeError,
        Fault.FLOAT_LABELS,
        Fault.FRACTION,
        Fault.NAN_LABEL,
        Fault.NAN_TARGET,
        Fault.NUMBER,
        Fault.INTEGER_PREDICTIONS,
        Fault.COMPLEX_PREDICTIONS,
        Fault.COMPLEX_TARGET,
        Fault.TARGET_SHAPE,
        *WEIGHTS,
    )
)
