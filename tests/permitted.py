# ruff: noqa: PGH004
# ruff: noqa
"""Permitted variants of the built-in simulator: what a conforming server may do otherwise. Small and blunt: each
changes one choice that the pages leave open."""

from __future__ import annotations

import random
from dataclasses import replace

from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.builtin import EXTENSION_KEY, BuiltinTarget
from taskconform.conformance.targets.sim_faults import refused
from taskconform.conformance.targets.sim_inventory import INVENTORY, ROOT, SYSTEM_VIEW
from taskconform.conformance.targets.sim_state import COMPLETED, RecentWindow
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model import calls as c
from taskconform.model.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SECOND,
    SUCCESS,
    Faulted,
    Interval,
    Lost,
    Property,
    RecentTaskUpdate,
    Returned,
    TaskInfo,
)


class Target(BuiltinTarget):
    exclusive = True
    settling = 0.0
    changes = {}

    def __init__(self, simulator=Simulator, options=None):
        self.rng = random.Random(7)
        super().__init__(options or {}, simulator)
        self._declaration = replace(self._declaration, exclusive=self.exclusive, settling=self.settling, **self.changes)


V = {}


def sim(name, target=Target, **options):

    def mark(cls):
        V[name] = lambda: target(cls, {k.replace("_", "-"): v for k, v in options.items()})
        return cls

    return mark


def tgt(name, simulator=Simulator, **options):

    def mark(cls):
        V[name] = lambda: cls(simulator, {k.replace("_", "-"): v for k, v in options.items()})
        return cls

    return mark


class Rng(Simulator):
    def __init__(self, settings):
        super().__init__(settings)
        self.rng = random.Random(11)


@sim("security-last")
class SecurityLast(Simulator):
    def require(self, session, privilege):
        if privilege in ("Task.Update", "Global.CancelTask", "Task.Create"):
            return
        super().require(session, privilege)

    def create_task(self, call):
        session = self.authenticated(call.session)
        self.check_exists(session, call.obj)
        self.check_task_type(call.task_type_id)
        self.parent_of(call)
        if not self.holds(session, "Task.Create"):
            raise refused(sf.NO_PERMISSION, "")
        return super().create_task(call)

    def set_task_state(self, call):
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_not_completed(task)
        self.check_appropriate(call)
        if call.fault:
            self.settable_fault(call.fault)
        if not self.holds(session, "Task.Update"):
            raise refused(sf.NO_PERMISSION, "")
        return super().set_task_state(call)

    def update_progress(self, call):
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        if task.state != RUNNING:
            raise refused(sf.INVALID_STATE, "")
        if not self.holds(session, "Task.Update"):
            raise refused(sf.NO_PERMISSION, "")
        return super().update_progress(call)

    def set_task_description(self, call):
        session = self.authenticated(call.session)
        self.find_task(call.task)
        if not self.holds(session, "Task.Update"):
            raise refused(sf.NO_PERMISSION, "")
        return super().set_task_description(call)

    def cancel_task(self, call):
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        if not self.may_cancel(task):
            raise refused(sf.NOT_SUPPORTED, "")
        if self.is_over(task):
            raise refused(sf.INVALID_STATE, "")
        if not self.holds(session, "Global.CancelTask"):
            raise refused(sf.NO_PERMISSION, "")
        return super().cancel_task(call)


@sim("unsupported-before-over")
class UnsupportedFirst(Simulator):
    def set_task_description(self, call):
        session = self.authenticated(call.session)
        self.find_task(call.task)
        if not self.holds(session, "Task.Update"):
            raise refused(sf.NO_PERMISSION, "")
        return super().set_task_description(call)

    def cancel_task(self, call):
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_cancel(session, task)
        if not self.may_cancel(task):
            raise refused(sf.NOT_SUPPORTED, "")
        return super().cancel_task(call)


