"""How every test of the project runs."""

from hypothesis import settings

# A property is judged by its answer and not by its pace: a loaded machine is no bug.
settings.register_profile("default", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile("default")

pytest_plugins = ["lab_page"]  # fixtures for tests in a browser: jupyter_server, chromium, lab
