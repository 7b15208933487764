"""What differs between Git and live.

Takes a catalogue and the instances that are its own. Makes ``Changes``: what is to be created, patched, restamped and
deleted, each patched field with who is ahead, and the JSON Patch that makes the two equal. Refuses to look at what is
not ours: unknown properties, at any depth, are neither compared nor touched. And the way back: live values into the
documents of files (``pull``), and documents for instances that have none (``importing``).

Choices, 2026-11-22. Both sides are brought into the same flat form, where values that mean the same are equal, and
equal entities are told apart from others by one ``==``. Only the leaves of an unequal field go through DeepDiff,
which takes milliseconds for each pair. A representation is one field of the three-way comparison. Its raw
properties count as ours where the file names them, or where the base says that all of them were written by us.
Components that are alike are paired before all others, so that a patch never asks for a second one. Those that match
in neither asset nor form are paired by type, so that a change of format or language keeps what others have stored
beside it. An asset that changes makes another component: the new one is added by a patch of its own.

Choices, 2026-11-23. A pull changes fields, never whole documents: each live-ahead field is put into the document, which
has to be a valid entity afterwards, or that field is refused and the others go on. What an overlay says is changed in
the overlay; everything else in the base, which other environments share. Fields of which both sides have moved are
left to people. An import takes a component's raw properties over, because they are its content, but not those of
entities: they survive live, and may hold addresses that mean nothing in another environment. What an imported instance
refers to is imported with it, or declared as external where another catalogue owns it.

2026-11-27. Most pairs are *alike at a glance*: their values are as we would send them and their stamp's bases are
those of the file. ``glance`` tells that without bringing either side into flat form; whatever it cannot tell is
compared. A property holds it to the comparison: it never says "alike" where that finds something.
"""
