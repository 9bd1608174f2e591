"""The model learns, repeatably."""

import numpy as np
import pytest
import torch

from knowledge.embedding.features import FeatureTokeniser
from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.material import Material
from knowledge.embedding.training import TrainingPlan, contrastive_loss, train

PLAN = TrainingPlan(dims=16, steps=60, batch_size=64, learning_rate=2e-2, seed=5)


@pytest.fixture(scope="module")
def weights(material: Material) -> np.ndarray:
    return train(material, PLAN)


def _vector(text: str, material: Material, features: FeatureTokeniser, weights: np.ndarray) -> np.ndarray:
    row = {feature: number for number, feature in enumerate(material.vocabulary)}
    mean = weights[[row[feature] for feature in features.tokenise(text) if feature in row]].mean(axis=0)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize(
    ("said", "law"),
    [
        ("屋里揭不开锅", "最低生活保障条例"),
        ("做事搞伤了", "工伤保险条例"),
        ("想领个崽", "收养登记条例"),
        ("怎么才能不让他靠近", "人身安全保护令条例"),
    ],
)
def test_everyday_words_come_to_lie_near_the_right_law(
    said: str,
    law: str,
    material: Material,
    features: FeatureTokeniser,
    articles: list[LawArticle],
    weights: np.ndarray,
):
    """这些说法在法条里一个字也没有，只能靠学。"""
    texts = np.stack(
        [_vector(article.heading + article.text, material, features, weights) for article in articles]
    )

    best = int(np.argmax(texts @ _vector(said, material, features, weights)))

    assert articles[best].law == law


def test_the_same_plan_gives_the_same_model(material: Material, weights: np.ndarray):
    assert np.array_equal(train(material, PLAN), weights)


def test_another_seed_gives_another_model(material: Material, weights: np.ndarray):
    other = TrainingPlan(dims=16, steps=2, batch_size=64, seed=6)

    assert not np.allclose(train(material, other), weights)


def test_the_loss_falls(material: Material):
    losses: list[float] = []

    train(material, PLAN, lambda step, steps, loss: losses.append(loss))

    assert len(losses) == PLAN.steps
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])


def test_a_text_with_the_same_key_is_no_negative():
    """同一条文在一批里出现两次时，不能把它当成自己的反例。"""
    generator = torch.Generator().manual_seed(1)
    queries, texts = (torch.nn.functional.normalize(torch.randn(3, 8, generator=generator)) for _ in range(2))
    texts[2] = texts[0]

    masked = contrastive_loss(queries[:1], texts[:1], torch.tensor([7]))
    with_twin = contrastive_loss(queries, texts, torch.tensor([7, 8, 7]))
    as_negatives = contrastive_loss(queries, texts, torch.tensor([7, 8, 9]))

    assert masked.item() == pytest.approx(0.0, abs=1e-6)
    assert with_twin < as_negatives
