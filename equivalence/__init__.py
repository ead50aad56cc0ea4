"""Do PyTorch's, TensorFlow's and scikit-learn's losses give the same number? Who differs, by how much, and why.

No framework is imported by importing this package.
"""

__version__ = "0.1.0"
