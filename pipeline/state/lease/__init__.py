"""One driver at a time writes a run directory, whichever host it is on, on a disk or in an object store.

May import what `state` may. `record` is what a lease file says, `files` are the lease files of a directory, `taking`
decides who drives, `held` is what the driver has then, and `holding` keeps it until the command ends; `driver_file` is
for versions that know no lease. What is promised, and what is not, stands in
docs/design/scale.md under "One driver at a time". A storage needs nothing but `RunStorage.create`, which tells one of
several writers that it made a file.
"""
