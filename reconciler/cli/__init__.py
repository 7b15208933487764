"""The commands.

Takes a command line. Makes calls to the rooms, and an exit code. Decides nothing that a library user would want
decided. One file for each command in ``commands/``; what all commands do alike (where output goes, how errors end,
JSON on every exit) stands once, in ``command``.

Choices, 2026-11-22. Command modules import the rooms inside their functions: ``--help`` and ``--version`` load click
and nothing else, which keeps them below a tenth of a second. Wrong usage ends 64, never 2, because 2 means changes.

2026-11-27. *Errors* begin with the target too, as far as the catalogue's files say it: who reads a log asks first where
this was. *A document* is printed to its end: Ctrl-C is blocked meanwhile, because output without a buffer loses what a
signal cuts short. It ends 130 all the same. *Refusals* in a document carry the command that overrules them; in a saved
plan they do not, since whoever carries it out uses another.

2026-11-27. *Commands* are imported one by one, when they are called. What ``--help`` says of them stands in the
registry of ``commands``, so listing them imports none: click alone is most of what starting costs.
"""