def cancel_variant(name, delay=None, flag_late=False, twice="invalid", queued_too=False, settling=0.0, rnd=False):

    class T(Target):
        pass

    T.settling = settling

    class S(Rng):
        def cancel(self, task):
            task.changed()
            if not flag_late:
                task.cancelled = True
            task_delay = self.rng.choice((0, 500, 1500, 2500, 40000, 3000000)) if rnd else delay
            if flag_late:
                self.flags = getattr(self, "flags", []) + [(self.clock.now + 3000, task)]
            if task_delay is None:
                return
            if task_delay == 0:
                self.end_canceled(task)
            else:
                self.cancelling.append((self.clock.now + task_delay, task))
                self.cancelling = type(self.cancelling)(sorted(self.cancelling, key=lambda x: x[0]))

        def is_over(self, task):
            return task.completed or (twice == "invalid" and task.cancelled)

        def cancel_task(self, call):
            t = self.tasks.get(call.task.value)
            if (
                twice == "ignore"
                and t is not None
                and t.cancelled
                and (not t.completed)
                and (call.session in self.sessions)
                and self.holds(self.sessions[call.session], "Global.CancelTask")
            ):
                return None
            return super().cancel_task(call)

        def end_canceled(self, task):
            if flag_late:
                task.cancelled = True
            super().end_canceled(task)

        def end_due(self):
            for at, task in getattr(self, "flags", []):
                if at <= self.clock.now and (not task.cancelled):
                    task.changed()
                    task.cancelled = True
            super().end_due()

    V[name] = lambda: T(S, {})


cancel_variant("cancel-random", rnd=True)


class Flag(Simulator):
    when = ()

    def info_of(self, task):
        return task.info

    def enter_state(self, task, state):
        super().enter_state(task, state)
        if state in self.when:
            task.cancelable = False


@sim("cancelable-falls-when-running")
class F2(Flag):
    when = (RUNNING, SUCCESS, ERROR)


class F4(Simulator):
    def cancel(self, task):
        super().cancel(task)
        task.cancelable = False

    def set_task_description(self, call):
        session = self.authenticated(call.session)
        self.find_task(call.task)
        if not self.holds(session, "Task.Update"):
            raise refused(sf.NO_PERMISSION, "")
        return super().set_task_description(call)

    def cancel_task(self, call):
        session = self.authenticated(call.session)
        t = self.find_task(call.task)
        self.check_may_cancel(session, t)
        if not t.cancelable:
            raise refused(sf.NOT_SUPPORTED, "")
        return super().cancel_task(call)


@sim("cancel-end-1s-cancelable-falls")
class F5(F4):
    def cancel(self, task):
        task.changed()
        task.cancelled = True
        task.cancelable = False
        self.cancelling.append((self.clock.now + SECOND, task))


@sim("recent-absent")
class RecentAbsent(Simulator):
    def read_recent_task(self, call):
        p = super().read_recent_task(call)
        return Property() if p.value == () else p

    def wait_for_recent_task(self, call):
        u = super().wait_for_recent_task(call)
        return RecentTaskUpdate(changed=True) if u.recent_task and u.recent_task.value == () else u


@sim("recent-random-order")
class RandomOrder(Rng):
    def recent_refs(self, session):
        refs = list(super().recent_refs(session))
        self.rng.shuffle(refs)
        return tuple(refs)


class LateWindow(RecentWindow):
    """pruned up to 60 s late, at random"""

    def __init__(self, window, cap):
        super().__init__(window, cap)
        self.all = []
        self.rng = random.Random(3)
        self.over = {}

    def note_completed(self, task):
        self.live.pop(task.key, None)
        self.ended.append(task)
        if self.cap is not None:
            n = len(self.ended)
            if n > self.cap:
                self.over[self.ended[n - self.cap - 1].key] = task.complete_time

    def completed_tasks(self, now):
        out = []
        for t in reversed(self.ended):
            edge = t.complete_time + self.window * SECOND
            if t.key in self.over:
                edge = min(edge, self.over[t.key])
            late = t.number * 7919 % 60 * SECOND + 500000
            if now <= edge + late:
                out.append(t)
        return out


@sim("recent-pruned-late")
class PrunedLate(Simulator):
    window_class = LateWindow


