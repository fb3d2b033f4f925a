"""Why MetalLB does not take a configuration."""


class ConfigError(Exception):
    """The objects make no configuration; the text is MetalLB's own."""

    transient = False
    """Whether another object that is missing now may still mend it."""


class TransientError(ConfigError):
    """Something is named that is not there yet: a BFD profile, a Secret, a community's alias."""

    transient = True
