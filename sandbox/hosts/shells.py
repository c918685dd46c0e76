"""A shell on a machine, as Systems Manager's agent starts it for a session, and what is typed and shown on a socket."""

from __future__ import annotations

import os
import pty
import select
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress

_BYTES = 4096
ON_TERMINAL = ("setsid", "--ctty", "--wait")
"""What stands before a command that has a shell's terminal as its own: sudo and job control ask for it. On a
machine, it is started there, where its process has the number that the terminal is told."""
_SSM_USER = """
if ! id ssm-user >/dev/null 2>&1; then
  useradd --create-home ssm-user
  mkdir -p /etc/sudoers.d
  printf '# User rules for ssm-user\\nssm-user ALL=(ALL) NOPASSWD:ALL\\n' >/etc/sudoers.d/ssm-agent-users
fi
cd /usr/bin
exec runuser --user ssm-user -- env HOME=/home/ssm-user TERM=xterm-256color sh
"""


def as_ssm_user(inside: Sequence[str]) -> list[str]:
    """The command of a session's shell. ``inside`` is what stands before a command so that root runs it on the machine.

    As the agent, it makes the user at the first session, with the right to become root ("Turn off or turn on ssm-user
    account administrative permissions").
    """
    return [*inside, *ON_TERMINAL, "sh", "-c", _SSM_USER]


class Shell:
    """A command on a terminal, which has no size: a plugin's is not passed on. Its words have ``ON_TERMINAL``."""

    def __init__(self, command: Sequence[str]) -> None:
        self._terminal, theirs = pty.openpty()
        try:
            self._process = subprocess.Popen(
                command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
            )
        except BaseException:
            os.close(self._terminal)
            raise
        finally:
            os.close(theirs)
        os.set_blocking(self._terminal, False)

    def relay(self, connection: socket.socket) -> None:
        """Type what the connection says, and say what the shell shows, until one of them ends."""
        typed = b""
        while True:
            # While the shell does not read, no more is taken from the connection, and what it shows goes on.
            reading = [self._terminal] if typed else [self._terminal, connection.fileno()]
            readable, writable, _ = select.select(reading, [self._terminal] if typed else [], [])
            if connection.fileno() in readable:
                typed = connection.recv(_BYTES)
                if not typed:
                    return
            if writable:
                typed = typed[os.write(self._terminal, typed) :]
            if self._terminal in readable:
                try:
                    shown = os.read(self._terminal, _BYTES)
                except OSError:  # Linux's way to say that nobody has the terminal open any more.
                    return
                connection.sendall(shown)

    def close(self) -> None:
        """Hang up, which ends the shell and what runs in it."""
        os.close(self._terminal)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
            return
        self._process.kill()
        self._process.wait()
