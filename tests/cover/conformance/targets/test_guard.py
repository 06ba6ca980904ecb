"""The guard before adapters of others: whose fault it is, and in which words."""

from __future__ import annotations

import pickle
import time

import pytest

from taskconform.conformance.errors import MISUSED, AdapterFailed, TargetUnreachable
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.guard import Guarded, guarded, wrongs_of
from taskconform.conformance.targets.shapes import SHAPES, misfit
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Interval, Lost, Property, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

LOGIN = c.Login(session="main", account="primary")


class Adapter(BuiltinTarget):
    """The built-in target, but for what `does` makes of an outcome."""

    def __init__(self, does=lambda outcome: outcome, **declared):
        super().__init__({})
        self.does = does
        self._declaration = evolve(self._declaration, **declared)

    def perform(self, call):
        return self.does(super().perform(call))


def raising(problem):
    def does(_outcome):
        raise problem

    return does


@pytest.mark.parametrize(
    ("does", "says"),
    [
        (raising(KeyError("state")), "perform(Login) raised KeyError: 'state'"),
        (raising(SystemExit(0)), "perform(Login) raised SystemExit"),
        (lambda _: None, "perform(Login) returned None, which is none of Returned, Faulted, Lost"),
        (lambda one: evolve(one, at=None), "`at` is None"),
        (lambda one: evolve(one, at=Interval(earliest=2, latest=1)), "ends 1 us before it begins"),
        (lambda one: evolve(one, at=Interval(earliest=int(time.time()), latest=int(time.time()))), "is in seconds"),
        (lambda one: Faulted(fault=Fault(kind="X", kinds=()), at=one.at), "the kinds of X are all that it is"),
        (lambda one: Faulted(fault="NotFound", at=one.at), "which is no Fault"),
    ],
)
def test_an_adapter_that_breaks_its_contract_is_told_so(does, says):
    target = Guarded(Adapter(does))
    with pytest.raises(AdapterFailed) as told:
        target.perform(LOGIN)
    assert says in str(told.value)
    assert told.value.exit_code == MISUSED
    again = pickle.loads(pickle.dumps(told.value))  # noqa: S301  # it comes from another process
    assert (str(again), again.trace) == (str(told.value), told.value.trace)
    assert "conformance/targets/guard.py" not in told.value.trace


def test_a_clock_that_was_declared_and_does_not_move_is_the_adapters_fault():
    fault = Fault(kind="NotSupported", kinds=("NotSupported",))
    target = Guarded(Adapter(lambda one: Faulted(fault=fault, at=one.at)))
    with pytest.raises(AdapterFailed, match="declares the capability clock, and AdvanceClock came to NotSupported"):
        target.perform(c.AdvanceClock(session="main", seconds=1))


def test_what_an_adapter_may_raise_goes_through():
    with pytest.raises(TargetUnreachable):
        Guarded(Adapter(raising(TargetUnreachable("gone")))).perform(LOGIN)


def test_lists_of_outcomes_have_the_right_length():
    target = Guarded(Adapter())
    target._target.perform_together = lambda _: []
    with pytest.raises(AdapterFailed, match="0 outcomes of 1 calls"):
        target.perform_together([LOGIN])


def test_a_value_that_no_such_call_returns_is_lost():
    outcome = Guarded(Adapter(lambda one: evolve(one, value=7))).perform(LOGIN)
    assert isinstance(outcome, Lost)
    assert outcome.why == "Login cannot have returned this: int, not UserSession"


def test_every_call_has_a_shape_and_the_built_in_target_keeps_to_it():
    target = Adapter()
    assert misfit(LOGIN, target.perform(LOGIN).value) == ""
    assert {each.__name__ for each in SHAPES} >= {"CreateTask", "ReadTaskInfo", "Login"}
    read = c.ReadTaskInfo(session="main", tasks=(c.ObjectRef(type="Task", value="t"),))
    assert misfit(read, ()) == "0 answers for 1 tasks"
    assert misfit(read, (Property(value="x"),)).startswith("Property.value: str, not")
    create = c.CreateTask(session="m", obj=read.tasks[0], task_type_id="x", cancelable=True)
    assert misfit(create, None) == "None, not TaskInfo"


def test_ours_need_no_guard():
    ours = BuiltinTarget({})
    assert guarded(ours) is ours
    assert isinstance(guarded(Adapter()), Guarded)


DECLARED = [
    ({"capabilities": ("clok",)}, "there is no capability 'clok'; did you mean clock?"),
    ({"without": ("Createtask",)}, "there is no call, manager or field 'Createtask'; did you mean CreateTask?"),
    ({"without": ("TaskInfo.queuetime",)}, "did you mean TaskInfo.queueTime?"),
    ({"accounts": ()}, "there is no account primary, who holds every privilege"),
    ({"settling": 10_000.0}, "settling is in seconds, and 10000 of them are more than an hour"),
    ({"apart": -1.0}, "apart is -1 seconds"),
    ({"cap": "200"}, "cap is str '200'"),
    ({"places": {}}, "there is no place for a task: neither root, folder, vm nor host"),
    ({"extension_key": ""}, "extension_key is empty"),
]


@pytest.mark.parametrize(("declared", "says"), DECLARED)
def test_a_declaration_is_checked_when_the_target_is_opened(declared, says):
    with pytest.raises(AdapterFailed) as told:
        Guarded(Adapter(**declared))
    assert says in str(told.value)


def test_roles_and_accounts_are_known_words():
    declaration = BuiltinTarget({}).declaration
    assert wrongs_of(declaration) == []
    places = {**declaration.places, "vms": declaration.places["vm"]}
    assert wrongs_of(evolve(declaration, places=places)) == ["there is no role 'vms'; did you mean vm?"]
    assert wrongs_of(evolve(declaration, accounts=declaration.accounts[:1])) == [
        f"the capability {capability} needs an account {account}"
        for capability, account in (
            ("second-user", "second"),
            ("restricted", "restricted"),
            ("delegate", "delegate"),
            ("outsider", "outsider"),
        )
    ]
    assert wrongs_of(None) == ["it is None, and no Declaration"]


def test_a_task_info_may_lack_what_it_must_have():
    info = TaskInfo(**dict.fromkeys(TaskInfo.__struct_fields__[:9]))
    call = c.CreateTask(session="m", obj=c.ObjectRef(type="Folder", value="f"), task_type_id="x", cancelable=True)
    assert misfit(call, info) == ""
    target = Guarded(Adapter())
    strange = Returned(value=evolve(info, progress="half", state=7), at=Interval(earliest=1, latest=1))
    outcome = target._checked(call, strange)
    assert (outcome.value.progress, outcome.value.state) == (None, None)
    assert outcome.value.other == (("state", "7"), ("progress", "'half'"))
