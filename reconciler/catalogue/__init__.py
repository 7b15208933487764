"""Reads a catalogue directory.

Takes a folder. Makes a ``Catalogue`` and the ``Problem``s of its format: YAML, fields, keys, settings. What the
entities mean to each other is the business of ``graph`` and ``checks``.

Choices, 2026-11-22: values come from libyaml's events through our own builder, because ruamel's loaders are four
times slower, read YAML 1.1 in part, or keep no positions. Positions are found by reading the text again, and only for
a document that has something to report; keeping them for all doubles the memory of a large catalogue. Each expanded
alias counts by the size of what it stands for, so that a small file cannot mean a billion nodes. An environment's
documents are laid over raw values, before anything is validated, so that every rule about fields stands once; of the
base only those values are kept that some overlay needs.
"""
