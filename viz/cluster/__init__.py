"""Answer requests by workers on one computer or many: Ray Serve runs them, the requests and records stay the same.

``parcel`` packs what travels, ``worker`` answers, ``deployment`` says which workers there are, ``crew`` asks them,
``spread`` shares one long request out among them, ``service`` is what the engine sees of all that, and
``python -m viz.cluster`` runs a cluster on this computer with the app before it.
"""
