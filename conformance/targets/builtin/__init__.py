"""The built-in target: a server that behaves as the specification says."""

from taskconform.conformance.targets.builtin.target import EXTENSION_KEY, BuiltinTarget, open_target

__all__ = ["EXTENSION_KEY", "BuiltinTarget", "open_target"]
