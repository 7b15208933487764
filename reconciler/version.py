"""The version, where the build and ``--version`` read it."""

__version__ = "0.1.0"
