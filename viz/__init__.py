"""Read, measure and draw the attention of BERT and GPT-2; nothing here knows Streamlit.

This file imports nothing, so that drawing or opening a saved run never pays for torch.
"""
