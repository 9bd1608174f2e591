"""Trains the small model from scratch: a table of vectors, a text being the mean of its features' rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from knowledge.embedding.material import Material
from knowledge.embedding.pairs import Pair, PairDrawer

SCALE = 20.0  # of cosines in the softmax, as in sentence-transformers' MultipleNegativesRankingLoss


@dataclass(frozen=True)
class TrainingPlan:
    """How long and how wide to train; the same plan, seed and material give the same model."""

    dims: int = 128
    steps: int = 1000
    batch_size: int = 1024
    learning_rate: float = 2e-3
    seed: int = 7


def train(
    material: Material,
    plan: TrainingPlan,
    progress: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> np.ndarray:
    """Return float32 weights of shape (features, dims).

    Every other batch is made of neighbours from the same laws, which are the hard negatives here: the
    usual miss is the right law with the wrong article.

    Args:
        progress: told the step, the number of steps and the loss.
    """
    torch.manual_seed(plan.seed)
    table = torch.nn.EmbeddingBag(len(material.vocabulary), plan.dims, mode="mean")
    torch.nn.init.normal_(table.weight, std=0.1)
    optimiser = torch.optim.Adam(table.parameters(), lr=plan.learning_rate)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.1, total_iters=plan.steps)
    drawer = PairDrawer(material, plan.seed)
    for step in range(plan.steps):
        pairs = drawer.batch(plan.batch_size, in_law=step % 2 == 1)
        loss = contrastive_loss(_encode(table, pairs, "query"), _encode(table, pairs, "text"), _keys(pairs))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay.step()
        progress(step + 1, plan.steps, loss.item())
    return table.weight.detach().numpy()


def contrastive_loss(queries: torch.Tensor, texts: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Return the mean loss of finding each query's own text among the batch's texts.

    Args:
        queries, texts: unit vectors of shape (pairs, dims).
        keys: shape (pairs,); another pair's text with the same key is not a negative.
    """
    scores = SCALE * queries @ texts.T
    same = (keys[:, None] == keys[None, :]) & ~torch.eye(len(keys), dtype=torch.bool)
    return functional.cross_entropy(scores.masked_fill(same, -torch.inf), torch.arange(len(keys)))


def _encode(table: torch.nn.EmbeddingBag, pairs: list[Pair], side: str) -> torch.Tensor:
    rows = [getattr(pair, side) for pair in pairs]
    starts = np.cumsum([0] + [len(ids) for ids in rows[:-1]])
    ids = torch.from_numpy(np.concatenate(rows).astype(np.int64))
    return functional.normalize(table(ids, torch.from_numpy(starts)), dim=-1)


def _keys(pairs: list[Pair]) -> torch.Tensor:
    return torch.tensor([pair.key for pair in pairs])
