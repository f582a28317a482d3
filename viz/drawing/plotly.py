"""Hand on Plotly's figures to the files that draw with them."""

# Plotly looks for pandas among the loaded modules and uses it even where another thread is still half way through
# importing it: with 30 first visitors at once some got an error. Loaded here, it is whole before anything is drawn.
import pandas  # noqa: F401
import plotly.graph_objects as go

__all__ = ["go"]
