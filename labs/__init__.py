"""The real thing: routing daemons in rootless namespaces, unpacked, driven and asked.

`packages` brings the daemons, `process_tree` is a lab's namespaces, `frr`, `bird` and `gobgp` run
in its hosts, `speaker` tells them routes; `agreement` proves the model by them.
"""
