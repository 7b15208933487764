"""Rules: their text becomes a tree, the tree is checked and compiled, and the compiled rule gives values.

Takes the text of a rule in the profile query language (PQL); profiles, context data and an instant as plain data.
Makes a tree (``syntax``), its text again (``render``), what is wrong with it (``check``) and its values (``evaluate``).
Knows nothing of catalogues and files: who asks puts our errors onto the lines of a file.

    text -> tokens -> parser -> syntax -> check, render, evaluate -> rule

- ``syntax``: the tree. Frozen; each node tells its place in the text.
- ``errors``: the one exception, with line, column, caret and hint.
- ``tokens``, ``words``, ``cursor``, ``parser`` with ``naming`` and ``occurring``, ``hints``: text to tree. Expressions
  by precedence climbing; what gives names, and what follows ``occurs``, stand in modules of their own.
- ``check`` with ``inference``, ``constancy`` and ``correcting``: the sort of value that a part gives, what never
  changes, what was meant.
- ``functions``: the table of all functions: what they are called on, what they take and give, how they are carried out.
  What differs between functions stands there once; the checker and the evaluator read it.
- ``values``, ``times``, ``patterns``: what is equal and less, the calendar, regular expressions.
- ``evaluate``: the tree becomes closures; with ``comparing``, ``occurs``, ``named`` (quantifiers), ``calling`` and
  ``paths`` for the parts. ``scope``: which slot of the frame a name has; ``names``: what
  names mean where, for whoever goes through a tree.
- ``situation``: when and with what a rule is evaluated. ``explain``: which conditions decided. ``batch``: by
  lines, with ``kept`` for rules that come again.
- ``rule``: the door, ``compile_rule``.

Decisions:
- Two-valued logic: a comparison with a null on either side is false, a condition that is null counts as false.
- A rule is compiled once, into closures, and used for many profiles.
- Scalars of different types are unequal, without coercion; only an instant makes the other side be read as one.
- Regular expressions run in linear time (RE2): what would need going back is an error of the rule.
- The comparison of a path of two names with a constant has closures of its own: it is what rules mostly are.
- Words are keywords only where the grammar looks for them; ``xdm:`` makes a property of any word, and the renderer
  writes it where a bare name would mean something else.
- The checker says only what the text proves: what comes from data may be of any sort.
- Anything can be parsed and checked without harm: nesting is bounded, and so are calls of the rule's own functions;
  time grows with the length of the text. The checker keeps what it found out about a part, for those around it.
"""
