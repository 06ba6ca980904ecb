"""The server's clock beside that of whoever recorded: known as far as CurrentTime was asked for on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.records.recordings.wire import ANYTIME
from taskconform.conformance.wire import xml
from taskconform.model.vocabulary.outcomes import SECOND, Interval

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from taskconform.conformance.records.recordings.wire import Recorded

DRIFT: Final = 500e-6
"""Seconds a second that two clocks may drift apart: what an NTP daemon may slew at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The offset of the server's clock when it was asked, between two bounds in microseconds."""

    asked: int
    low: int
    high: int


class RecordedClock:
    """The samples of a recording. Without one the time of every call is unknown: wide open."""

    def __init__(self) -> None:
        """None yet."""
        self.samples: list[Sample] = []

    def learn(self, exchange: Recorded, response: Element) -> None:
        """One CurrentTime and its answer. Raises Undecodable."""
        answer = xml.required(response, "returnval")
        moment = xml.microseconds(answer)
        if exchange.started is None or exchange.ended is None:
            return
        sample = Sample(
            asked=exchange.started,
            low=moment - exchange.ended,
            high=moment + xml.resolution(answer) - exchange.started,
        )
        self.samples.append(sample)

    def interval(self, exchange: Recorded) -> Interval:
        """The span of server time in which an exchange happened: by the sample that is nearest in time."""
        if exchange.started is None or exchange.ended is None or not self.samples:
            return ANYTIME
        nearest = min(self.samples, key=lambda one: abs(one.asked - exchange.started))  # type: ignore[operator]
        slack = 1 + int(abs(nearest.asked - exchange.started) * DRIFT) + SECOND // 1000
        return Interval(earliest=exchange.started + nearest.low - slack, latest=exchange.ended + nearest.high + slack)
