"""The package's version, in one place: setup, metadata and the module all read it here."""

__version__ = "0.2.0"
