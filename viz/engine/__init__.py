"""Run models: everything that needs torch. A request goes in (``requests``), a record comes out (``service``)."""
