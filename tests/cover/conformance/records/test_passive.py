"""Recordings that the pages allow, and that a judge accuses who takes what is not recorded for what did not happen."""

import pytest
from recorded import DRAWN, Client, info, updates, watch
from typer.testing import CliRunner

from taskconform.conformance.cli.command import app
from taskconform.conformance.errors import HistoryError, Refused, TargetMisnamed
from taskconform.conformance.records.recordings.judging import Asked, judge_recording


def judged(tmp_path, content, **how):
    path = tmp_path / "recording"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return judge_recording(path, tmp_path, lambda *_: None, **how).report


def verdicts(report, verdict):
    return {clause.id for clause in report.clauses if clause.verdict == verdict}


def client():
    return Client().about().login()


def collector(one):
    return one.call(
        "CreatePropertyCollector",
        "PropertyCollector:propertyCollector",
        answer='<returnval type="PropertyCollector">pc1</returnval>',
    )


def filtered(one, obj, name="f1", **how):
    answer = f'<returnval type="PropertyFilter">{name}</returnval>'
    return one.call("CreateFilter", "PropertyCollector:pc1", watch(obj, **how), answer)


def waited(one, version, answer, method="WaitForUpdatesEx", **how):
    return one.call(method, "PropertyCollector:pc1", f"<version>{version}</version>", answer, **how)


def view_made_before():
    one = filtered(collector(client().create()), "ListView:lv1", traversed=True)
    return waited(one, "", updates("1", ("task-7", "queued")))


def view_made_by_another_method(method):
    one = client().create().call(method, "ViewManager", answer='<returnval type="ListView">lv1</returnval>')
    return waited(filtered(collector(one), "ListView:lv1", traversed=True), "", updates("1", ("task-7", "queued")))


def view_changed_by_another_method():
    one = client().create("task-7").create("task-8").read("task-7").read("task-8")
    made = '<returnval type="ListView">lv1</returnval>'
    one.call("CreateListView", "ViewManager", '<obj type="Task">task-7</obj>', made)
    one.call("ResetListViewFromView", "ListView:lv1", '<view type="ListView">lv9</view>')
    filtered(collector(one), "ListView:lv1", traversed=True)
    return waited(one, "", updates("1", ("task-8", "queued")))


def another_wait_gave_the_version(method):
    one = filtered(collector(client().create()), "Task:task-7")
    waited(one, "", updates("a1", ("task-7", "queued")), method)
    return waited(one, "a1", updates("a2", ("task-7", "running"), kind="modify"), "WaitForUpdatesEx")


def a_wait_is_missing():
    one = filtered(collector(client().create()), "Task:task-7")
    waited(one, "", updates("1", ("task-7", "queued")))
    return waited(one, "3", updates("4", ("task-7", "running"), kind="modify"))


def a_move_is_missing():
    one = client().create().read()
    return one.call("UpdateProgress", "Task:task-7", "<percentDone>10</percentDone>").read(state="running")


def an_end_is_missing():
    one = client().create(cancelable=True).read(cancelable=True)
    one.call("CancelTask", "Task:task-7").read(state="success", cancelable=True, result="by somebody")
    return one.move("success", fault="InvalidState")


def it_ended_with_another_result():
    return client().create().read().move("success", more='<result xsi:type="xsd:string">b</result>').read(
        state="success", result="a"
    )  # fmt: skip


def nil(name):
    one = client().create().read().move("running", more=f'<{name} xsi:nil="true"/>')
    return one.call("UpdateProgress", "Task:task-7", "<percentDone>10</percentDone>").read(state="running")


def a_state_that_cannot_be_read():
    one = client().create().read().call("SetTaskState", "Task:task-7", "<fault/>")
    return one.call("UpdateProgress", "Task:task-7", "<percentDone>10</percentDone>")


def masked(logins):
    one = Client().about()
    for _ in range(logins):
        one.login("REDACTED")
    one.call("Fetch", "TaskManager", "<prop>maxCollector</prop>", '<returnval xsi:type="xsd:int">2</returnval>')
    for number in range(5):
        made = f'<returnval type="TaskHistoryCollector">c{number}</returnval>'
        one.call("CreateCollectorForTasks", "TaskManager", "<filter/>", made)
    one.call("Logout", "SessionManager")
    return one.call("Fetch", "TaskManager", "<prop>recentTask</prop>", listed())


