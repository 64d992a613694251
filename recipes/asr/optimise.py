"""The optimiser: Muon for the encoder's matrices, AdamW for the rest, and the learning-rate curve.

Muon orthogonalises each matrix's momentum by a Newton-Schulz iteration (K. Jordan et al., 2024),
scaled to AdamW's update size (0.2 sqrt(max(rows, columns)), Moonlight, 2025): one rate serves both.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


@torch.no_grad()
def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """The nearest orthogonal matrices (B, rows, columns), roughly: singular values near 1."""
    x: Tensor = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = x.shape[1] > x.shape[2]
    x = (x.mT if tall else x).contiguous()
    a, b, c = _COEFFICIENTS
    for _ in range(steps):
        gram = torch.bmm(x, x.mT)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """For matrices and 1x1 convolutions; matrices of one shape are orthogonalised together, in
    `dtype`."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        *,
        dtype: torch.dtype,
    ) -> None:
        self._dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    shapes[(p.shape[0], p.numel() // p.shape[0])].append(p)
            for (rows, columns), params in shapes.items():
                self._update(params, rows, columns, group)

    def _update(
        self, params: list[Tensor], rows: int, columns: int, group: dict[str, float]
    ) -> None:
        for p in params:
            self.state[p].setdefault("momentum", torch.zeros_like(p))
        buffers = [self.state[p]["momentum"] for p in params]
        grads = [p.grad for p in params if p.grad is not None]
        torch._foreach_lerp_(buffers, grads, 1 - group["momentum"])
        ahead = torch._foreach_lerp(grads, buffers, group["momentum"])
        together = torch.stack([u.view(rows, columns) for u in ahead])
        update = orthogonal(together.to(self._dtype)).to(together.dtype)
        size = 0.2 * max(rows, columns) ** 0.5
        if group["weight_decay"]:
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
        updates = [u.reshape(p.shape) for u, p in zip(update, params, strict=True)]
        torch._foreach_add_(params, updates, alpha=-group["lr"] * size)


def optimisers(model: nn.Module, rate: float, dtype: torch.dtype) -> list[torch.optim.Optimizer]:
    """Muon, multiplying in `dtype`, for the encoder layers' matrices; AdamW for everything else."""
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, p in model.named_parameters():
        wide = p.dim() >= 2 and p.numel() // p.shape[0] > 16 and min(p.shape[:2]) > 16
        (matrices if wide and "encoder.layers" in name else others).append(p)
    return [
        Muon(matrices, rate, weight_decay=0.01, dtype=dtype),
        torch.optim.AdamW(others, rate, betas=(0.9, 0.98), weight_decay=0.001, foreach=True),
    ]


def rate_at(step: int, done: float, warmup_steps: int, peak: float, decay_from: float) -> float:
    """Warm-up by steps, flat, then linear to almost nothing; `done` runs from 0 to 1."""
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if done <= decay_from:
        return peak
    return peak * max(0.01, (1 - done) / (1 - decay_from))
