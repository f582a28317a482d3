"""Say which workers a cluster has: some for each shipped model, and some for all others.

Ray Serve starts and ends them by how many requests wait, and starts one anew that died. ``build`` is what its own
configuration names (``viz.cluster.deployment:build``); ``deploy`` starts all of them from Python.
"""

from typing import Any

from viz import settings
from viz.cluster.ray_quiet import serve
from viz.cluster.worker import AT_ONCE, Worker
from viz.shipped import ALL_SHIPPED

OTHERS = "others"
NAMES = (*ALL_SHIPPED, OTHERS)  # of Serve's applications

# One thread a pass and one pass at a time: a worker is one core's. What it does stands in the app's log, not in its.
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "HEADLIGHT_PASSES": "1", "HEADLIGHT_ENGINE": "local", "HEADLIGHT_LOG": "0"}


def name_of(checkpoint: str) -> str:
    """Name the application whose workers answer about a checkpoint."""
    return checkpoint if checkpoint in ALL_SHIPPED else OTHERS


def build(arguments: dict[str, str]) -> Any:
    """Make one application, named by ``{"name": …}``: one of ``NAMES``."""
    name, workers = arguments["name"], settings.current().workers
    scaling = {
        "min_replicas": 0 if name == OTHERS else 1,
        "max_replicas": workers,
        "target_ongoing_requests": 1,
        "upscale_delay_s": 1.0,
        "downscale_delay_s": 300.0,
        "look_back_period_s": 11.0,
    }
    deployment = serve.deployment(
        Worker,
        name="worker",
        max_ongoing_requests=AT_ONCE,
        autoscaling_config=scaling,
        health_check_period_s=2.0,
        health_check_timeout_s=30.0,
        graceful_shutdown_timeout_s=5.0,
        ray_actor_options={"num_cpus": 1, "runtime_env": {"env_vars": _ENVIRONMENT}},
    )
    return deployment.bind("" if name == OTHERS else name)


def deploy(names: tuple[str, ...] = NAMES) -> None:
    """Start the workers of all applications, and wait until each can answer."""
    serve.start(proxy_location="Disabled")  # nobody but the app asks, and not over HTTP
    serve.run_many([serve.RunTarget(build({"name": name}), name, route_prefix=None) for name in names])
