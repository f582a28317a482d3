"""Start the server: ``python serve.py``, with any option of ``streamlit run`` behind it."""

import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

# Until somebody has visited a fresh server, Streamlit takes the folder ``pages`` for its old kind of menu, and tells a
# first visitor who comes by a link to another page that there is no such page.
PagesManager.uses_pages_directory = False

sys.argv = ["streamlit", "run", str(Path(__file__).with_name("asgi.py")), *sys.argv[1:]]
cli.main()
