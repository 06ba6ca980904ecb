"""`report.html`: a report as one page that needs nothing beside itself, on a screen or on paper.

Everything that is put into the template is escaped. The page allows itself no network, and no script but its own.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from taskconform.reports import unclassified
from taskconform.reports.document import VERDICTS
from taskconform.reports.plain import printable
from taskconform.reports.render import page_view
from taskconform.reports.wording import (
    LABELS,
    again,
    counted,
    left_exhausted,
    not_run_again,
    product,
    share,
    shortfalls,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.reports.document import Report
    from taskconform.reports.render.material import Material
    from taskconform.reports.render.power import Power


def html_page(report: Report, material: Mapping[str, Material], power: Power | None = None) -> str:
    """The whole page. `material` is what there is to show of each divergence, by signature; `power` what is known of
    the detection power of this profile: without it nothing is said of that."""
    return render(
        "report.html.jinja",
        report=report,
        verdict=verdict(report).partition(";")[0],  # what was left out follows it
        share=share(report),
        blocks=report.blocks,
        causes=page_view.causes(report),
        shortfalls=shortfalls(report),
        product=product(report),
        mark=mark(report),
        totals=[(each, LABELS[each], getattr(report.totals, each)) for each in VERDICTS],
        left_out=page_view.left_out_by_reason(report),
        areas=page_view.Page(report, material).areas(),
        readings=page_view.readings(report),
        detection=power,
        exhausted="; ".join(filter(None, (left_exhausted(report) if report.run.canary else "", not_run_again(report)))),
        again=again(report),
        unclassified=[(unclassified.told(one), one.steps) for one in report.unclassified],
    )


def mark(report: Report) -> str:
    """The verdict whose colour the whole page has."""
    return {0: "passed", 1: "failed"}.get(report.run.exit_code, "undecided")


def render(
    name: str, *, styles: tuple[str, ...] = ("style.css",), scripts: tuple[str, ...] = ("page.js",), **given: Any
) -> str:
    """A page of ours, by the name of its template. Its style and its script stand within it."""
    style, script = (Markup().join(map(_file, names)) for names in (styles, scripts))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return _environment().get_template(name).render(style=style, script=script, policy=policy, **given)


def _file(name: str) -> Markup:
    """A file of ours, as it stands."""
    text = files("taskconform.reports.render").joinpath("pages", name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704  # ships with the package, and holds nothing from outside


def _printed(value: Any) -> Any:
    """Return a value as a template puts it into a page: of a text each line prints."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return printable(value)


@cache
def _environment() -> Environment:
    """The templates, in `pages/`; a name that is not given is an error."""
    environment = Environment(
        loader=PackageLoader("taskconform.reports.render", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
    )
    environment.filters["counted"] = counted
    return environment
