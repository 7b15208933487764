"""The door to the network: everything the reconciler says to an offer repository, and all it hears.

Takes a ``Connection`` (where, which sandbox and container, whose credentials) and either the network, an
ASGI application in this process, or any httpx transport. Makes a ``Reader`` or a ``Writer`` (``port.py``),
whose answers are frozen values and whose bad news are ``RepositoryError``s that carry data.

Refuses: any method but GET on a reader's transport; any address on another host than the base, whoever
gave it; plain http beyond loopback, and for the token service always; redirects; answers over 64 MiB, unpacked,
and any packing but one gzip;
answers that are not what the API promises (``Malformed``), because a page misread as empty would look
like a catalogue to be deleted.

Choices that took thought:

- One rule for repeating a call (``retry.py``): calls that may be carried out twice are repeated after any
  passing trouble; a POST only if this attempt certainly did nothing. ``maybe_carried_out`` is remembered
  across the attempts of one call: a PATCH whose first answer was lost and whose repetition was refused the
  connection may still have happened.
- Both 409s are ``Conflict``s that carry both hints; the ``type`` member only picks the class. Whoever must
  be sure reads the instance again.
- A pool of one-connection pools instead of httpcore's large one, which scans all its connections for every
  request and so gets slower with every worker.
- Addresses are absolute URLs, made here from ``Location`` and ``self.href`` and otherwise opaque. Hrefs are
  appended to the base, not joined to the host: they leave out the path of the base.
- A deletion whose outcome cannot be learnt is ``Undecided``, never success: only the words of the outcome
  or a 404 for the instance itself say that it is gone. A 404 for the *status* says nothing about it.
- A token for client credentials (``ims.py``) belongs to whoever asks for one: one fetch at a time, whose
  failure is the failure of all who waited for it. A 401 renews it and sends the call once more, a POST too,
  since the gateway refused it. The fetch repeats itself, so the call that wanted the token never does.
- Loopback addresses never go through a proxy, whatever the environment says.
- ``port.py``, ``errors.py``, ``connection.py`` and ``auth.py`` do not import httpx, so that commands that
  stay offline start fast.
"""
