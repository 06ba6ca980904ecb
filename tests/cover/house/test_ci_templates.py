"""The GitHub Action and the GitLab template: their steps are run here as the CI systems run them.

`taskconform` on the path is the command line with a quick profile of a few hundred calls (`gate_targets`).
"""

from __future__ import annotations

import http.server
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import yaml
from here import ROOT, TESTS

from taskconform.conformance.targets.vcsim import find_binary

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
TEMPLATE = GITLAB[".taskconform"]
WORKFLOW = yaml.safe_load((ROOT / "ci" / "github-shards.yml").read_text(encoding="utf-8"))
CLAUSES = "life.cancel-unsupported,create.root,life.final"
KNOWN = "faults=cancel-of-queued-wrong-fault"
DRILLED = "gate_targets:open_target"
WAIVER = f"""
[[waiver]]
clause = "life.cancel-unsupported"
signature = "life.cancel-unsupported:CancelTask.refusal:InvalidState"
target = {{ name = "drilled", version = "8.0.3" }}
reason = "known"
owner = "ana"
expires = {datetime.now(UTC).date() + timedelta(days=30)}
"""


@pytest.fixture
def here(tmp_path):
    """A folder to work in, with a `taskconform` in `bin`."""
    program = tmp_path / "bin" / "taskconform"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gate_targets "$@"\n')
    program.chmod(0o755)
    (tmp_path / "waivers.toml").write_text(WAIVER)
    return tmp_path


def environment(here, **more):
    path = f"{here / 'bin'}:{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(TESTS / "support"),
        "COLUMNS": "100",
        "TASKCONFORM_PASSWORD": "any",
        **more,
    }


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answers(port):
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def ends(port):
    """Whether what listened there stops soon: it was asked to, and may take a moment."""
    deadline = time.monotonic() + 10
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not answers(port)


# --- GitHub -----------------------------------------------------------------------------------------------------------


class Job:
    """A job with the action as its step, as a runner carries it out."""

    def __init__(self, here, *, action_path=ROOT, **inputs):
        unknown = {name for name in inputs if name not in ACTION["inputs"]}
        assert not unknown
        self.here, self.outputs, self.code, self.ran, self.said = here, {}, 0, [], ""
        self.inputs = {name: one["default"] for name, one in ACTION["inputs"].items()} | inputs
        self.temp = here / "runner"
        self.temp.mkdir()
        names = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH")
        self.files = {name: self.temp / name.lower() for name in names}
        for file in self.files.values():
            file.touch()
        self.fixed = {name: str(file) for name, file in self.files.items()} | {
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(action_path),
        }
        for step in ACTION["runs"]["steps"]:
            self.step(step)

    def value(self, name):
        if name.startswith("inputs."):
            return self.inputs[name.removeprefix("inputs.")]
        if name.startswith("steps.run.outputs."):
            return self.outputs.get(name.removeprefix("steps.run.outputs."), "")
        raise KeyError(name)

    def is_wanted(self, step):
        """Evaluate `if`, in as much of its language as the action uses."""
        condition = step.get("if", "true")
        if self.code and "always()" not in condition:
            return False
        text = condition.replace("always()", "True").replace("||", " or ").replace("&&", " and ")
        text = re.sub(r"\b(?:inputs|steps)\.[\w.-]+", lambda name: repr(self.value(name[0])), text)
        return bool(eval(text.replace("true", "True") if text == "true" else text, {}))  # noqa: S307  # our own file

    def step(self, step):
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "what is given must not get into a script as text"
        if not self.is_wanted(step):
            return
        given = {
            name: re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: self.value(found[1]), str(value))
            for name, value in step.get("env", {}).items()
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.here,
            env=environment(self.here, **self.fixed, **given),
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
        self.ran.append(step["name"])
        self.said += done.stdout + done.stderr
        self.code = self.code or done.returncode
        for line in self.files["GITHUB_OUTPUT"].read_text().splitlines():
            name, _, value = line.partition("=")
            self.outputs[name] = value

    @property
    def summary(self):
        return self.files["GITHUB_STEP_SUMMARY"].read_text()


