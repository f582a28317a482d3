"""Start and stop a cluster on this computer."""

import logging
from pathlib import Path

from viz import settings
from viz.cluster.deployment import NAMES, deploy
from viz.cluster.ray_quiet import ray

REPOSITORY = Path(__file__).resolve().parents[2]


def start(names: tuple[str, ...] = NAMES) -> str:
    """Start a cluster on this computer, and its workers; gives its address as ``HEADLIGHT_ENGINE`` has it.

    It counts as many processors as it may have workers: most of them wait. Its store holds what the app keeps, and as
    much again on its way.
    """
    now = settings.current()
    ray.init(
        num_cpus=len(NAMES) * now.workers,
        object_store_memory=2 * now.kept_answers_mb * settings.MB,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        namespace="serve",
        runtime_env={"env_vars": {"PYTHONPATH": str(REPOSITORY)}},
    )
    deploy(names)
    return settings.CLUSTER + ray.get_runtime_context().gcs_address


def stop() -> None:
    """End the cluster with everything in it; one that did not come up is none to end."""
    ray.shutdown()
