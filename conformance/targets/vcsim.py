"""The vcsim adapter: govmomi's simulator, started by us, a fresh one wherever the suite wants one.

    vcsim    vcsim:/path/to/binary

Options: `binary` (a vcsim to use instead of our own build), `release` (a release of govmomi, `v0.48.0`, to build ours
from), `esx` (yes: a standalone ESXi host), `settling` (seconds), `timeout` (seconds), `ahead` (how many instances are
kept ready). Without a binary or a release given we take the binary that TASKCONFORM_VCSIM names, else our own build of
the program in `govmomi/`, else a `vcsim` on PATH.

The release that `govmomi/go.mod` names is built with the digests in `govmomi/go.sum`; Go verifies what it fetches for
another one by its checksum database.

Every release of vcsim claims to be 6.5.0 build 5973321; the identity adds govmomi's version and the binary's digest.
An instance ends when we do, however we end: its standard input is a pipe of which only we hold the other end.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urlsplit

from taskconform.conformance.targets.protocol import TargetMisnamed, TargetUnreachable
from taskconform.conformance.targets.soap.connect import words_without
from taskconform.conformance.targets.soap.methods import Credentials
from taskconform.conformance.targets.soap.profile import Profile
from taskconform.conformance.targets.soap.target import SoapTarget
from taskconform.conformance.targets.soap.wire import TIMED_OUT, Endpoint
from taskconform.model.vocabulary.outcomes import Lost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome

OPTIONS: Final = ("binary", "release", "esx", "settling", "timeout", "ahead", "operations", "without")
EXTENSION_KEY: Final = "org.taskconform.suite"
_SOURCES: Final = Path(__file__).parent / "govmomi"
_ACCOUNTS: Final = {
    "primary": Credentials(user="primary", password="primary"),  # noqa: S106 -- vcsim takes any
    "second": Credentials(user="second", password="second"),  # noqa: S106
}
_LISTENING: Final = re.compile(r"GOVC_URL=(\S+)")
_RELEASE: Final = re.compile(r"v\d+\.\d+\.\d+(-[\w.]+)?")
_MODULE: Final = re.compile(rb"\tgithub\.com/vmware/govmomi\t([^\t\n]+)")
_FLAGS: Final = ("-l", "127.0.0.1:0", "-tls=false", "-stdinexit", "-autostart=false", "-vm", "2")
_VCENTER: Final = ("-dc", "1", "-cluster", "0", "-standalone-host", "1", "-pg", "0")
_WITHOUT: Final = ("alarms", "schedules", "task-events")
"""It has the managers, but alarms start nothing, no task can be scheduled, and tasks leave no TaskEvent."""
_APART: Final = 0.05
"""It keeps times to the nanosecond; but tasks join the history in the background, seen up to 29 ms late in 112,000."""
_PATIENCE: Final = 10.0
"""Seconds that an instance may take to end before it is killed."""
_STRIKES: Final = 2
"""How many calls in a row have to time out before an instance is given up."""
_HASTY: Final = 0.5
"""Seconds that a call may take at most, once an instance has been given up: what hung once hangs in the next ones."""


def open_target(options: Mapping[str, str]) -> VcsimTarget:
    """A target whose instances are ours. Raises TargetMisnamed where an option makes no sense or no binary can be had,
    TargetUnreachable where an instance does not start."""
    for option in options:
        if option not in OPTIONS:
            message = f"unknown option {option!r}; vcsim takes {', '.join(OPTIONS)}"
            raise TargetMisnamed(message)
    esx = options.get("esx", "no")
    if esx not in ("yes", "no"):
        message = f"esx is yes or no, not {esx!r}"
        raise TargetMisnamed(message)
    operations = options.get("operations", "no")
    if operations not in ("yes", "no"):
        message = f"operations is yes or no, not {operations!r}"
        raise TargetMisnamed(message)
    try:
        settling, timeout = float(options.get("settling", "0.03")), float(options.get("timeout", "30"))
        ahead = int(options.get("ahead", "2"))
    except ValueError as error:
        message = f"settling, timeout and ahead are numbers: {error}"
        raise TargetMisnamed(message) from error
    binary = _chosen(options)
    profile = Profile(
        name="vcsim",
        extension_key=EXTENSION_KEY,
        capabilities=("reset",),
        without=_WITHOUT + words_without(options),
        identity=identify(binary),
        exclusive=True,
        settling=settling,
        apart=_APART,
        spelled=True,
        operations=operations == "yes",
        thrown_away=True,
    )
    flags = (*_FLAGS, "-esx") if esx == "yes" else (*_FLAGS, *_VCENTER)
    return VcsimTarget(Launcher(binary, flags, profile, timeout), max(0, ahead))


# --- the binary -------------------------------------------------------------------------------------------------------


def _chosen(options: Mapping[str, str]) -> Path:
    """The vcsim that the options ask for. Raises TargetMisnamed."""
    release = options.get("release")
    if release is None:
        return find_binary(options.get("binary"))
    if "binary" in options:
        message = "binary and release are two ways to name a vcsim: give one of them"
        raise TargetMisnamed(message)
    return find_release(release)


def find_release(release: str) -> Path:
    """Our own program over this release of govmomi (`v0.48.0`), built once. Raises TargetMisnamed where there is no
    such release, or no Go."""
    if not _RELEASE.fullmatch(release):
        message = f"a release is written v0.48.0, not {release!r}"
        raise TargetMisnamed(message)
    built = _cache() / _digest_of_sources() / release / "vcsim"
    if built.exists():
        return built
    go = shutil.which("go")
    if go is None:
        message = f"vcsim {release} cannot be built without Go; name a binary of it: vcsim:/path/to/vcsim"
        raise TargetMisnamed(message)
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(shutil.copytree(_SOURCES, Path(folder) / "govmomi"))
        _go([go, "get", f"github.com/vmware/govmomi@{release}"], sources)
        _build(go, built, sources)
    return built


def find_binary(given: str | None) -> Path:
    """The vcsim to start. Raises TargetMisnamed where there is none."""
    named = given or os.environ.get("TASKCONFORM_VCSIM")
    if named:
        binary = Path(named)
        if not os.access(binary, os.X_OK) or binary.is_dir():
            message = f"{named} is no program"
            raise TargetMisnamed(message)
        return binary
    built = _cache() / _digest_of_sources() / "vcsim"
    if built.exists():
        return built
    on_path = shutil.which("vcsim")
    if on_path is not None:
        return Path(on_path)
    go = shutil.which("go")
    if go is None:
        message = (
            "no vcsim: name one (vcsim:/path/to/vcsim, or TASKCONFORM_VCSIM), or install Go, and it is built once; "
            "`go install github.com/vmware/govmomi/vcsim@latest` and govmomi's releases have it too"
        )
        raise TargetMisnamed(message)
    _build(go, built, _SOURCES)
    return built


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taskconform"


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((_SOURCES / name).read_bytes())
    return digest.hexdigest()[:16]


def _build(go: str, built: Path, sources: Path) -> None:
    """Build our own program, once, however many processes want it. It appears under its name when it is whole."""
    built.parent.mkdir(parents=True, exist_ok=True)
    with _locked(built.with_name("lock")):
        if built.exists():
            return
        unfinished = built.with_name(f"vcsim.{os.getpid()}")
        _go([go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(unfinished), "."], sources)
        unfinished.replace(built)


def _go(command: list[str], folder: Path) -> None:
    """Carry out a command of Go. Raises TargetMisnamed."""
    done = subprocess.run(  # noqa: S603 -- go, as found on PATH
        command, cwd=folder, env={**os.environ, "GOWORK": "off"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"vcsim could not be built: {_last_line(done.stderr)}"
        raise TargetMisnamed(message)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that goes with the process. Where there are none, several build, and the last build stays."""
    try:
        import fcntl  # noqa: PLC0415 -- POSIX only
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it does not say why"


