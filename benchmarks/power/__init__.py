"""The power of the suite: what it catches, what it does not cry about, what could not fail."""
