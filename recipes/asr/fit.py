"""The training loop: resumable, by the clock, over a folder of speech that may still be growing.

Several processes learn from a batch each and share the gradients: on a CPU that is faster than
as many threads, which wait for each other in every small operation.
"""

import argparse
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.distributed as dist
from nemo.collections.asr.models import ASRModel, EncDecCTCModelBPE
from torch import Tensor
from torch.multiprocessing.spawn import spawn

from models.loading import connector
from recipes.asr.batches import Curriculum, SpeechBatch, collate
from recipes.asr.measure import measure
from recipes.asr.network import build, export, warm_start
from recipes.asr.optimise import optimisers, rate_at
from recipes.asr.speech_data import SpeechFolder
from recipes.curves import Curve

_SECOND = 16000
_LONGEST_S = 14.0

LOG = logging.getLogger("asr.train")


def loss_of(
    model: EncDecCTCModelBPE, batch: SpeechBatch, masks: bool, dtype: torch.dtype
) -> Tensor:
    """CTC loss of a batch; the encoder multiplies in `dtype`."""
    features, frames = model.preprocessor(input_signal=batch.audio, length=batch.lengths)
    if masks:
        features = model.spec_augmentation(input_spec=features, length=frames)
    with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        encoded, lengths = model.encoder(audio_signal=features, length=frames)
    units = [torch.tensor(model.tokenizer.text_to_ids(text)) for text in batch.texts]
    loss: Tensor = model.loss(
        log_probs=model.decoder(encoder_output=encoded.float()),
        targets=torch.nn.utils.rnn.pad_sequence(units, batch_first=True),
        input_lengths=lengths,
        target_lengths=torch.tensor([len(u) for u in units]),
    )
    return loss


class Average:
    """Exponential moving average of the weights; buffers are taken as they are."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.weights = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: torch.nn.Module, keep: float) -> None:
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, 1 - keep)
            else:
                self.weights[name].copy_(value)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be chosen about a training run."""
    option = parser.add_argument
    option("--home", type=Path, required=True, help="everything the run writes")
    option("--out", type=Path, help="the .nemo, written again and again; default under HOME")
    option("--dev-limit", type=int, default=100, help="utterances per set while training")
    option("--start", type=Path, help="a .nemo to go on from, instead of random weights")
    option("--minutes", type=float, default=90, help="of training, over all resumes")
    option("--rate", type=float, default=1.5e-3)
    option("--decay-from", type=float, default=0.55, help="share of the time at full rate")
    option("--warmup", type=int, default=100, help="steps")
    option("--short-steps", type=int, default=150, help="steps on the shortest speech only")
    option("--clean-steps", type=int, default=1900, help="steps without disturbance")
    option("--ramp-steps", type=float, default=1000, help="with --start: until all disturbed")
    option("--hardest", type=float, default=0.6, help="most disturbance, 0 to 1")
    option("--batch-s", type=float, default=50, help="seconds of audio in a process's batch")
    option("--favour", type=float, default=10, help="how often own recordings come, of others")
    option("--width", type=int, default=176)
    option("--layers", type=int, default=8)
    option("--processes", type=int, default=1, help="one for each core, say")
    option(
        "--bfloat16",
        action="store_const",
        const=torch.bfloat16,
        default=torch.float32,
        dest="dtype",
        help="multiply so: faster where the CPU can (avx512_bf16 or amx_bf16 in /proc/cpuinfo)",
    )
    option("--save-minutes", type=float, default=4)
    option("--export-minutes", type=float, default=10)
    option("--seed", type=int, default=1)


def log_to_terminal(level: int = logging.INFO) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


