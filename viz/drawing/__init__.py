"""Draw records with Plotly and Pillow, as SVG or HTML: one file a picture."""
