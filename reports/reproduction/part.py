"""One part of a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One function: its text, the parts it calls, and its imports: `sys`, or `pyVmomi:vim` for one name."""

    text: str
    needs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


URL: Final = "urllib.parse:urlsplit"
VIM: Final = "pyVmomi:vim"
VMODL: Final = "pyVmomi:vmodl"
WSDL: Final = "pyVmomi.VmomiSupport:GetWsdlType"
SUPPRESS: Final = "contextlib:suppress"
"""Imports that many parts need."""
