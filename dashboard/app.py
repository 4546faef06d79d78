"""The server: ``streamlit run dashboard/app.py``."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route

from dashboard import serving

serving.begin()
app = st.App(
    Path(__file__).with_name("main.py"),
    lifespan=serving.lifespan,
    routes=[Route("/health", serving.health)],
    middleware=[Middleware(serving.Guard)],
)
