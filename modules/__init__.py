"""The course: text and data, one folder a module, and what reads and checks them.

A module's folder holds `module.toml`, `home.md`, `lessons/*.md` (MyST Markdown), `questions/*.toml`
(one file a question), `misconceptions.toml`, `scenes/*.json` (decision cases) and `recordings/`
(what real routers printed). Adding content adds a file; `modules.catalog` finds and checks it.
"""
