"""The front door: the `locrib` command and the few lines that join the sibling packages."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("locrib")
except PackageNotFoundError:  # run from a checkout that nobody installed
    __version__ = "0+checkout"
