"""One configuration for everything of Jupyter that the course starts.

Jupyter reads it because `locrib` puts this folder into JUPYTER_CONFIG_PATH (a jupyter_config.py
in the current directory is read by nothing), and because an installation copies it to
etc/jupyter. JupyterLab executes it once per extension application at every start: assignments
only. What the browser side must be told as files is in locrib/jupyter/labconfig.
"""

c = get_config()  # noqa: F821 -- Jupyter calls this file with get_config in its globals

# This machine only. The token is made anew at every start by `locrib learn`.
c.ServerApp.ip = "127.0.0.1"

# The course opens on its home page.
c.LabApp.default_url = "/lab/tree/home.ipynb"

# No request leaves the machine: no news, no update check, no listing of extensions.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

# Two extensions that come along with packages we need. jupytext would pair notebooks with text:
# a second file of a learner's work, and once a way for answers back into a student's copy (jupytext
# issue 157). jupyter_lsp looks for language servers by running npm, which asks its registry for
# news. Their browser sides are switched off in labconfig.
c.ServerApp.jpserver_extensions = {"jupyterlab_jupytext": False, "jupyter_lsp": False}

# A learner's own new notebooks get the course's kernel too.
c.MultiKernelManager.default_kernel_name = "locrib-course"

# A kernel listens on TCP, which other users of the machine can reach: encrypt it, where the
# versions at hand can (older ones ignore the setting). Without it ipykernel warns at every start.
c.KernelManager.transport_encryption = "auto"

# Widget state would put megabytes into every executed notebook; our instruments draw an SVG and a
# text twin instead, and exported pages prefer these to a script that needs a server.
c.NotebookClient.store_widget_state = False
c.NbConvertBase.display_data_priority = [
    "text/html",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/markdown",
    "text/latex",
    "text/plain",
]
