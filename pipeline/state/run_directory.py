"""A run's directory: where it is, which config it belongs to, and which driver writes it."""

from pipeline.config.fields import AS_STORED
from pipeline.config.load import validated_config
from pipeline.config.schema import Config
from pipeline.errors import ConfigError, StoreError
from pipeline.state.lease.taking import require_no_driver
from pipeline.state.run_files import CONFIG as CONFIG
from pipeline.state.run_files import EVALUATION as EVALUATION
from pipeline.state.run_files import absolute_root as absolute_root
from pipeline.state.store import Store


def run_root(config: Config) -> str:
    """The directory of a config's run."""
    return f"{absolute_root(config.run.root).rstrip('/')}/{config.run.name}"


def require_free(store: Store, config: Config) -> None:
    """Say why this config cannot continue the run directory, if it cannot; writes nothing and waits for nobody.

    Raises StoreError if a driver of this machine is alive on it, or if identity fields differ from those it was begun
    with (`run.iterations` may grow).
    """
    require_same_settings(store, config)
    require_no_driver(store.files)


def require_same_settings(store: Store, config: Config) -> None:
    """Raises StoreError as `require_free` does of settings."""
    if not store.exists(CONFIG):
        return
    sections = tuple(Config.model_fields)
    there, now = _stored(store).identity(*sections), config.identity(*sections)
    names = [name for name in sorted({*there, *now}) if there.get(name) != now.get(name)]
    if names:
        text = "; ".join(f"{name}: there {there.get(name)!r}, now {now.get(name)!r}" for name in names)
        raise StoreError(
            f"{store.root} belongs to a run with other settings ({text}). "
            "Choose another run.name, or restore the settings to continue it"
        )


def claim_directory(store: Store, config: Config) -> None:
    """Bind the run directory, which this driver holds, to this config. Raises StoreError as `require_same_settings`."""
    require_same_settings(store, config)
    store.write(config.model_dump_json(indent=1).encode(), CONFIG)


def stored_config(root: str) -> Config:
    """The config that a run directory was begun with. Raises StoreError if there is none."""
    store = Store(absolute_root(root))
    require_run_directory(store)
    return _stored(store)


def require_run_directory(store: Store) -> None:
    """Raises StoreError if no run was begun there. The config is not read: it may name rows that are not installed."""
    if not store.exists(CONFIG):
        raise StoreError(f"{store.root} is not a run directory: it holds no {CONFIG}. Runs are folders under run.root")


def _stored(store: Store) -> Config:
    try:
        return validated_config(store.read_json(CONFIG), AS_STORED)
    except ConfigError as error:
        raise StoreError(
            f"{store.root}/{CONFIG} is not what a run wrote: {error}. Restore it; if a newer version of mucode wrote "
            "it, continue with that one"
        ) from None
