"""The nodes of a cluster, looked at from the machine that would drive a run.

`connection` starts a process of its own that joins the cluster, since Ray may wait for ever and talks on standard
error; `driver` is that process. `node_probe` is the actor on each node, `node_checks` what its facts are held against,
`storage` whether all nodes see the same files, `clocks` how far their clocks are apart. May import what the room above
may. `node_probe` is sent to the nodes as source, so it works where mucode is missing or another: it imports nothing of
mucode at its top. A new check of a node is a function of `NodeView` in the table of `node_checks`.
"""
