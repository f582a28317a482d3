"""Hand on Plotly's figures to the files that draw with them."""

# Plotly looks for pandas among the loaded modules and uses it even where another thread is still half way through
# importing it: with 30 first visitors at once some got an error. Loaded here, it is whole before anything is drawn.
import pandas  # noqa: F401
import plotly.graph_objects as go

__all__ = ["Shown", "go"]


SMALL = 80_000  # bytes of a figure's own parts; a map of seven tokens was seen to take 86,000, bars 77,000


class Shown(go.Figure):
    """A figure that is written out once, however often it is shown; nothing may change it afterwards.

    Copying figure after figure, deeply, each time one was sent took a third of the time of an answer that was there.
    """

    @property
    def nbytes(self) -> int:
        """Memory it takes, in bytes, its maps as arrays and written out; what a bounded cache counts."""
        maps = [getattr(trace, "z", None) for trace in self.select_traces()]
        return SMALL + 3 * sum(cells.nbytes for cells in maps if cells is not None)

    def to_dict(self) -> dict:
        """Give the figure as plain data, always the same."""
        if "_written" not in self.__dict__:
            self._written = super().to_dict()
        return self._written
