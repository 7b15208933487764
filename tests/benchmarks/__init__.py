"""How fast and how small it is: one benchmark for each line of the budgets (``.github/CONTRIBUTING.md``).

Takes: the installed program, catalogues from ``tests.generate``, repositories served on this host.
Makes: figures with their bound ("must"), their aim and the ratio to the bound, as a table and as JSON:
``python -m tests.benchmarks [LINE…] [--quick] [--times N] [--json FILE]``.
Refuses: to be part of the tests. No test is timed; ``tests/meta`` only looks whether registry and budgets agree.

The data passes: ``workplace`` (catalogues, repositories, the floor) -> one module for each group of lines -> ``lines``
(figures) -> ``table``; ``registry`` names all lines. ``probes`` is what runs in a process of its own, ``measuring``
runs it.

Choices that took thought:

- A figure is CPU: user and system time of the whole process, from the resource usage of the child when it has ended;
  of a server that lives on, from its CPU clock (Linux). The median of five or more.
- Machines differ, and so does one machine from minute to minute. So a bound is a ratio within one run wherever it can
  be: F, the floor, is measured on the same catalogue, in turn with what it bounds. Bounds in milliseconds are those of
  an idle machine; the load is printed with the figures, for whoever reads them.
- F shares no code with what it bounds but the models: ``floor`` reads files, libyaml's events with their positions,
  and has pydantic judge the values; the garbage collector is off.
- What is live for a plan is written as a snapshot, not applied: minutes less, and a plan of no changes proves that it
  is what an apply would have left.
- A peer that is not installed is a line that says so, not an error.
"""
