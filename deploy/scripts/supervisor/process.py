"""One supervised process: start, death, restart with back-off."""
import os
import pwd
import signal
import subprocess
import time

RESTART_DELAY_MIN_SECONDS = 0.25
RESTART_DELAY_MAX_SECONDS = 30
#: Who was up for this long has recovered: its next restart is immediate again.
RECOVERED_AFTER_SECONDS = 3
LOG_BYTES_MAX = 64 << 20


def as_user(user, parent_death_signal, command):
    """The command line that runs `command` as `user` and dies with the supervisor, even by SIGKILL."""
    prefix = ["setpriv", "--pdeathsig", parent_death_signal]
    if user and pwd.getpwnam(user).pw_uid != os.geteuid():
        prefix += ["--reuid", user, "--regid", user, "--init-groups"]
    return [*prefix, "--", *command]


class Process:
    def __init__(self, name, command, environment, log, user=None, stop_signal=signal.SIGTERM,
                 before_start=None):
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        self.pid = None
        self.restart_at = None
        self._command = as_user(user, stop_signal.name.removeprefix("SIG"), command)
        self._environment = environment
        self._before_start = before_start or (lambda: None)
        self._started_at = 0.0
        self._delay = 0.0

    def start(self):
        self.restart_at = None
        self._before_start()
        if os.path.exists(self.log) and os.path.getsize(self.log) > LOG_BYTES_MAX:
            os.replace(self.log, self.log + ".old")
        with open(self.log, "ab") as log:
            # An own session: Ctrl-C reaches the supervisor alone, which then drains in order.
            popen = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)
        self.pid = popen.pid
        popen.returncode = 0  # The supervisor reaps; Popen must not.
        self._started_at = time.monotonic()

    def died(self):
        """Notes the death and when to start again: at once the first time, then ever later."""
        now = time.monotonic()
        self.pid = None
        if now - self._started_at >= RECOVERED_AFTER_SECONDS:
            self._delay = 0.0
        self.restart_at = now + self._delay
        self._delay = min(max(self._delay * 2, RESTART_DELAY_MIN_SECONDS), RESTART_DELAY_MAX_SECONDS)

    def signal(self, number):
        if self.pid is not None:
            os.kill(self.pid, number)

    def last_words(self, lines=12):
        try:
            with open(self.log, errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except FileNotFoundError:
            return ""
