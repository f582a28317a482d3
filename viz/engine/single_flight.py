"""Let what many ask for at once be made once."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class SingleFlight(Generic[Key, Made]):
    """Share one making between all who ask for the same key while it lasts; other keys do not wait for it."""

    def __init__(self):
        self._table = threading.Lock()  # never held while something is made
        self._under_way: dict[Key, Future[Made]] = {}

    def share(self, key: Key, make: Callable[[], Made]) -> Made:
        """Give what ``make`` gives, or raise what it raises, to the one who calls it and to all who wait.

        Nothing is kept: ``make`` looks first whether the thing is there by now.
        """
        with self._table:
            others = self._under_way.get(key)
            flight = self._under_way.setdefault(key, Future())
        if others is None:
            self._make(key, flight, make)
        return flight.result()

    def _make(self, key: Key, flight: Future[Made], make: Callable[[], Made]) -> None:
        try:
            flight.set_result(make())
        except BaseException as error:  # whatever it was, those who wait must not wait for ever
            flight.set_exception(error)
        finally:
            with self._table:
                del self._under_way[key]
