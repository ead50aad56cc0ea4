"""The plugin, for a checkout that is not installed; its entry point has the same name."""

pytest_plugins = ["equivalence.plugin"]
