"""Draw with Plotly: one file a picture. Each function takes a Run or plain arrays and gives a figure."""