def test_the_action_is_green_with_waivers_and_appends_the_summary(here):
    job = Job(here, target=DRILLED, options=f"{KNOWN}\n", waivers="waivers.toml", clauses=CLAUSES, install="false")
    assert job.code == 0, job.said
    assert job.ran == ["Run", "Summary"]
    assert job.outputs == {"exit-code": "0"}
    assert job.summary.startswith("## The target conforms: 2 clauses passed (1 failure waived)")
    assert (here / "taskconform-out" / "junit.xml").exists()
    assert ACTION["outputs"]["exit-code"]["value"] == "${{ steps.run.outputs.exit-code }}"
    shutil.copy(here / "taskconform-out" / "report.json", here / "before.json")
    shutil.rmtree(here / "runner")
    added = f"{KNOWN}+root-is-the-grandparent"
    job = Job(
        here,
        target=DRILLED,
        options=added,
        waivers="waivers.toml",
        clauses=CLAUSES,
        install="false",
        baseline="before.json",
        workers="1",
        strict="true",
    )
    assert (job.code, job.outputs) == (1, {"exit-code": "1"})
    assert job.ran == ["Run", "Summary"]
    assert "The target diverges from 1 clause" in job.summary
    assert "## 1 new divergence." in job.summary


def test_the_workflow_explores_in_shards_and_merges_them(here):
    """As the matrix of ci/github-shards.yml has it, each job with its own runner."""
    jobs = WORKFLOW["jobs"]
    shards = jobs["shard"]["strategy"]["matrix"]["shard"]
    explores = next(step["with"] for step in jobs["shard"]["steps"] if "target" in step.get("with", {}))
    merges = next(step["with"] for step in jobs["report"]["steps"] if "merge" in step.get("with", {}))
    names = [f"taskconform-shard-{shard}" for shard in shards]
    assert merges["merge"].split() == names
    assert explores["shard"].endswith(f"/{len(shards)}")
    for number, name in enumerate(names[:2], 1):
        given = {"shard": f"{number}/2", "out": name}
        assert set(given) < set(explores)
        job = Job(here, target=DRILLED, options=KNOWN, install="false", workers="1", clauses=CLAUSES, **given)
        assert (job.code, job.ran) == (0, ["Run", "Summary"]), job.said
        assert job.summary == f"shard {number}/2 was performed; the job that merges the shards judges them\n"
        shutil.rmtree(here / "runner")
    job = Job(here, merge="\n".join([*names[:2], ""]), install="false")
    assert job.code == 1, job.said
    assert "The target diverges from 1 clause" in job.summary


def test_the_action_starts_a_binary_waits_for_it_and_ends_it(here, monkeypatch):
    monkeypatch.setenv("GATE_CALLS", "60")
    port = free_port()
    command = f"sleep 1; '{find_binary(None)}' -l 127.0.0.1:{port} -tls=false"
    job = Job(
        here,
        target=f"http://user@127.0.0.1:{port}/sdk",
        command=command,
        options="settling=0.03\ni-own-this-server=yes",
        clauses="create.returns",
        install="false",
        workers="1",
    )
    assert job.code == 0, job.said
    assert job.ran == ["Start the simulator", "Run", "Summary", "Stop the simulator"]
    assert "1 clause passed" in job.summary
    assert ends(port)


def test_the_action_says_so_if_nobody_answers(here):
    job = Job(
        here,
        target=f"https://user@127.0.0.1:{free_port()}/sdk",
        command="echo will not start >&2; exit 7",
        wait="1",
        install="false",
    )
    assert job.code == 4
    assert job.ran == ["Start the simulator", "Stop the simulator"]
    assert "::error::nobody answers at 127.0.0.1" in job.said
    assert "will not start" in job.said


def test_the_action_starts_an_image_and_removes_it(here):
    """With a docker that writes down what it is asked for; nobody speaks the API at the port, so the run breaks off."""
    docker = here / "bin" / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> "{here}/docker.log"\n')
    docker.chmod(0o755)
    with listening(lambda *_: None) as port:
        job = Job(
            here,
            target=f"http://user@127.0.0.1:{port}/sdk",
            image="example/simulator:1; touch no",
            ports=f"{port}:{port}",
            install="false",
            workers="1",
        )
    assert job.code == 4, job.said
    assert job.summary == "taskconform judged nothing: exit code 4\n"
    assert (here / "docker.log").read_text().splitlines() == [
        f"run --detach --name taskconform-simulator --publish {port}:{port} example/simulator:1; touch no",
        "rm --force taskconform-simulator",
    ]
    assert not (here / "no").exists()


def test_the_action_installs_what_it_needs_from_its_own_folder(here):
    """For real, from a copy of the tree; the program that is then on the path answers."""
    tree = copied(here / "tree")
    step = ACTION["runs"]["steps"][0]
    (here / "path").touch()
    more = {"RUNNER_TEMP": str(here), "GITHUB_ACTION_PATH": str(tree), "GITHUB_PATH": str(here / "path")}
    subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=here, env=environment(here, **more), check=True)
    program = Path((here / "path").read_text().strip()) / "taskconform"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([program, "clauses", "life.final"], env=clean, capture_output=True, text=True, check=True)
    assert "life.final" in done.stdout


