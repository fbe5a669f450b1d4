"""The version of this project: both distributions, every record and every ``--version`` take it from here."""

__version__ = "0.2.0"

DISTRIBUTION = "edge-deploy-kit"
"""The name of this project, and of its distribution that holds everything."""

RUNTIME_DISTRIBUTION = "edge-deploy-runtime"
"""The name of the distribution for devices."""