def listed(*keys):
    refs = "".join(f'<ManagedObjectReference type="Task">{key}</ManagedObjectReference>' for key in keys)
    return f'<returnval xsi:type="ArrayOfManagedObjectReference">{refs}</returnval>'


def description(one, label):
    entries = "".join(
        f'<{list_} xsi:type="ElementDescription"><label>{label}</label><summary>s</summary><key>{key}</key></{list_}>'
        for list_, keys in (
            ("methodInfo", ("Task.cancel",)),
            ("state", ("queued", "running", "success", "error")),
            ("reason", ("TaskReasonSchedule", "TaskReasonUser", "TaskReasonSystem", "TaskReasonAlarm")),
        )
        for key in keys
    )
    answer = f'<returnval xsi:type="TaskDescription">{entries}</returnval>'
    return one.call("Fetch", "TaskManager", "<prop>description</prop>", answer)


def locales(**second):
    one = description(Client().about().login("a" + DRAWN, told="en"), "Queued")
    return description(one.login("b" + DRAWN, **second), "In Warteschlange")


def locale_set():
    one = description(client(), "Queued").call("SetLocale", "SessionManager", "<locale>de</locale>")
    return description(one, "In Warteschlange")


def servers():
    one = Client(host="one.example").about().login().create().read().move("running").read(state="running")
    other = Client(host="two.example").about("15").login().create().read(state="success")
    one.shots = [shot for pair in zip(one.shots, other.shots, strict=False) for shot in pair] + one.shots[4:]
    return one


def servers_behind_one_name():
    one = Client().about().login().create().read(state="success", result="a")
    return one.about("15").login("b" + DRAWN).create().read(state="running")


def entity_destroyed():
    one = client().create().read().move("success").read(state="success")
    made = '<returnval type="TaskHistoryCollector">c1</returnval>'
    one.call("CreateCollectorForTasks", "TaskManager", "<filter/>", made)
    page = "ReadNextTasks", "TaskHistoryCollector:c1", "<maxCount>9</maxCount>"
    one.call(*page, info("task-7", "success")).call("RewindCollector", "TaskHistoryCollector:c1")
    return one.call(*page, info("task-7", "success", entity=""))


def filter_by_a_base_type(kind):
    one = client()
    by = f'<filter><entity><entity type="{kind}">vm-1</entity><recursion>self</recursion></entity></filter>'
    made = '<returnval type="TaskHistoryCollector">c1</returnval>'
    one.call("CreateCollectorForTasks", "TaskManager", by, made)
    return one.call("ReadNextTasks", "TaskHistoryCollector:c1", "<maxCount>9</maxCount>", info("task-7", "success"))


def recent_filter_destroyed(how):
    one = client()
    spec = (
        "<spec><propSet><type>TaskManager</type><pathSet>recentTask</pathSet></propSet><objectSet>"
        '<obj type="TaskManager">TaskManager</obj></objectSet></spec><partialUpdates>false</partialUpdates>'
    )
    place = "PropertyCollector:propertyCollector"
    one.call("CreateFilter", place, spec, '<returnval type="PropertyFilter">f1</returnval>').create().read()
    if how:
        one.call(how, "PropertyFilter:f1")
    one.call("WaitForUpdatesEx", place, "<version></version>", "<returnval><version>1</version></returnval>")
    return one.call("Fetch", "TaskManager", "<prop>recentTask</prop>", listed("task-7"))


def overlapping():
    one = client().create().read(took=1.5).move("running").read(state="queued")
    one.shots[-2].ended += 3
    one.shots[-1].ended += 1
    return one


def threads():
    one = client().create().read()
    one.move("running", took=0.5)
    one.now -= 1.2
    one.read(took=5)  # began before, and says so: queued
    one.move("success").read(state="success")
    one.now -= 3
    return one.read(state="running", took=9)


def kept_twice():
    made = '<returnval type="ListView">lv1</returnval>'
    one = client().create().read().move("success").read(state="success").call("CreateListView", "ViewManager", "", made)
    one.call("DestroyView", "ListView:lv1")
    one.shots += one.shots[2:]
    return one


def reads_together():
    one = client().create().read(state="success", took=5)
    one.now -= 0.5
    return one.read(state="running")  # asked for later, and answered before


