"""The recorder in front of a server, with a browser as its client: one session, whose cookie the browser keeps."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import sync_playwright
from recorders import recorded
from served import ENVELOPE, serving

from taskconform.conformance.records.recordings import files
from taskconform.conformance.records.recordings.judging import judge_recording, transcripts_of

PASSWORD = "Tr0ub4dor-and-3"
ASK = """async ([body]) => {
  const answer = await fetch("/sdk", {method: "POST", body, credentials: "include",
    headers: {"Content-Type": "text/xml", "SOAPAction": "urn:vim25/8.0.3.0"}});
  return [answer.status, await answer.text()];
}"""
CONTENT = (
    '<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this>'
    "</RetrieveServiceContent>"
)
LOGIN = (
    '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><userName>primary</userName>'
    f"<password>{PASSWORD}</password></Login>"
)
POWER = '<PowerOffVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">{}</_this></PowerOffVM_Task>'
FETCH = '<Fetch xmlns="urn:vim25"><_this type="{}">{}</_this><prop>{}</prop></Fetch>'
VIEW = (
    '<CreateContainerView xmlns="urn:vim25"><_this type="ViewManager">ViewManager</_this><container type="Folder">{}'
    "</container><type>VirtualMachine</type><recursive>true</recursive></CreateContainerView>"
)
LOGOUT = '<Logout xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this></Logout>'


class Browser:
    """A page of the recorder's own origin, which asks for what the vSphere Client would ask for."""

    def __init__(self, page, url):
        self.page = page
        page.goto(f"{url.rpartition('/')[0]}/sdk/vimServiceVersions.xml")

    def ask(self, body):
        status, text = self.page.evaluate(ASK, [ENVELOPE.format(body)])
        assert status == 200, text
        return text

    def found(self, pattern, body):
        return re.search(pattern, self.ask(body))[1]


@pytest.fixture(scope="module")
def chromium():
    """Debian's chromium, or another one that is installed."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path is not None, "no chromium: the recorder cannot be tested with a browser (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def test_a_session_of_a_browser_is_recorded_and_judged(chromium, tmp_path):
    path = tmp_path / "session.tcr"
    passwords = dict.fromkeys(("primary", "second", "restricted", "delegate", "outsider"), PASSWORD)
    with (
        serving(tls=True, operation_time=0, passwords=passwords) as server,
        recorded(server.url, path, tls=True, insecure=True) as (running, tape),
    ):
        context = chromium.new_context(ignore_https_errors=True)  # its authority was made a moment ago
        browser = Browser(context.new_page(), running.url)
        root = browser.found(r'rootFolder[^>]*type="Folder"[^>]*>([^<]+)', CONTENT)
        browser.ask(LOGIN)
        (cookie,) = [one for one in context.cookies() if one["name"] == "vmware_soap_session"]
        view = browser.found(r'type="ContainerView"[^>]*>([^<]+)', VIEW.format(root))
        machine = browser.found(r'type="VirtualMachine"[^>]*>([^<]+)', FETCH.format("ContainerView", view, "view"))
        task = browser.found(r'type="Task"[^>]*>([^<]+)', POWER.format(machine))
        for _ in range(3):
            assert task in browser.ask(FETCH.format("Task", task, "info"))
        assert task in browser.ask(FETCH.format("TaskManager", "TaskManager", "recentTask"))
        browser.ask(LOGOUT)
        context.close()
        assert tape.calls == 10
    text = path.read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert cookie["value"].strip('"') not in text
    recording = files.read(path)
    (transcript,) = transcripts_of(recording)
    assert len({call.session for call, _ in transcript.made}) == 1
    report = judge_recording(path, tmp_path, lambda *_: None).report
    assert report.totals.failed == 0
    assert sum(clause.live > 0 for clause in report.clauses) >= 2
