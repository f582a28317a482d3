"""Read, measure and judge records in plain numpy; nothing here knows torch, Plotly or Streamlit."""