ALLOWED = {
    "reads together": reads_together,
    "kept twice": kept_twice,
    "view made before": view_made_before,
    "CreateListViewFromView": lambda: view_made_by_another_method("CreateListViewFromView"),
    "CreateContainerView": lambda: view_made_by_another_method("CreateContainerView"),
    "ResetListViewFromView": view_changed_by_another_method,
    "WaitForUpdates": lambda: another_wait_gave_the_version("WaitForUpdates"),
    "CheckForUpdates": lambda: another_wait_gave_the_version("CheckForUpdates"),
    "a wait is missing": a_wait_is_missing,
    "a move is missing": a_move_is_missing,
    "an end is missing": an_end_is_missing,
    "another result": it_ended_with_another_result,
    "nil fault": lambda: nil("fault"),
    "nil result": lambda: nil("result"),
    "unreadable state": a_state_that_cannot_be_read,
    "one masked login": lambda: masked(1),
    "masked logins": lambda: masked(3),
    "locale in the answer": lambda: locales(told="de"),
    "locale in the request": lambda: locales(locale="de"),
    "SetLocale": locale_set,
    "two servers": servers,
    "two servers behind one name": servers_behind_one_name,
    "entity destroyed": entity_destroyed,
    "ManagedEntity": lambda: filter_by_a_base_type("ManagedEntity"),
    "another type of the same value": lambda: filter_by_a_base_type("ExtensibleManagedObject"),
    "filter on recentTask destroyed": lambda: recent_filter_destroyed("DestroyPropertyFilter"),
    "filter on recentTask gone": lambda: recent_filter_destroyed(""),
    "overlapping": overlapping,
    "threads": threads,
}


@pytest.mark.parametrize("form", ["har", "vcr"])
@pytest.mark.parametrize("case", ALLOWED)
def test_what_the_pages_allow_is_not_accused(tmp_path, case, form):
    assert not verdicts(judged(tmp_path, getattr(ALLOWED[case](), form)()), "failed")


@pytest.mark.parametrize(
    "case", sorted(ALLOWED.keys() - {"two servers behind one name"})
)  # that takes both their names
def test_nor_is_any_part_of_it(tmp_path, case):
    every = ALLOWED[case]().shots
    for dropped in range(len(every)):
        one = Client(shots=[*every[:dropped], *every[dropped + 1 :]])
        assert not verdicts(judged(tmp_path, one.har()), "failed"), dropped


def test_gaps_are_told_where_one_could_explain_it(tmp_path):
    report = judged(tmp_path, a_move_is_missing().har())
    (found,) = (clause for clause in report.clauses if clause.verdict == "undecided")
    assert (report.run.exit_code, found.id) == (0, "life.progress-state")
    assert "no call is missing from the recording" in found.reason


def test_a_recording_that_is_said_to_be_whole_is_judged_as_a_run_is(tmp_path):
    whole = judged(tmp_path, a_move_is_missing().har(), asked=Asked(whole=True))
    assert verdicts(whole, "failed") == {"life.progress-state"}
    path = tmp_path / "recording"
    assert CliRunner().invoke(app, ["judge", str(path)]).exit_code == 0
    assert CliRunner().invoke(app, ["judge", str(path), "--whole"]).exit_code == 1


WRONG = {
    "an end that changes": (
        lambda: client().create().read().move("success").read(state="success").read(state="error"),
        "life.no-return",
        {"har", "vcr"},
    ),
    "another result of the same end": (
        lambda: client().create().read(state="success", result="a").read(state="success", result="b"),
        "life.no-return",
        {"har", "vcr"},
    ),
    "a completed task is moved": (
        lambda: client().create().read(state="success").move("running"),
        "life.final",
        {"har"},
    ),
    "an accepted end that does not show": (
        lambda: client().create().read().move("success").read(state="running"),
        "life.set-state",
        {"har"},
    ),
    "a cancel that must be refused": (
        lambda: client().create().read().call("CancelTask", "Task:task-7"),
        "life.cancel-unsupported",
        {"har", "vcr"},
    ),
    "an update of what is not watched": (
        lambda: waited(
            filtered(collector(client().create("task-7").create("task-8").read("task-8")), "Task:task-7"),
            "",
            updates("1", ("task-8", "queued")),
        ),
        "watch.truth",
        {"har"},
    ),
    "a destroyed view is used": (
        lambda: (
            client()
            .call("CreateListView", "ViewManager", "", '<returnval type="ListView">lv1</returnval>')
            .call("DestroyView", "ListView:lv1")
            .call("ResetListView", "ListView:lv1")
        ),
        "watch.destroyed",
        {"har"},
    ),
}


