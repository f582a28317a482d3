"""Hold two records against each other, down to the last bit of every number in them."""

from dataclasses import fields, is_dataclass

import numpy as np


def assert_same(seen: object, wanted: object, where: str = "record") -> None:
    """Raise ``AssertionError`` where two records differ in anything."""
    assert type(seen) is type(wanted), where
    if isinstance(wanted, np.ndarray):
        np.testing.assert_array_equal(seen, wanted, err_msg=where, strict=True)
    elif is_dataclass(wanted):
        for field in fields(wanted):
            assert_same(getattr(seen, field.name), getattr(wanted, field.name), f"{where}.{field.name}")
    elif isinstance(wanted, dict):
        assert list(seen) == list(wanted), where
        for name, value in wanted.items():
            assert_same(seen[name], value, f"{where}[{name!r}]")
    elif isinstance(wanted, (tuple, list)):
        assert len(seen) == len(wanted), where
        for at, value in enumerate(wanted):
            assert_same(seen[at], value, f"{where}[{at}]")
    else:
        assert seen == wanted or (seen != seen and wanted != wanted), where
