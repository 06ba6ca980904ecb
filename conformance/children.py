"""Child processes that hold nothing of their own: they leave interrupts to their parent, and end when it does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def born() -> None:
    """Begin as a child of the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