@pytest.mark.parametrize("form", ["har", "vcr"])
@pytest.mark.parametrize("case", WRONG)
def test_what_no_gap_explains_is_accused(tmp_path, case, form):
    made, clause, forms = WRONG[case]
    report = judged(tmp_path, getattr(made(), form)())
    if form in forms:
        assert verdicts(report, "failed") == {clause}
    else:
        assert (verdicts(report, "failed"), verdicts(report, "undecided")) == (set(), {clause})


def test_a_report_can_be_written_of_what_diverges(tmp_path):
    path = tmp_path / "recording.har"
    path.write_text(WRONG["an end that changes"][0]().har())
    result = CliRunner().invoke(app, ["judge", str(path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1, result.output
    assert (tmp_path / "out" / "report.html").exists()


def test_a_recording_is_a_target_of_a_run(tmp_path):
    path, out = tmp_path / "recording.har", tmp_path / "out"
    path.write_text(WRONG["an end that changes"][0]().har())
    run = ["run", f"recording:{path}", "--out", str(out)]
    assert CliRunner().invoke(app, run).exit_code == 1
    matrix = CliRunner().invoke(app, ["matrix", str(out), str(out), "--out", str(tmp_path / "matrix.html")])
    assert matrix.exit_code == 0, matrix.output
    assert "recording.har" in (tmp_path / "matrix.html").read_text()
    assert CliRunner().invoke(app, [*run, "--clauses", "life.final"]).exit_code == 2
    assert isinstance(CliRunner().invoke(app, [*run, "--wait", "--profile", "standard"]).exception, Refused)
    assert isinstance(CliRunner().invoke(app, ["doctor", f"recording:{path}"]).exception, TargetMisnamed)
    path.write_text(a_move_is_missing().har())
    assert CliRunner().invoke(app, run).exit_code == 0
    assert CliRunner().invoke(app, [*run, "--set", "whole=yes"]).exit_code == 1


def test_a_recording_is_held_against_a_baseline_of_another(tmp_path):
    """The baseline names the product, not the file. What is known is no change, anything else is."""
    first, next_one, baseline = tmp_path / "a.har", tmp_path / "b.har", tmp_path / "baseline.toml"
    first.write_text(WRONG["an end that changes"][0]().har())
    next_one.write_text(first.read_text())
    run = CliRunner().invoke(app, ["run", f"recording:{first}", "--out", str(tmp_path / "out")])
    assert run.exit_code == 1, run.output
    made = CliRunner().invoke(app, ["baseline", str(tmp_path / "out"), "-o", str(baseline)])
    assert made.exit_code == 0, made.output
    for words in (("run", f"recording:{next_one}", "--out", str(tmp_path / "again")), ("judge", str(next_one))):
        done = CliRunner().invoke(app, [*words, "--baseline", str(baseline)])
        assert (done.exit_code, "Nothing has changed" in done.output) == (0, True), done.output
    next_one.write_text(WRONG["a completed task is moved"][0]().har())
    done = CliRunner().invoke(app, ["judge", str(next_one), "--baseline", str(baseline)])
    assert (done.exit_code, "new: " in done.output) == (1, True), done.output


def test_a_damaged_entry_is_left_out_and_told(tmp_path):
    one = WRONG["an end that changes"][0]()
    content = one.har().replace('"status": 200', '"status": "?"', 1)
    report = judged(tmp_path, content)
    assert verdicts(report, "failed") == {"life.no-return"}
    assert "entries that are not readable: 1" in report.target.identity["left aside"]


def test_a_server_is_judged_by_itself(tmp_path):
    one, other = Client(host="one.example"), Client(host="two.example")
    for each in (one, other):
        each.about().login().create().read(state="success", result=each.host)
    one.shots += other.shots
    report = judged(tmp_path, one.har())
    assert not verdicts(report, "failed")
    assert report.target.identity["servers"] == "2"
    one.shots += WRONG["an end that changes"][0]().shots
    assert verdicts(judged(tmp_path, one.har()), "failed") == {"life.no-return"}


@pytest.mark.parametrize("content", ['{"state": []}', '{"state": [{"key": "open"}]}', '{"State": {"a": 1}}'])
def test_a_state_alone_is_no_description(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(HistoryError, match="no recording"):
        judge_recording(path, tmp_path, lambda *_: None)


# --- what others' tasks, and clients of others, tell ------------------------------------------------------------------


def retrieved(one, specs, contents, more=""):
    objects = "".join(
        f'<objects><obj type="{kind}">{value}</obj><propSet><name>{path}</name>{val}</propSet></objects>'
        for kind, value, path, val in contents
    )
    return one.call(
        "RetrievePropertiesEx",
        "PropertyCollector:propertyCollector",
        f"<specSet>{specs}</specSet><options/>",
        f"<returnval>{more}{objects}</returnval>",
    )


FROM_RECENT = (
    '<propSet><type>Task</type><pathSet>info</pathSet></propSet><objectSet><obj type="TaskManager">TaskManager</obj>'
    '<selectSet xsi:type="TraversalSpec"><type>TaskManager</type><path>recentTask</path></selectSet></objectSet>'
)
ALL = '<propSet><type>Task</type><all>true</all></propSet><objectSet><obj type="Task">task-7</obj></objectSet>'


def traversal(state):
    return retrieved(client(), FROM_RECENT, [("Task", "task-7", "info", info("task-7", state, tag="val"))])


def all_of_it(state):
    return retrieved(client(), ALL, [("Task", "task-7", "info", info("task-7", state, tag="val"))])


def rest_of_it(state):
    one = retrieved(
        client(), FROM_RECENT, [("Task", "task-6", "info", info("task-6", "success", tag="val"))], "<token>t1</token>"
    )
    value = f"<propSet><name>info</name>{info('task-7', state, tag='val')}</propSet>"
    rest = f'<objects><obj type="Task">task-7</obj>{value}</objects>'
    place = "PropertyCollector:propertyCollector"
    return one.call("ContinueRetrievePropertiesEx", place, "<token>t1</token>", f"<returnval>{rest}</returnval>")


def told_by_a_wait(state):
    change = f"<changeSet><name>info</name><op>assign</op>{info('task-7', state, tag='val')}</changeSet>"
    told = (
        '<returnval><version>1</version><filterSet><filter type="PropertyFilter">f</filter><objectSet>'
        f'<kind>enter</kind><obj type="Task">task-7</obj>{change}</objectSet></filterSet></returnval>'
    )
    return client().call("WaitForUpdatesEx", "PropertyCollector:propertyCollector", "<version></version>", told)


WAYS = {"recentTask": traversal, "all": all_of_it, "token": rest_of_it, "wait": told_by_a_wait}


@pytest.mark.parametrize("way", WAYS)
def test_an_end_that_somebody_elses_client_was_told_stays(tmp_path, way):
    report = judged(tmp_path, WAYS[way]("success").read(state="success").har())
    assert not verdicts(report, "failed")
    assert "life.no-return" in verdicts(report, "passed")
    assert verdicts(judged(tmp_path, WAYS[way]("success").read(state="error").har()), "failed") == {"life.no-return"}


def test_a_task_of_another_time_is_another_task(tmp_path):
    again = client().create().read(state="success", result="a").create().read(state="success", result="b")
    for one in again.shots[-2:]:
        one.answer = one.answer.replace("2023-11-14", "2024-02-01")
    assert not verdicts(judged(tmp_path, again.har()), "failed")


def test_task_events_are_read_however_they_were_asked_for(tmp_path):
    event = info("task-7", "running", tag="info")
    told = (
        '<returnval xsi:type="TaskEvent"><key>1</key><chainId>1</chainId>'
        f"<createdTime>2023-11-14T22:13:00Z</createdTime><userName>root</userName>{event}</returnval>"
    )
    one = client().call("ReadNextEvents", "EventHistoryCollector:e1", "<maxCount>9</maxCount>", told)
    assert verdicts(judged(tmp_path, one.har()), "failed") == {"info.event-chain"}


@pytest.mark.parametrize(
    ("changed", "clause"),
    [
        (("<state>success", "<state>running"), "info.complete-time"),
        (("<eventChainId>", '<result xsi:type="xsd:string">a</result><eventChainId>'), "info.result-state"),
    ],
)
def test_somebody_elses_task_keeps_to_the_page(tmp_path, changed, clause):
    one = client().read(state="success" if "success" in changed[0] else "queued")
    one.shots[-1].answer = one.shots[-1].answer.replace(*changed)
    assert verdicts(judged(tmp_path, one.har()), "failed") == {clause}
