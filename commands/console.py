"""Lines for a person: at most 100 columns and in colour on a terminal, plain and never broken when piped."""

from __future__ import annotations

import errno
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console as RichConsole
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

WIDEST = 100
"""Columns. A line of prose that is longer is hard to read, however wide the terminal."""


_TIME_COLUMNS = 12
"""Of the spinner and the time, and one at the end."""


def _nobody_looks(_: str) -> None: ...


def _cut(text: str, columns: int) -> str:
    first = text.split("\n")[0]
    return first if len(first) <= columns else f"{first[: columns - 1]}…"


class _Output(RichConsole):
    """Goes on when nobody reads any more, as after `| head -1`: no change of a command stops half-way for that."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


class Console:
    """Standard output, or standard error."""

    def __init__(self, *, stderr: bool = False, rich: RichConsole | None = None) -> None:
        self._rich = rich or _Output(stderr=stderr, highlight=False)
        self._happens: Callable[[str], None] = _nobody_looks

    @property
    def is_terminal(self) -> bool:
        return self._rich.is_terminal

    @property
    def width(self) -> int:
        """Columns for what is laid out in lines: the terminal's, up to 100; 100 when piped."""
        return min(self._rich.width, WIDEST) if self.is_terminal else WIDEST

    def say(self, text: str, *, style: str = "", indent: str = "") -> None:
        """Text that is broken between words on a terminal, later lines by `indent` to the right."""
        for line in text.split("\n"):
            self.raw(self._wrapped(line, indent), style=style)

    def step(self, text: str) -> None:
        """Something that is done."""
        self._marked("•", "cyan", text)

    def warn(self, text: str) -> None:
        """Something that the reader should know."""
        self._marked("!", "yellow", text)

    def raw(self, text: str, *, style: str = "") -> None:
        """Text as it is: for commands to copy, tracebacks and errors of other programs."""
        self._print(Text(text, style=style))

    @contextmanager
    def working(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show that something goes on; call the result to change the text. Prints nothing when piped."""
        if self.is_terminal:
            with self._rich.status(Text(text)) as status:
                yield lambda new: status.update(Text(new))
        else:
            yield lambda _: None

    @contextmanager
    def timing(self, text: str) -> Iterator[None]:
        """Show how long something takes, and what `happens` meanwhile. Prints nothing when piped."""
        if not self.is_terminal:
            yield
            return
        columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
        with Progress(*columns, console=self._rich, transient=True) as progress:
            task = progress.add_task(text, total=None)
            # One line: a longer one would be broken, and leave parts behind when it is replaced.
            room = self.width - _TIME_COLUMNS
            self._happens = lambda new: progress.update(task, description=_cut(f"{text}: {new}", room))
            try:
                yield
            finally:
                self._happens = _nobody_looks

    def happens(self, text: str) -> None:
        """What happens in what is timed."""
        self._happens(text)

    def _print(self, text: Text) -> None:
        try:
            self._rich.print(text, soft_wrap=True)
        except OSError as error:
            # A terminal that is gone: as a pipe that nobody reads.
            if error.errno != errno.EIO:
                raise
            self._rich.on_broken_pipe()

    def _marked(self, mark: str, style: str, text: str) -> None:
        first, *more = text.split("\n")
        self._print(Text.assemble((mark, style), " ", self._wrapped(first, "  ", used=2)))
        for line in more:
            self.raw(self._wrapped(f"  {line}", "  "))

    def _wrapped(self, line: str, indent: str, used: int = 0) -> str:
        if not self.is_terminal or len(line) + used <= self.width:
            return line
        broken = textwrap.wrap(
            line,
            self.width,
            initial_indent=" " * used,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        # What is in front of the first line is printed already.
        return "\n".join(broken)[used:]
