"""The options with which `taskconform run` tests a server that `taskconform serve` runs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from taskconform.conformance.targets.builtin.inventory import ACCOUNTS, INVENTORY

if TYPE_CHECKING:
    from taskconform.conformance.serve.options import Options

PLACES = ("hidden", "ancestor", "readable", "granted")


def target_options(options: Options) -> dict[str, str]:
    """The options of the target, `--set` by `--set`: users, places, limits."""
    return {
        **{f"{each.name}-user": each.user_name for each in ACCOUNTS if each.name != "primary"},
        **{role: ",".join(entity.ref.value for entity in INVENTORY.places[role]) for role in PLACES},
        "window": str(options.window),
        "cap": str(options.cap),
        "settling": "0",
        "i-own-this-server": "yes",
    }


def command_lines(url: str, options: Options) -> list[str]:
    """Return the commands that run the suite against the server at this URL."""
    scheme, _, place = url.partition("://")
    words = ["taskconform", "run", f"{scheme}://primary@{place}"]
    words += ["--set", f"control={url.removesuffix('/sdk')}/control/"]
    words += ["--set", "insecure=yes"] if options.tls and options.certificate is None else []
    return [f"export TASKCONFORM_CONTROL_TOKEN={options.control}", shlex.join(words)]


def description(options: Options) -> dict[str, Any]:
    """The document: which clock, the options, and the passwords that are no secret, because nobody has set them."""
    known = {each.name: options.passwords[each.name] for each in ACCOUNTS}
    return {
        "clock": options.clock,
        "options": target_options(options),
        "passwords": {name: password for name, password in known.items() if password == name},
    }