@sim("esxi-capped", flavour="esxi")
class EsxCapped(Simulator):
    def cap_in_force(self):
        return self.settings.cap


class UserWindow(RecentWindow):
    late = False

    def completed_tasks(self, now):
        counts = {}
        out = []
        for t in reversed(self.ended):
            if t.complete_time < self.cutoff(now):
                break
            u = t.reason.user_name
            counts[u] = counts.get(u, 0) + 1
            if counts[u] <= self.cap:
                out.append(t)
        return out

    def trim(self):
        pass


@sim("cap-per-user-20", cap="20", window="120")
class PerUser20(Simulator):
    window_class = UserWindow


@sim("cap-over-readable")
class Readable(Simulator):
    class W(RecentWindow):
        def trim(self):
            pass

    window_class = W

    def recent_refs(self, session):
        ended = [t for t in self.recent.completed_tasks(self.clock.now) if self.may_access(session, t)][
            : self.settings.cap
        ]
        return tuple(t.ref for t in [*[t for t in self.recent.live.values() if self.may_access(session, t)], *ended])


@sim("retire-with-list")
class Retire(Simulator):
    def find_task(self, task):
        t = super().find_task(task)
        if t.completed and t not in self.recent.completed_tasks(self.clock.now):
            raise refused(sf.OBJECT_NOT_FOUND, "gone")
        return t

    def parent_of(self, call):
        p = super().parent_of(call)
        if p is not None:
            self.find_task(p.ref)
        return p


class Waits(Simulator):
    def __init__(self, s):
        super().__init__(s)
        self.versions = {}

    def wait_for_recent_task(self, call):
        session = self.authenticated(call.session)
        self.require(session, SYSTEM_VIEW)
        now = self.recent_refs(session)
        before = self.versions.get(call.session)
        self.versions[call.session] = now
        if call.fresh or before is None:
            return RecentTaskUpdate(changed=True, recent_task=Property(value=now))
        if set(now) == set(before):
            return RecentTaskUpdate(changed=False)
        return self.later(now, before)

    def later(self, now, before):
        return RecentTaskUpdate(changed=True, recent_task=Property(value=now))


@sim("later-elements")
class WaitsElements(Waits):
    def later(self, now, before):
        return RecentTaskUpdate(
            changed=True,
            added=tuple(r for r in now if r not in before),
            removed=tuple(r.value for r in before if r not in now),
        )


@sim("entity-stand-in")
class StandIn(Simulator):
    def bind_entity(self, task, obj):
        super().bind_entity(task, obj)
        if task.entity is None:
            task.entity = INVENTORY.entities[ROOT].ref
            task.entity_name = "Everything0"


@sim("parent-unknown-kept")
class ParentKept(Simulator):
    def parent_of(self, call):
        return self.tasks.get(call.parent_task_key) if call.parent_task_key else None

    def create_task(self, call):
        info = super().create_task(call)
        t = self.tasks[info.task.value]
        if call.parent_task_key and t.parent_task_key is None:
            t.changed()
            t.parent_task_key = call.parent_task_key
        return t.info


@sim("initiator-domain")
class Dom(Simulator):
    def reason_of(self, session, call):
        r = super().reason_of(session, call)
        n = r.user_name.split("\\")[-1].upper()
        return replace(r, user_name=f"{n}@conform.test")


@sim("api-2.5-strict", api_version="2.5")
class Old(Simulator):
    def create_task(self, call):
        if call.parent_task_key or call.activation_id:
            raise refused(sf.INVALID_REQUEST, "")
        return super().create_task(call)

    def set_task_description(self, call):
        raise refused("InvalidRequest", "no such method")

    def update_progress(self, call):
        if not 0 <= call.percent_done <= 100:
            self.check_may_update(self.authenticated(call.session), self.find_task(call.task))
            raise refused("OutOfBounds", "")
        super().update_progress(call)


