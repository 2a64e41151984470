"""Watch and administer the data orders of a REGARDS project."""

__version__ = "0.1.0"
