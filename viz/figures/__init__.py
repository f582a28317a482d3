"""Draw with Plotly: one file a picture. Each function takes a Run or plain arrays and gives a figure."""

# Plotly looks for pandas among the loaded modules and uses it even where another thread is still half way through
# importing it: with 30 first visitors at once some got an error. Loaded here, it is whole before anything is drawn.
import pandas  # noqa: F401