def identify(binary: Path) -> dict[str, str]:
    """What tells one vcsim from another: the version of govmomi that Go wrote into the binary, and its digest."""
    status = binary.stat()
    return dict(_identify(binary, status.st_mtime_ns, status.st_size))


@cache
def _identify(binary: Path, _mtime: int, _size: int) -> tuple[tuple[str, str], ...]:
    content = binary.read_bytes()
    module = _MODULE.search(content)
    version = "unknown" if module is None else module[1].decode(errors="replace")
    return (("govmomi", version), ("sha256", hashlib.sha256(content).hexdigest()))


# --- an instance ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A simulator that runs, and the adapter that talks to it."""

    process: subprocess.Popen[str]
    target: SoapTarget

    def stop(self) -> None:
        """End the process, and wait until it has. Asked first, because vcsim removes its temporary files then."""
        self.target.abandon()
        _stop(self.process)


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts instances, all alike."""

    binary: Path
    flags: Sequence[str]
    profile: Profile
    timeout: float

    def start(self, alike: SoapTarget | None = None) -> Instance:
        """Start one, and wait until it answers. `alike`: another one's adapter; what it was told once holds for all.
        Raises TargetUnreachable where it doesn't answer."""
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(  # noqa: S603 -- the binary that the user named, or our own
                [self.binary, *self.flags],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={"GOGC": "400", **os.environ},
                start_new_session=True,
            )
            try:
                return Instance(process=process, target=self._connect(process, errors, alike))
            except BaseException:
                _stop(process)
                raise

    def _connect(self, process: subprocess.Popen[str], errors: IO[str], alike: SoapTarget | None) -> SoapTarget:
        for line in process.stdout or ():
            listening = _LISTENING.search(line)
            if listening is not None:
                url = urlsplit(listening[1])
                endpoint = Endpoint(
                    scheme=url.scheme,
                    host=url.hostname or "",
                    port=url.port or 0,
                    path=url.path,
                    timeout=self.timeout,
                    insecure=True,
                )
                return SoapTarget(endpoint, _ACCOUNTS, self.profile, alike)
        errors.seek(0)
        message = f"{self.binary.name} did not start: {_last_line(errors.read())}"
        raise TargetUnreachable(message)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _end_unused(starting: Future[Instance]) -> None:
    """End an instance that nobody has used, as soon as it has started."""
    starting.result().stop()


