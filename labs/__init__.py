"""The real thing: routing daemons in rootless namespaces, unpacked, driven and asked.

`packages` brings the daemons, `process_tree` is a lab's namespaces, `frr`, `bird` and `gobgp` run
in its hosts. `lab` is a whole lab brought up from a file in `topologies` (`topology`,
`topology_file`, `wiring` and the `*_config` modules are pure), `lab_replay` a recorded one,
`holder` and `remote` one that another process holds; `lab_contract` is what all of them have.
`stage` is the first lesson's lab, where `speaker` tells a router routes; `agreement` proves the
model by the daemons.
"""
