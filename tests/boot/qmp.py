"""A small QMP client: commands, events as they come, and the few commands that the boot tests need.

It talks over one end of a socket pair whose other end QEMU was started with. So there is no name to agree on, nothing to
retry, and the end of the stream is the end of QEMU.
"""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verdict import Event

ANSWER_SECONDS = 60.0  # with hundreds of CPUs, on a busy host


class QmpError(Exception):
    """QEMU refused a command, did not answer in time, or is gone."""


class Qmp:
    """Single-threaded: events are gathered in `events` while one waits in poll() or execute()."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""
        self._answers: list[dict[str, Any]] = []
        self._greeted = False
        self.closed = False
        self.events: list[Event] = []

    def negotiate(self) -> None:
        """Leave the greeting behind; QEMU accepts no other command before this."""
        self._wait(lambda: self._greeted, "the greeting")
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: object) -> object:
        message = {"execute": command, "arguments": {name.replace("_", "-"): a for name, a in arguments.items()}}
        try:
            self._socket.sendall(json.dumps(message).encode())
        except OSError as error:
            self.closed = True
            raise QmpError(f"{command}: QEMU is gone") from error
        self._wait(lambda: bool(self._answers), command)
        answer = self._answers.pop(0)
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error']}")
        return answer["return"]

    def poll(self, seconds: float) -> None:
        """Wait for one batch of messages, at most so long. At the end of the stream `closed` becomes true."""
        if self.closed:
            return
        ready, _, _ = select.select([self._socket], [], [], seconds)
        if not ready:
            return
        try:
            data = self._socket.recv(65536)
        except ConnectionError:
            data = b""
        self.closed = not data
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def count(self, name: str) -> int:
        return sum(event.name == name for event in self.events)

    def screendump(self, path: Path) -> None:
        self.execute("screendump", filename=str(path), format="png")

    def save_machine(self, uri: str) -> None:
        """Begin to save the running machine; machine_is_saved() tells the end, at which it has stopped."""
        self.execute("migrate", uri=uri)

    def machine_is_saved(self) -> bool:
        state = self.execute("query-migrate")
        assert isinstance(state, dict)
        if state["status"] == "failed":
            raise QmpError(f"migrate: {state.get('error-desc', 'failed')}")
        return state["status"] == "completed"

    def inject_nmi(self) -> None:
        self.execute("inject-nmi")

    def status(self) -> str:
        """Whether it runs, and why not: QEMU's own word, such as `paused`."""
        state = self.execute("query-status")
        assert isinstance(state, dict)
        return str(state["status"])

    def registers(self) -> str:
        """Every CPU's registers, as the monitor prints them."""
        text = self.execute("human-monitor-command", command_line="info registers -a")
        return str(text).replace("\r\n", "\n")

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not done():
            if self.closed:
                raise QmpError(f"{what}: QEMU is gone")
            if time.monotonic() > deadline:
                raise QmpError(f"{what}: no answer in {ANSWER_SECONDS:.0f} s")
            self.poll(0.1)

    def _take(self, message: dict[str, Any]) -> None:
        if "QMP" in message:
            self._greeted = True
        elif "event" in message:
            data = message.get("data", {})
            self.events.append(Event(message["event"], data.get("reason", ""), data.get("guest", False)))
        else:
            self._answers.append(message)