class Prog(Simulator):
    end_progress = "absent"
    monotone = False

    def enter_state(self, task, state):
        before = task.progress
        super().enter_state(task, state)
        if state in COMPLETED:
            task.progress = {"absent": None, "kept": before, "100": 100}[self.end_progress]
        elif self.end_progress == "kept":
            task.progress = before

    def update_progress(self, call):
        t = self.tasks.get(call.task.value)
        before = t.progress if t else None
        super().update_progress(call)
        if self.monotone and before is not None:
            t.progress = max(before, t.progress)


class Overall(Prog):
    up = False

    def recalc(self, key):
        p = self.tasks.get(key) if key else None
        if p is None or p.completed:
            return
        kids = [t for t in self.tasks.values() if t.parent_task_key == key]
        vals = [100 if t.completed else t.progress or 0 for t in kids]
        p.changed()
        new = sum(vals) // len(vals) if vals else p.progress
        if p.state == RUNNING:
            p.progress = max(p.progress or 0, new) if self.monotone else new
        self.recalc(p.parent_task_key)

    def update_progress(self, call):
        super().update_progress(call)
        self.recalc(self.tasks[call.task.value].parent_task_key)

    def enter_state(self, task, state):
        super().enter_state(task, state)
        self.recalc(task.parent_task_key)


@sim("overall")
class O1(Overall):
    end_progress = "kept"


class Strict(Simulator):
    refuse = ()
    kind = sf.INVALID_STATE

    def enter_state(self, task, state):
        if (task.state, state) in self.refuse:
            raise refused(self.kind, "")
        super().enter_state(task, state)


@sim("silent-refused-invalid-argument")
class S4(Strict):
    refuse = ((QUEUED, QUEUED), (RUNNING, RUNNING), (RUNNING, QUEUED))
    kind = sf.INVALID_ARGUMENT


@sim("same-final-taken")
class FinalTaken(Simulator):
    def set_task_state(self, call):
        s = self.authenticated(call.session)
        t = self.find_task(call.task)
        self.check_may_update(s, t)
        if t.completed and t.state == call.state:
            self.check_appropriate(call)
            call.fault and self.settable_fault(call.fault)
            return None
        return super().set_task_state(call)


class LogoutEnds(Simulator):
    delay = 0

    def create_task(self, call):
        info = super().create_task(call)
        self.makers = getattr(self, "makers", {})
        self.makers.setdefault(call.session, []).append(self.tasks[info.key])
        return info

    def logout(self, call):
        super().logout(call)
        for t in getattr(self, "makers", {}).pop(call.session, []):
            if not t.completed:
                if self.delay:
                    self.cancelling.append((self.clock.now + self.delay, t))
                else:
                    self.end_canceled(t)


@sim("logout-ends-tasks-later")
class LogoutEndsLater(LogoutEnds):
    delay = 5000


@sim("idle-time-out")
class Idle(Simulator):
    def authenticated(self, name):
        s = super().authenticated(name)
        used = getattr(self, "used", None)
        if used is None:
            used = self.used = {}
        if self.clock.now - used.get(name, self.clock.now) > 1800 * SECOND:
            del self.sessions[name]
            raise refused(sf.NOT_AUTHENTICATED, "idle")
        used[name] = self.clock.now
        return s

    def login(self, call):
        u = super().login(call)
        self.used = getattr(self, "used", {})
        self.used[call.session] = self.clock.now
        return u


@tgt("missing-set-for-nobody")
class MissingForNobody(Target):
    def perform(self, call):
        o = super().perform(call)
        if isinstance(o, Faulted) and o.fault.is_a("SecurityError"):
            p = Property(missing=o.fault)
            if isinstance(call, (c.ReadRecentTask, c.ReadMaxCollector)):
                return Returned(value=p, at=o.at)
            if isinstance(call, c.WaitForRecentTask):
                return Returned(value=RecentTaskUpdate(changed=True, recent_task=p), at=o.at)
            if isinstance(call, c.ReadTaskInfo):
                return Returned(value=tuple(p for _ in call.tasks), at=o.at)
        return o


@sim("outsider-nothing-shown")
class Nothing(Simulator):
    def read_max_collector(self, call):
        p = super().read_max_collector(call)
        return Property() if p.missing else p

    def read_recent_task(self, call):
        p = super().read_recent_task(call)
        return Property(value=()) if p.missing else p