def copied(tree):
    """The tree, as far as it is installed."""
    for name in ("model", "strategies", "conformance", "reports", "requirements"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    return tree


# --- GitLab -----------------------------------------------------------------------------------------------------------


@contextmanager
def listening(heard):
    """A server on a port of its own that answers each POST with success, and tells `heard` of it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard(self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def gitlab(here, script=None, **variables):
    """A job that extends the template: `before_script` and `script` in one shell, then `after_script` in another."""
    assert set(variables) <= {*TEMPLATE["variables"], "TASKCONFORM_TOKEN"} | {
        "CI_API_V4_URL",
        "CI_PROJECT_ID",
        "CI_MERGE_REQUEST_IID",
        "CI_NODE_INDEX",
        "CI_NODE_TOTAL",
    }
    env = environment(here, **{**TEMPLATE["variables"], "TASKCONFORM_PACKAGE": "", **variables})
    codes, said = [], ""
    for scripts in ([*TEMPLATE["before_script"], *(script or TEMPLATE["script"])], TEMPLATE["after_script"]):
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(scripts)],
            cwd=here,
            env=env,
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
        codes.append(done.returncode)
        said += done.stdout + done.stderr
    return codes, said


def test_the_template_runs_with_waivers_and_posts_the_summary(here):
    heard, token = [], "glpat-1"
    with listening(lambda *what: heard.append(what)) as port:
        codes, said = gitlab(
            here,
            TASKCONFORM_TARGET=DRILLED,
            TASKCONFORM_OPTIONS=f"{KNOWN}+root-is-the-grandparent",
            TASKCONFORM_WAIVERS="waivers.toml",
            TASKCONFORM_CLAUSES=CLAUSES,
            TASKCONFORM_TOKEN=token,
            CI_API_V4_URL=f"http://127.0.0.1:{port}/api/v4",
            CI_PROJECT_ID="7",
            CI_MERGE_REQUEST_IID="3",
        )
    assert codes == [1, 0], said
    assert re.search(r"^FAILED .*: create\.root \(must\)$", said, re.MULTILINE)
    assert token not in said
    (where, headers, body) = heard[0]
    assert where == "/api/v4/projects/7/merge_requests/3/notes"
    assert headers["PRIVATE-TOKEN"] == token
    (text,) = parse_qs(body.decode())["body"]
    assert text == (here / "taskconform-out" / "summary.md").read_text()
    assert (here / TEMPLATE["artifacts"]["reports"]["junit"]).exists()
    assert TEMPLATE["artifacts"]["paths"] == ["taskconform-out/", "taskconform-shards/"]


def test_the_template_explores_in_parallel_and_another_job_merges(here):
    what = {"TASKCONFORM_TARGET": DRILLED, "TASKCONFORM_OPTIONS": KNOWN, "TASKCONFORM_CLAUSES": CLAUSES}
    for number in ("1", "2"):
        codes, said = gitlab(here, **what, CI_NODE_INDEX=number, CI_NODE_TOTAL="2")
        assert codes == [0, 0], said
        assert (here / "taskconform-shards" / number / "history" / "run.json").exists()
    merging = GITLAB[".taskconform-merge"]
    assert merging["extends"] == ".taskconform"
    codes, said = gitlab(here, merging["script"], **merging["variables"])
    assert codes == [1, 0], said
    assert re.search(r"^FAILED .*: life\.cancel-unsupported \(must\)$", said, re.MULTILINE)
    assert (here / TEMPLATE["artifacts"]["reports"]["junit"]).exists()


def test_the_template_starts_a_binary_waits_for_it_and_ends_it(here):
    port = free_port()
    codes, said = gitlab(
        here,
        TASKCONFORM_TARGET=f"http://user@127.0.0.1:{port}/sdk",
        TASKCONFORM_COMMAND=f"sleep 1; exec '{sys.executable}' -m http.server --bind 127.0.0.1 {port}",
    )
    assert codes == [4, 0], said
    assert "nobody answers" not in said
    assert ends(port)
    codes, said = gitlab(here, TASKCONFORM_TARGET=f"https://user@127.0.0.1:{port}", TASKCONFORM_WAIT="1")
    assert codes == [4, 0]
    assert "nobody answers at 127.0.0.1" in said


def test_the_template_installs_the_package(here):
    """From a wheel of that name, which has a program of that name: it is the one that is found then."""
    wheel = here / "taskconform-0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        info = "taskconform-0.dist-info"
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: taskconform\nVersion: 0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/entry_points.txt", "[console_scripts]\ntaskconform = platform:platform\n")
        file.writestr(f"{info}/RECORD", "")
    env = environment(here, TASKCONFORM_PACKAGE=str(wheel))
    command = ["bash", "-eo", "pipefail", "-c", f"{TEMPLATE['before_script'][0]}\ncommand -v taskconform"]
    done = subprocess.run(command, cwd=here, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(here / ".taskconform" / "bin" / "taskconform"), done.stderr


# --- releases ---------------------------------------------------------------------------------------------------------


def step_of_release(job, name):
    release = yaml.safe_load((ROOT / "ci" / "release.yml").read_text(encoding="utf-8"))
    return next(step for step in release["jobs"][job]["steps"] if step.get("name") == name)


@pytest.mark.parametrize(
    ("tag", "log", "frozen", "code"),
    [
        ("v1.2.0", "## 1.2.0\n", "1.2.0", 0),
        ("v1.2.0", "## 1.2.0\n", "1.1.0", 1),
        ("v1.2.1", "## 1.2.0\n", "1.2.0", 1),
        ("1.2.0", "## 1.2.0\n", "1.2.0", 1),
        ("v1.2.0", "## 1.2.0, unreleased\n", "1.2.0", 1),
    ],
)
def test_a_release_wants_the_tag_of_its_version_a_change_log_and_a_requirement_set(here, tag, log, frozen, code):
    for name in ("ci", "model/clauses"):
        shutil.copytree(ROOT / name, here / name)
    subprocess.run([sys.executable, "ci/freeze.py", frozen], cwd=here, check=True)
    (here / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (here / "CHANGELOG.md").write_text(f"# Changes\n\n{log}")
    (here / "bin" / "python").symlink_to(sys.executable)
    step = step_of_release("build", "The tag is the version")
    command = ["bash", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(
        command, cwd=here, env=environment(here, TAG=tag), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr


def test_a_release_knows_where_its_repository_is(here):
    """The build's step, with a `python` and a `git` that do no more than they are asked for."""
    tree = copied(here / "tree")
    (tree / "ci").mkdir()
    shutil.copy(ROOT / "ci" / "address.py", tree / "ci")
    url = "https://host.example/owner/name"
    command = [sys.executable, "ci/address.py", url, "v1.2.3"]
    assert command[1:] == ["ci/address.py", url, "v1.2.3"]
    assert 'python ci/address.py "$REPOSITORY" "$TAG"' in step_of_release("build", "Build")["run"]
    subprocess.run(command, cwd=tree, check=True)
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Repository"] == url
    assert all(place.startswith(url) for place in project["urls"].values())
    readme = (tree / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", readme)
    assert len(links) > 20
    for link in links:
        assert link.startswith((f"{url}/blob/v1.2.3/", "https://", "#")), link
        if link.startswith(url):
            path = link.removeprefix(f"{url}/blob/v1.2.3/").partition("#")[0]
            assert (ROOT / path).exists(), path
    again = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (3, "pyproject.toml has addresses already\n")
    wrong = subprocess.run([*command[:2], "nowhere", "v1"], cwd=tree, capture_output=True, text=True, check=False)
    assert wrong.returncode == 3


def test_a_release_is_made_with_what_is_locked():
    release = (ROOT / "ci" / "release.yml").read_text(encoding="utf-8")
    asked = re.findall(r"pip install (.*)", release)
    assert asked
    assert all(re.search(r"-r requirements/\w+\.txt|--no-deps dist/", one) for one in asked)


def test_the_changes_are_put_together(here):
    """By towncrier, as it is configured, from the fragments that there are."""
    shutil.copytree(ROOT / "changes", here / "changes")
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, here)
    fragments = list((here / "changes").glob("*.change.md"))
    (here / "changes" / "+new.change.md").write_text("What is new,\nin two lines.\n", encoding="utf-8")
    command = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", "9.8.7"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    log = (here / "CHANGELOG.md").read_text(encoding="utf-8")
    section = log.partition("\n## 9.8.7\n")[2].partition("\n## ")[0]
    assert section.count("\n- ") == len(fragments) + 1
    assert "\n- What is new,\n  in two lines.\n" in f"{section}\n"  # in any order: the last one ends the section


def test_the_wheel_of_a_release_is_run_by_itself_on_every_python_that_is_claimed():
    release = yaml.safe_load((ROOT / "ci" / "release.yml").read_text(encoding="utf-8"))
    claimed = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert release["jobs"]["check"]["strategy"]["matrix"]["python"] == claimed
    assert release["jobs"]["publish"]["needs"] == "check"


def test_the_image_copies_what_the_wheel_is_made_of():
    """There is no container engine to build it with here: what it copies is there, and all that the wheel needs."""
    lines = (ROOT / "ci" / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    assert {
        "model",
        "strategies",
        "conformance",
        "reports",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    } < set(copied)
