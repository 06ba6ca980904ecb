"""The server's clock, as far as it can be known from here."""

from __future__ import annotations

from math import inf
from time import monotonic_ns, time_ns
from typing import TYPE_CHECKING, Final

from taskconform.conformance.wire import body, xml
from taskconform.conformance.wire.body import SERVICE_INSTANCE
from taskconform.model.vocabulary.outcomes import SECOND, Interval

if TYPE_CHECKING:
    from taskconform.conformance.targets.soap.wire import Session


class Clock:
    """The server's clock, as an offset from our monotonic one: an interval, in microseconds.

    Asked anew every `EVERY` seconds; between, the interval widens by what two clocks can drift apart.
    """

    EVERY: Final = 30.0
    DRIFT: Final = 500e-6
    """Seconds a second: what an NTP daemon may slew at most."""
    UNKNOWN: Final = 50 * 365 * 86_400 * SECOND
    """Microseconds by which the clock of a server that does not tell the time may differ from ours."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._low = 0
        self._high = 0
        self._measured: float | None = None
        self._tried = 0.0

    @property
    def due(self) -> bool:
        """Tell whether it is time to ask again."""
        return self._measured is None or monotonic_ns() / 1e9 - self._tried > self.EVERY

    def measure(self, session: Session, samples: int = 3) -> None:
        """Ask for CurrentTime a few times. The offset lies in all the intervals; if the clock was set meanwhile, and
        they don't meet, the last one holds."""
        self._tried = monotonic_ns() / 1e9
        low, high = None, None
        for _ in range(samples):
            before = monotonic_ns() // 1000
            response = session.call(body.method("CurrentTime", SERVICE_INSTANCE))
            after = monotonic_ns() // 1000 + 1
            answer = xml.required(response, "returnval")
            moment = xml.microseconds(answer)
            earliest, latest = moment - after, moment + xml.resolution(answer) - before
            if low is None or high is None or max(low, earliest) > min(high, latest):
                low, high = earliest, latest
            else:
                low, high = max(low, earliest), min(high, latest)
        if low is not None and high is not None:
            self._low, self._high, self._measured = low, high, monotonic_ns() / 1e9

    def give_up(self) -> None:
        """Take it that the server does not tell the time: its clock may stand anywhere. What follows from times can
        hardly be judged then, and is judged of nobody wrongly."""
        ahead = (time_ns() - monotonic_ns()) // 1000
        self._low, self._high = ahead - self.UNKNOWN, ahead + self.UNKNOWN
        self._tried, self._measured = inf, monotonic_ns() / 1e9

    def mark(self) -> int:
        """Return a reading of `monotonic_ns`, for `since`."""
        return monotonic_ns()

    def since(self, mark: int) -> Interval:
        """The span of server time from the mark until now."""
        return self.interval(mark, monotonic_ns())

    def interval(self, start: int, end: int) -> Interval:
        """The span of server time between two readings of `monotonic_ns`."""
        age = end / 1e9 - (self._measured or 0.0)
        slack = 1 + int(max(0.0, age) * self.DRIFT * SECOND)
        return Interval(
            earliest=start // 1000 + self._low - slack,
            latest=-(-end // 1000) + self._high + slack,
        )
