"""What became of malformed questions in earlier releases of Keras."""

from __future__ import annotations

from equivalence.divergences.divergence import divergence
from equivalence.divergences.misreadings import Fault, raises

divergence(
    "tensorflow_v2.keras.binary_crossentropy*@eager",
    "tensorflow_v2.keras.categorical_crossentropy*@eager",
    malformed=True,
    versions="keras>=3.0,<3.6",
    reference="https://github.com/keras-team/keras/blob/v3.5.0/keras/src/backend/common/variables.py",
    name="keras_functions_knew_no_complex_numbers",
    reason='Complex predictions raise ValueError in the functions: "Invalid dtype: complex64".',
    by_design="An explicit check of the source (standardize_dtype); complex dtypes came with 3.6.",
)(raises(ValueError, Fault.COMPLEX_PREDICTIONS))
