"""Say what can be asked about reasons, by the rules of ``viz.engine.requests``."""
