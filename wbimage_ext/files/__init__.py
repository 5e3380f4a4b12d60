"""Where encoded files live: in memory, staged where memory has no room, then whole in a run.

`stored.py` has what an image holds, `memory.py` the bound, `staging.py` the private directory,
`incoming.py` what is read in pieces, `whole.py` how a file is written, `together.py` many at once,
`names.py` and `errors.py` the wording.
"""
