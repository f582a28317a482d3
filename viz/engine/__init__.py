"""Run models: everything that needs torch. A request goes in (``requests``), a record comes out (``service``).

Before anything here imports the Hub's client it is told to report nothing about this computer.
"""

import os

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
