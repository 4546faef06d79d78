"""The Streamlit dashboard over ctxcore."""
