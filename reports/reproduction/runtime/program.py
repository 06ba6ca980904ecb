"""The program around the steps: options, set-up, result, cleaning up."""

import argparse
import os
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress

from pyVmomi import vmodl

from taskconform.reports.reproduction.runtime.server import by, connect
from taskconform.reports.reproduction.runtime.services import extension_of
from taskconform.reports.reproduction.runtime.state import CREATED, SESSIONS, UNDO
from taskconform.reports.reproduction.runtime.values import one_line


def arguments(options: dict[str, str | None]) -> argparse.Namespace:
    """Read the command line. `options` has defaults; an option without one names an object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="https://host/sdk")
    parser.add_argument("--user", default="user")
    parser.add_argument("--password", default=os.environ.get("TASKCONFORM_PASSWORD", "pass"))
    parser.add_argument("--insecure", action="store_true", help="do not verify the certificate")
    for option, default in options.items():
        parser.add_argument(
            f"--{option.replace('_', '-')}", default=default, required=default is None, help=default or "Type:value"
        )
    return parser.parse_args()


def clean_up(key: str) -> None:
    """End what is still open, take the extension away, log out. What the server refuses stays."""
    main = SESSIONS[0]
    for task in [by(main, info.task) for info in CREATED]:
        for state in ("running", "success"):
            with suppress(vmodl.MethodFault):
                task.SetTaskState(state)
    for undo in reversed(UNDO):
        with suppress(vmodl.MethodFault):
            undo()
    with suppress(vmodl.MethodFault):
        for extension in main.extensionManager.extensionList:
            if extension.key.startswith(key):
                main.extensionManager.UnregisterExtension(extension.key)
    for content in SESSIONS:
        with suppress(vmodl.MethodFault):
            content.sessionManager.Logout()


def reproduce(steps: Callable[..., tuple[bool, object]], expected: str, **options: str | None) -> int:
    """Set up, perform the steps, clean up. Return the exit code."""
    args = arguments(options)
    key = f"org.taskconform.script-{secrets.token_hex(4)}"
    try:
        main = connect(args, args.user, args.password)
        main.extensionManager.RegisterExtension(extension_of(main, key, "1.0.0", [f"{key}.work", f"{key}.rest"]))
        shows, observed = steps(args, main, key)
    except Exception as error:  # whatever went wrong, it is not the divergence
        print(f"could not find out: {type(error).__name__}: {one_line(error)}", file=sys.stderr)
        return 2
    finally:
        if SESSIONS:
            clean_up(key)
    print(f"expected: {one_line(expected)}")
    print(f"observed: {one_line(observed)}")
    print("the divergence shows" if shows else "the divergence does not show")
    return 1 if shows else 0
