"""The embedded repository: the REST API of the offer repository, over one SQLite file.

Takes: requests as values (``messages.Request``), a file, a clock, a source of UUIDs, faults to inject, the JSON Schema
documents of further types, the lines of a snapshot.
Makes: responses as values. ``app.Emulator`` is the repository in process, ``asgi.asgi_app`` the same behind any ASGI
transport, ``server.serve`` the same behind a socket (``lines``).
Refuses: every bad input with an answer (a problem document, or a gateway body), never with an exception; a database
file of another program or of a newer format with ``ReconcilerError``.

The data passes: ``messages`` -> ``turns`` -> ``faults`` -> ``gateway`` -> ``app`` -> ``routes`` -> ``media``,
``conditions`` -> ``containers``, ``writes``, ``listing`` (``order``, ``filters``, ``search``, ``views``), ``deletion``
-> ``patching``, ``registry`` (schemas, ``annotations``), ``guards``, ``integrity`` -> ``store`` (``listed``) ->
``database`` (SQLite), ``migrations``. ``snapshot`` moves all of it, ``openapi`` (``openapi_shapes``,
``openapi_answers``, ``openapi_parameters``) describes it.

Choices that took thought:

- It shares no code with the client of this API and decodes what it stores by itself, so that a misreading of the API
  shows up as a failing test instead of agreeing with itself.
- What differs between types stands in the schema documents (``schemas/``), as annotations: references, what cannot
  change, unique names, lifecycles. A document from outside brings its own rules. Only the placement of an activity's
  fallback is code (``integrity``).
- Instances are kept as JSON text and put into answers as text: a page of a list decodes nothing.
- Lists by id, date of creation or change, and name, and those of one name or status, are read from indexes. Each
  other list is sorted in memory once and kept: the pages that follow, and later requests, take in only what
  changed since.
- ``total`` is exact. By id it comes from sums by the first two characters of the ids;
  another index counts what lies between two pages; a list in memory knows it. Counting the rest of the list on
  every page would make a walk quadratic; a remainder carried in ``next`` was refused because writes make it wrong.
- New instances are taken into those sums, and into the full-text index, 64 at a time; until then a count and a search
  read them besides, by their rows, which takes some milliseconds at most: a long one does not wait. Each by itself, the
  small ones took a third of what a create costs the database.
- No two writes have the same date: in a burst the dates run ahead of the clock, a millisecond each. A walk by date of
  creation then misses nothing, and the date of the last change tells what lists in memory have to take in.
- The score of a search depends on the instance and the query alone, not on how frequent a word is elsewhere (BM25):
  pages fit together whatever is written between them.
- Patterns are matched by RE2, in time that grows with the text only; it has no look-around and no back-references.
- Every write is one transaction, from the look at its container on, which takes SQLite's write lock first: so the rules
  hold with any number of processes. It is on the disk when it is answered. Behind ``asgi`` those that came while the
  disk was busy share the next commit, each in a savepoint: a commit costs more than all that is done for a write, and
  more the more often it comes. They are carried out in the event loop, as many as 20 ms allow, and a thread waits for
  the disk, or for another process that holds the file. A single one is not handed over, since two threads that wake
  each other cost more than the commit: then reads wait for the disk too. Otherwise they go on, by a connection of their
  own. When writes were carried out in the thread, both threads fought for the interpreter at every statement,
  2026-11-28: half as much again for a create. What the gateway refuses waits for nobody.
- SQLite looks at every page that it keeps when it commits after some pages were put in order: so it keeps few.
- A request to delete is a row, decided by the poll that comes when its turn is there: no background work, and a restart
  loses nothing. An ``If-Match`` must hold at the decision as well, else the outcome is ``rejected`` with reason
  ``etag``: what was written in between was not seen by whoever asked. Under ``slow-delete`` the first write five
  seconds later decides it too, since whoever asked may have lost the answer: so they take effect though nobody awaits.
  Without that fault they do not, 2026-11-28: a decision that waits for the next write comes at a moment that no service
  would choose, in the middle of a run that has read the instance as live.
- An Accept with ``*`` admits everything, as RFC 9110 says, also next to a type that does not fit.
- Reading is bounded: 1 MiB a body, 100 levels, numbers within the range of a double, and a limit on how much a patch
  may copy, because a patch that copies an instance into itself would double it with every operation, or shift at the
  front of long lists. So are queries (16 properties to order by, 32 conditions and fields, 1000 ids, 256 terms) and
  lists of faults (1000, the others are counted in ``more``): each cost seconds in a body or an address of legal size.
- The outcomes of the 10,000 deletions decided last can be asked for; a server that runs for long does not keep all.
- A document from outside whose rules stand where they would not be read (below ``oneOf``, in a schema that contains
  itself) is refused: an instance that breaks a rule unseen is worse than a server that does not start. An instance
  whose schema was not given again is answered 501; its references still hold.
- Containers are instances of their sandbox, so the calls for instances serve them too; one that holds instances gets
  the outcome ``rejected`` with reason ``instances``. A sandbox lives by its containers, and the server's own always.
- Every fault has dice of its own, seeded by its name: adding one does not move the others. A list that is told late is
  read in a transaction in which the newest instances are removed, and which is undone: sums, orders and indexes then
  agree by themselves. Nothing waits while it holds the turn: latency is awaited by ``asgi``, before ``handle``.
- A failing database is an answer too, 503 where it may pass (busy, full), else 500; the cause goes to the log and to
  ``on_answer``, never to the caller.
- A snapshot holds instances as lookups give them, without references and names: those are read, and judged, again, so
  an edited snapshot cannot bring in what a request could not.
- Answers are closed in the description of the API, and there is no ``default`` answer: what it does not tell is a fault
  that the fuzzer finds. Bodies are open, because unknown properties are kept.
"""
