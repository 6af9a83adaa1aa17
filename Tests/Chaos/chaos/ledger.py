"""What the writers know: of each thing the states that it may be in, and what has gone wrong."""
import collections
import time


class Record:
    """Something that a writer makes, known by a mark that nothing else has.

    Before a change is asked for, its outcome becomes possible; once it is acknowledged, it is the only one. None is
    the state of what is not there. Of what came without an answer nobody changes anything any more, since it may
    still take effect.
    """

    __slots__ = ("kind", "mark", "owner", "id", "states", "is_open", "about", "history")

    def __init__(self, kind, mark, owner, about=None):
        self.kind, self.mark, self.owner, self.about = kind, mark, owner, about
        self.id = None
        self.states = {None}
        self.is_open = False
        self.history = []  # Of each change: its state, when it was begun and acknowledged.

    def begin(self, state):
        self.states = self.states | {state}
        self.is_open = True
        self.history.append([state, time.monotonic(), None])

    def settle(self, state):
        self.states = {state}
        self.is_open = False
        now = time.monotonic()
        if self.history and self.history[-1][2] is None:
            self.history[-1][0], self.history[-1][2] = state, now
        else:
            self.history.append([state, now, now])

    def seen_between(self, earliest, latest):
        """A copy as a look at some moment of that span may find it: all that was acknowledged before, nothing that was
        begun later."""
        copy = Record(self.kind, self.mark, self.owner, self.about)
        copy.id = self.id
        for state, begun, acknowledged in self.history:
            if acknowledged is not None and acknowledged <= earliest:
                copy.states = {state}
            elif begun <= latest:
                copy.states = copy.states | {state}
        return copy

    @property
    def is_sure(self):
        """It is there, and nothing is being done to it."""
        return not self.is_open and self.states != {None} and len(self.states) == 1

    @property
    def may_be_there(self):
        return self.states != {None}


class Ledger:
    """All records, and what was counted and found wrong; seconds count from `start`."""

    def __init__(self):
        self.records = []
        self.counts = collections.Counter()
        self.wrong = []
        self.broken = []  # (began, ended, what)
        self._began = time.monotonic()

    def start(self):
        self._began = time.monotonic()

    def add(self, record):
        self.records.append(record)
        return record

    def of(self, kind):
        return [record for record in self.records if record.kind == kind]

    def seen_between(self, earliest, latest):
        """What a look at some moment of that span may find."""
        ledger = Ledger()
        copies = [record.seen_between(earliest, latest) for record in self.records]
        ledger.records = [record for record in copies if record.may_be_there]
        return ledger

    def blame(self, text):
        self.wrong.append(f"{time.monotonic() - self._began:6.1f} s  {text}")