class Run:
    """All that a training run is: network, optimisers, data order, clock."""

    def __init__(self, args: argparse.Namespace, rank: int) -> None:
        self.args = args
        torch.manual_seed(args.seed)
        self.model = build(args.home / "tok", args.width, args.layers).train()
        # Else every pass agrees on the longest utterance with the other processes, and measuring,
        # which only the first one does, would hang.
        self.model.encoder.sync_max_audio_length = False
        # Channels last is the faster layout for the subsampling convolutions on a CPU.
        convolutions = self.model.encoder.pre_encode.conv
        self.model.encoder.pre_encode.conv = convolutions.to(memory_format=torch.channels_last)
        folder = SpeechFolder(args.home / "shards")
        folder.refresh()
        self.state = args.home / "state.pt"
        if args.start and not self.state.exists():
            self._warm_start(folder)
        self.optimisers = optimisers(self.model, args.rate, args.dtype)
        self.average = Average(self.model)
        self.data = Curriculum(folder, args.batch_s, args.seed + rank, args.favour)
        self.folder = folder
        self.step, self.spent_s, self.loss = 0, 0.0, 0.0
        if self.state.exists():
            self._resume()
        # As of the last agreement: by its own clock one process would stop a step before another.
        self.done = self._time_used()
        self.settings()
        # The next batch is disturbed while this one is learnt from.
        self._background = ThreadPoolExecutor(1)
        self._coming = self._background.submit(self.data.next)

    def _warm_start(self, folder: SpeechFolder) -> None:
        donor = ASRModel.restore_from(
            str(self.args.start), map_location="cpu", save_restore_connector=connector()
        )
        some = [folder.samples(u)[:_SECOND] for u in folder.utterances[:64]]
        warm_start(self.model, donor, collate([a for a in some if len(a) == _SECOND], []).audio)
        LOG.info("starts from %s", self.args.start)

    def _resume(self) -> None:
        saved = torch.load(self.state, weights_only=False)
        self.model.load_state_dict(saved["model"])
        self.average.weights = saved["average"]
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.step, self.spent_s, self.loss = saved["step"], saved["spent_s"], saved["loss"]
        self.data.used = saved["used"]
        torch.set_rng_state(saved["rng"])
        LOG.info("resumed at step %d", self.step)

    def save(self) -> None:
        temporary = self.state.with_suffix(".tmp")
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.weights,
                "optimisers": [o.state_dict() for o in self.optimisers],
                "step": self.step,
                "spent_s": self.spent_s,
                "loss": self.loss,
                "used": self.data.used,
                "rng": torch.get_rng_state(),
            },
            temporary,
        )
        temporary.replace(self.state)

    def settings(self) -> bool:
        """Set how hard the data is; true when the spectrogram is masked too."""
        if self.args.start:
            self.data.longest_s = _LONGEST_S
            self.data.level = min(self.args.hardest, 0.1 + self.step / self.args.ramp_steps)
            return bool(self.step > self.args.warmup)
        self.data.longest_s = 2.5 + max(0, self.step - self.args.short_steps) / 60
        hard = (self.step - self.args.clean_steps) / 1000
        self.data.level = min(self.args.hardest, max(0.0, hard))
        return bool(self.data.level > 0.5)

    def _time_used(self) -> float:
        return float(self.spent_s / (60 * self.args.minutes))

    def _agree(self) -> None:
        """Every process goes on with the average gradient, and by the same clock."""
        if not dist.is_initialized():
            return
        grads = [p.grad for p in self.model.parameters() if p.grad is not None]
        together = torch.cat([*(g.reshape(-1) for g in grads), torch.tensor([self.spent_s])])
        dist.all_reduce(together)
        *shared, spent_s = (together / self.args.processes).split([*(g.numel() for g in grads), 1])
        for grad, average in zip(grads, shared, strict=True):
            grad.copy_(average.view_as(grad))
        self.spent_s = float(spent_s)

    def advance(self) -> float:
        """One step; the seconds of audio that this process saw."""
        masks = self.settings()
        started = time.monotonic()
        batch = self._coming.result()
        self._coming = self._background.submit(self.data.next)
        loss = loss_of(self.model, batch, masks, self.args.dtype)
        torch.autograd.backward(loss)
        self._agree()
        self.done = self._time_used()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        rate = rate_at(self.step, self.done, self.args.warmup, self.args.rate, self.args.decay_from)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
            optimiser.zero_grad()
        self.step += 1
        if self.step % 5 == 0:
            self.average.update(self.model, min(0.997, self.step / (self.step + 50)) ** 5)
        value = float(loss.detach())
        self.loss = value if self.loss == 0 else 0.95 * self.loss + 0.05 * value
        self.spent_s += time.monotonic() - started
        return batch.seconds

    def evaluate(self, curve: Curve) -> None:
        """Word error rates of the averaged weights on the held-out sets."""
        kept = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.average.weights)
        found = {}
        for name, folder in self.args.dev:
            rates = measure(self.model, folder, self.args.dev_limit)
            LOG.info("step %d WER %s %s", self.step, name, rates)
            found[f"wer_{name}"] = rates["all"]
        curve.add(self.step, **found)
        curve.plot()
        self.model.load_state_dict(kept)
        self.model.train()


def fit(args: argparse.Namespace) -> None:
    """Train until `minutes` are spent, measuring and exporting on the way."""
    if args.processes == 1:
        _learn(args)
        return
    (args.home / "processes").unlink(missing_ok=True)
    # One that fails ends the others, which would else wait half an hour for it.
    spawn(_learn_together, (args,), args.processes)  # type: ignore[no-untyped-call]


def _learn_together(rank: int, args: argparse.Namespace) -> None:
    log_to_terminal(logging.ERROR if rank else logging.INFO)
    meeting = (args.home / "processes").absolute().as_uri()
    dist.init_process_group("gloo", meeting, rank=rank, world_size=args.processes)
    _learn(args, rank)
    dist.destroy_process_group()


def _learn(args: argparse.Namespace, rank: int = 0) -> None:
    """One process's part; the first one's is also to measure, export and tell."""
    logging.getLogger("nemo_logger").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    # Denormals in the first steps are the difference between 5x and 40x real time.
    torch.set_flush_denormal(True)
    job = Run(args, rank)
    if rank:
        while job.done < 1:
            job.advance()
        return
    curve = Curve(args.home / "curve", job.step)
    report = saved = exported = time.monotonic()
    audio_s, since = 0.0, job.step
    while job.done < 1:
        audio_s += job.advance()
        now = time.monotonic()
        if job.step - since >= 20:
            speed = args.processes * audio_s / (now - report)
            hours = sum(u.duration_s for u in job.folder.utterances)
            LOG.info(
                "step %d loss %.2f x%.0f lr %.1e level %.2f spent %.0f min data %.1f h",
                job.step,
                job.loss,
                speed,
                job.optimisers[0].param_groups[0]["lr"],
                job.data.level,
                job.spent_s / 60,
                hours / 3600,
            )
            curve.add(job.step, loss=job.loss, rate=job.optimisers[0].param_groups[0]["lr"])
            report, audio_s, since = now, 0.0, job.step
        if now - saved > 60 * args.save_minutes:
            job.save()
            saved = now
        if now - exported > 60 * args.export_minutes or job.done >= 1:
            job.evaluate(curve)
            export(job.model, job.average.weights, args.out)
            exported = report = time.monotonic()
            audio_s = 0.0
    job.save()
