"""The shared nouns.

Takes nothing, makes no product: kinds, entities, keys, stamps, problems and errors that every room names.
Refuses: files, sockets, clocks, and any library but pydantic.
"""
