"""Reads a catalogue directory, and writes to it.

Takes a folder, or the folder as it was at a Git commit. Makes a ``Catalogue`` and the ``Problem``s of its format: YAML,
fields, keys, settings. What the entities mean to each other is the business of ``graph`` and ``checks``. The way back:
takes ``FileEdit``s and documents, makes texts, and writes them. Refuses to write over what somebody changed meanwhile.

Choices, 2026-11-22: values come from libyaml's events through our own builder, because ruamel's loaders are four
times slower, read YAML 1.1 in part, or keep no positions. Positions are found by reading the text again, and only for
a document that has something to report; keeping them for all doubles the memory of a large catalogue. Each expanded
alias counts by the size of what it stands for, so that a small file cannot mean a billion nodes. An environment's
documents are laid over raw values, before anything is validated, so that every rule about fields stands once; of the
base only those values are kept that some overlay needs.

Choices, 2026-11-23. A file is edited by cutting its text at the spans of what differs, not by dumping it anew: ruamel's
round trip moves comments, quotes and line breaks that nobody touched. Whatever is cut is read again, and what does not
read as wanted is refused, so that the cutting need not know every corner of YAML. What an alias shares is refused
rather than written out elsewhere. Texts that YAML 1.1 reads as something else (``no``, ``1e3``) are quoted, for other
programs. Git is asked through plumbing that starts no hook, filter or transport, for commits by their full ids only;
`git archive` was refused, because it runs filters.
"""