def lim(name, boundary=0, scope="session", events=False, lag=0, **opt):

    class S(Simulator):
        def has_room(self, session):
            group = [
                s
                for s in self.sessions.values()
                if scope == "address" or (scope == "user" and s.account == session.account) or s is session
            ]
            n = sum(len(s.task_collectors) + (len(s.event_collectors) if events else 0) for s in group)
            return n < self.settings.max_collector + boundary

        def create_collector_for_events(self, call):
            if events and (not self.has_room(self.authenticated(call.session))):
                raise refused(sf.INVALID_STATE, "")
            return super().create_collector_for_events(call)

    V[name] = lambda: Target(S, opt)


lim("limit-events-shared-per-user", scope="user", events=True)


class Lag(Target):
    settling = 0.3


@sim("extension-late", target=Lag)
class ExtLate(Simulator):
    def register_extension(self, call):
        super().register_extension(call)
        self.since = self.clock.now + 6000

    def is_registered(self, t):
        return self.clock.now >= getattr(self, "since", 0) and super().is_registered(t)


class RealClock(Target):
    offset = 0
    wide = 300000
    unit = 1000

    def perform(self, call):
        o = super().perform(call)
        off = self.rng.randint(0, self.wide)
        return replace(o, at=Interval(earliest=o.at.earliest - off, latest=o.at.latest + self.wide - off))


@tgt("clock-wide-whole-seconds")
class WholeSeconds(RealClock):
    def _round(self, i):
        f = lambda t: None if t is None else t // SECOND * SECOND
        return replace(i, queue_time=f(i.queue_time), start_time=f(i.start_time), complete_time=f(i.complete_time))

    def perform(self, call):
        o = super().perform(call)
        if isinstance(o, Returned):
            v = o.value
            if isinstance(v, TaskInfo):
                v = self._round(v)
            elif isinstance(v, tuple):
                v = tuple(
                    replace(p, value=self._round(p.value))
                    if isinstance(p, Property) and p.value
                    else self._round(p)
                    if isinstance(p, TaskInfo)
                    else p
                    for p in v
                )
            o = replace(o, value=v)
        return o


class Losing(Target):
    rate = 0.02

    def perform(self, call):
        if self.rng.random() < self.rate:
            if self.rng.random() < 0.5:
                o = super().perform(call)
            clock = self._simulator.clock
            clock.tick()
            return Lost(why="timed out", at=Interval(earliest=clock.now - 1000, latest=clock.now))
        return super().perform(call)


@tgt("lost-10")
class Losing10(Losing):
    rate = 0.1


class Foreign(Target):
    exclusive = False
    burst = 0.01
    size = 260

    def perform(self, call):
        s = self._simulator
        if self.rng.random() < 0.2:
            self.foreign(s, 1)
        if self.rng.random() < self.burst and len(s.tasks) < 3000:
            self.foreign(s, self.size)
        return super().perform(call)

    def foreign(self, s, n):
        for _ in range(n):
            k = c.CreateTask(
                session="x", obj=INVENTORY.entities["vm-21"].ref, task_type_id="VirtualMachine.powerOn", cancelable=True
            )
            from taskconform.conformance.targets.sim_state import Session

            t = s.new_task(
                Session(999, "other", "CONFORM.TEST\\Zoe" if self.rng.random() < 0.7 else "CONFORM.TEST\\Ada", {}), k
            )
            if self.rng.random() < 0.05:
                t.description_id = EXTENSION_KEY + ".work"
            s.bind_entity(t, k.obj)
            s.tasks[t.key] = t
            s.history.append(t)
            s.recent.note_created(t)
            if self.rng.random() < 0.95:
                s.enter_state(t, RUNNING)
                s.enter_state(t, SUCCESS)


tgt("foreign")(Foreign)

V["esxi"] = lambda: Target(Simulator, {"flavour": "esxi"})
VARIANTS = V
"""Every variant: name to a function that opens a target."""
