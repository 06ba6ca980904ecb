"""A run that is asked to end does so, also if a process of it does not, or is killed in the middle of an answer."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from taskconform.conformance.engine.schedule.scheduler import shut


def sleeps(_):
    """Never ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(300)


def answers_in_part(_):
    """Writes the head of an answer to the pool's pipe, and is gone."""
    frame = sys._getframe()
    while frame is not None and "result_queue" not in frame.f_locals:
        frame = frame.f_back
    queue = frame.f_locals["result_queue"]
    os.write(queue._writer.fileno(), b"\0\0\1\0half")
    os._exit(1)


@pytest.mark.parametrize("does", [sleeps, answers_in_part])
def test_a_pool_ends_in_time(does):
    pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    pool.submit(does, 0)
    pool.submit(time.sleep, 0)
    time.sleep(3)
    began = time.monotonic()
    notes = shut(pool, 1.0)
    assert time.monotonic() - began < 10
    assert notes == ("a process of the run did not end, and was killed",)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("pauses", [(0.0, 0.0), (0.01, 0.1), (0.3, 0.02)])
def test_a_run_that_is_terminated_again_and_again_ends(tmp_path, pauses):
    words = [sys.executable, "-m", "taskconform.conformance", "run", "builtin", "--workers", "2", "--out", "out"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        try:
            deadline = time.monotonic() + 30
            while not list((tmp_path / "out").glob("history/*.gz")) and time.monotonic() < deadline:
                time.sleep(0.1)
            os.killpg(run.pid, signal.SIGTERM)
            for pause in pauses:
                time.sleep(pause)
                if run.poll() is None:
                    os.kill(run.pid, signal.SIGTERM)
            assert run.wait(150) in {130, -signal.SIGINT}  # a shell tells 130 of both
            assert "interrupted" in run.stderr.read()
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
