"""NeMo checkpoints into memory, on the right device and without a word on the terminal.

Knows NeMo's classes and its habits; knows nothing about audio or text. NeMo and PyTorch
are imported here and only when a model is asked for: that takes ten seconds or more.
"""

import importlib
import logging
import os
import re
import shutil
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
)
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dialog.errors import Unavailable
from models.catalogue import ModelEntry, verify

if TYPE_CHECKING:
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector

ModelKind = Literal["asr", "fastpitch", "hifigan"]

# Two threads that import NeMo at once see half-initialised modules of each other's, and the
# vocoder's classes are replaced while it is built: one model is loaded at a time.
_LOADING = threading.Lock()
_TALKATIVE = (
    "nemo_logger",
    "nv_one_logger",
    "nv_one_logger.api.config",
    "nv_one_logger.training_telemetry.api.training_telemetry_provider",
)


def pick_device(choice: str) -> str:
    """PyTorch's name for `auto` (a GPU where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises `Unavailable` for another word, and for a GPU that this machine does not have.
    """
    import torch

    if choice == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if choice == "cpu":
        return choice
    gpu = re.fullmatch(r"cuda(?::(\d+))?", choice)
    if gpu is None:
        raise Unavailable(f"no device {choice!r}: give auto, cpu or cuda")
    index = int(gpu[1] or 0)
    if not torch.cuda.is_available() or index >= torch.cuda.device_count():
        raise Unavailable(f"the device {choice} was asked for, but this machine has no such GPU")
    return choice


def restore(kind: ModelKind, entry: ModelEntry, device: str = "auto") -> Any:
    """The NeMo model of an entry in evaluation mode, float32, on the device.

    A file is restored with `restore_from`, a hub id with `from_pretrained`, or, when the
    entry pins a revision, which `from_pretrained` cannot, downloaded at it and restored.
    Raises `Unavailable` with one line for whatever keeps the model from loading.
    """
    verify(entry)
    with _LOADING:
        try:
            quieten()
            model = _restored(kind, entry, pick_device(device))
        except Unavailable:
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("loading %s", entry.id)
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise Unavailable(f"model {entry.id} cannot be loaded: {reason}") from error
    return model


@contextmanager
def hushed() -> Iterator[None]:
    """For the calls of NeMo's that print or draw progress bars and cannot be told not to."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        yield


def quieten() -> None:
    """Import NeMo and lead all it says into `logging`, so that nothing reaches stdout or
    stderr; its endless in-memory log is dropped too."""
    for name in _TALKATIVE:
        logging.getLogger(name).addHandler(logging.NullHandler())
    importlib.import_module("nemo.utils")  # makes the handlers that are removed here
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    logger = logging.getLogger("nemo_logger")
    for handler in list(logger.handlers):
        if not isinstance(handler, logging.NullHandler):
            logger.removeHandler(handler)
    logger.propagate = True


def _restored(kind: ModelKind, entry: ModelEntry, device: str) -> Any:
    import torch

    cls, around, connector = _recipe(kind)
    options = {"map_location": torch.device(device), "save_restore_connector": connector}
    if device == "cpu":
        # Values below 1e-38 make some layers of small models ten times slower.
        torch.set_flush_denormal(True)
        # oneDNN keeps a kernel for every length it has seen, 1024 of them: 600 MB of phrases.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
    with around:
        if entry.path is not None:
            model = cls.restore_from(str(entry.path), **options)
        elif entry.revision:
            model = cls.restore_from(_downloaded(entry), **options)
        else:
            model = cls.from_pretrained(entry.source, **options)
    if kind == "hifigan":
        # Only after loading: without it the layers are faster, but have other names. Prints.
        with hushed():
            model.generator.remove_weight_norm()
    return model.float().eval().to(device)


def _downloaded(entry: ModelEntry) -> str:
    from huggingface_hub import hf_hub_download

    filename = entry.source.rpartition("/")[2] + ".nemo"
    return str(hf_hub_download(entry.source, filename, revision=entry.revision))


def _recipe(kind: ModelKind) -> tuple[Any, AbstractContextManager[Any], "SaveRestoreConnector"]:
    """The class that restores, what must hold meanwhile, and the reader of the file."""
    if kind == "asr":
        from nemo.collections.asr.models import ASRModel

        return ASRModel, nullcontext(), connector()
    from nemo.collections.tts.models import FastPitchModel, HifiGanModel

    if kind == "fastpitch":
        return FastPitchModel, nullcontext(), connector()
    return HifiGanModel, without_discriminators(), _generator_only()


@contextmanager
def without_discriminators() -> Iterator[None]:
    """HiFi-GAN builds 70 M parameters that only its training needs; build none of them."""
    import torch

    hifigan = importlib.import_module("nemo.collections.tts.models.hifigan")

    class Nothing(torch.nn.Module):
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__()

    names = "MultiPeriodDiscriminator", "MultiScaleDiscriminator"
    classes = {name: getattr(hifigan, name) for name in names}
    for name in names:
        setattr(hifigan, name, Nothing)
    try:
        yield
    finally:
        for name, cls in classes.items():
            setattr(hifigan, name, cls)


def unpack(
    archive: Path, folder: Path, members: Sequence[str | tarfile.TarInfo] | None = None
) -> None:
    """The files of a `.nemo` archive, or those named, into the folder.

    NeMo 3.0 calls `TarFile.extract` with `filter="data"`, which Python has from 3.11.4 on, and
    Debian 12 stops at 3.11.2. So the files are copied here, on every Python alike: nothing but
    plain files, whose owners and modes stay behind, and none outside the folder.
    """
    from nemo.utils.tar_utils import is_safe_tar_member

    folder = folder.resolve()
    with tarfile.open(archive) as tar:
        for named in tar if members is None else members:
            member = tar.getmember(named) if isinstance(named, str) else named
            if not (member.isfile() and is_safe_tar_member(member, str(folder))):
                continue
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            if source is None:
                raise tarfile.ReadError(f"{member.name} holds no data")
            with source, path.open("wb") as copy:
                shutil.copyfileobj(source, copy)


def connector() -> "SaveRestoreConnector":
    """NeMo's reader of `.nemo` files, which unpacks them with `unpack`."""
    return _connector()()


def _connector() -> "type[SaveRestoreConnector]":
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector

    class Reader(SaveRestoreConnector):  # type: ignore[misc]
        @staticmethod
        def _unpack_nemo_file(
            path2file: str,
            out_folder: str,
            members: Sequence[str | tarfile.TarInfo] | None = None,
        ) -> str:
            unpack(Path(path2file), Path(out_folder), members)
            return out_folder

    return Reader


def _generator_only() -> "SaveRestoreConnector":
    """Reads checkpoints that hold discriminators and those that do not, strictly otherwise."""

    class GeneratorOnly(_connector()):  # type: ignore[misc]
        def load_instance_with_state_dict(
            self, instance: Any, state_dict: dict[str, Any], strict: bool
        ) -> None:
            kept = {k: v for k, v in state_dict.items() if not k.startswith(("mpd.", "msd."))}
            super().load_instance_with_state_dict(instance, kept, strict)

    return GeneratorOnly()