# --- the target -------------------------------------------------------------------------------------------------------


class VcsimTarget:
    """An instance at a time, with the next ones started ahead. See `protocol.Target`."""

    def __init__(self, launcher: Launcher, ahead: int) -> None:
        """Start the first instance, and `ahead` more in the background. Raises TargetUnreachable."""
        self._launcher = launcher
        self._workers = ThreadPoolExecutor(ahead + 1, thread_name_prefix="taskconform-vcsim")
        self._ready: deque[Future[Instance]] = deque()
        self._past_seconds = 0.0
        self._silent: list[Lost] = []
        self._closed = False
        try:
            self._live = launcher.start()
        except BaseException:
            self._workers.shutdown()
            raise
        self._declaration = self._live.target.declaration
        self._ready.extend(self._workers.submit(launcher.start, self._live.target) for _ in range(ahead))

    @property
    def declaration(self) -> Declaration:
        """What the target says of itself; the same of every instance."""
        return self._declaration

    @property
    def socket_seconds(self) -> float:
        """Seconds from sending requests to having read their answers, over all instances."""
        return self._past_seconds + self._live.target.socket_seconds

    def perform(self, call: Call) -> Outcome:
        """Perform one call and say what came back."""
        if self._hangs:
            return self._given_up()
        return self._noted(self._live.target.perform(call))

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Perform the calls at the same time."""
        if self._hangs:
            return [self._given_up() for _ in calls]
        return [self._noted(outcome) for outcome in self._live.target.perform_together(calls)]

    @property
    def _hangs(self) -> bool:
        """Whether the instance is given up: a call that panics in it leaves a lock that every later one waits for."""
        return len(self._silent) >= _STRIKES

    def _noted(self, outcome: Outcome) -> Outcome:
        """The outcome; calls in a row that had no answer in time are counted."""
        if not isinstance(outcome, Lost):
            self._silent.clear()
        elif outcome.why == TIMED_OUT:
            self._silent.append(outcome)
            if self._hangs and self._launcher.timeout > _HASTY:
                self._hurry()
        return outcome

    def _hurry(self) -> None:
        """Have less patience with the next instances. Those that are ready have the old one: they end unused."""
        self._launcher = replace(self._launcher, timeout=_HASTY)
        unused = [self._ready.popleft() for _ in range(len(self._ready))]
        self._ready.extend(self._workers.submit(self._launcher.start, self._live.target) for _ in unused)
        for starting in unused:
            self._workers.submit(_end_unused, starting)

    def _given_up(self) -> Outcome:
        """What comes of a call on an instance that hangs: it is not made."""
        return Lost(why=f"the instance hangs: {_STRIKES} calls in a row timed out", at=self._silent[-1].at)

    def reset(self) -> None:
        """Go on with a fresh instance. The old one ends beside us."""
        self._silent.clear()
        old = self._live
        self._ready.append(self._workers.submit(self._launcher.start, old.target))
        fresh = self._ready.popleft()
        self._live = fresh.result()
        self._past_seconds += old.target.socket_seconds
        self._workers.submit(old.stop)

    def close(self) -> None:
        """Stop all that was started, and wait until it has ended."""
        if self._closed:
            return
        self._closed = True
        for future in self._ready:
            future.cancel()
        self._workers.shutdown()
        for instance in (self._live, *(f.result() for f in self._ready if not f.cancelled() and not f.exception())):
            instance.stop()
        self._ready.clear()
