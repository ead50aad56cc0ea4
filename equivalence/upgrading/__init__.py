"""The upgrade guard: two versions of a framework, each in an environment of its own, compared."""
