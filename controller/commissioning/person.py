"""The person at the terminal, asked in a way that lets the drivers go on meanwhile."""

import asyncio
import os

from controller.ctl.console import Console

MOST_BYTES = 4096
YES, NO = ("y", "yes"), ("n", "no")


class GoneError(Exception):
    """The terminal was closed: nobody is there to answer."""


class Person:
    """Somebody who reads the console and types lines at the file descriptor `keyboard`."""

    def __init__(self, console: Console, keyboard: int) -> None:
        """Begin with nothing typed."""
        self._console = console
        self._keyboard = keyboard
        self._typed = b""

    def tell(self, text: str) -> None:
        """Say what to do."""
        self._console.say(f"         {text}")

    async def confirms(self, question: str) -> bool:
        """Ask until the answer is yes or no. Raises GoneError."""
        while True:
            self._console.write(f"         {question} [y/n] ")
            answer = (await self._line()).strip().lower()
            if answer in (*YES, *NO):
                return answer in YES
            self.tell("Please type y or n.")

    async def _line(self) -> str:
        while b"\n" not in self._typed:
            typed = await self._read()
            if not typed:
                raise GoneError
            self._typed = (self._typed + typed)[-MOST_BYTES:]
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(errors="replace")

    async def _read(self) -> bytes:
        # Not `input` in a thread: that could not be cancelled, and Ctrl-C would wait for Enter.
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._keyboard, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._keyboard)
        try:
            return os.read(self._keyboard, MOST_BYTES)
        except OSError:  # a terminal whose other end is gone
            return b""
