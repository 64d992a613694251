"""Fits `evidence.confidence` on five knowledge bases, and measures it on each by the others.

    python -m tests.bench.knowing

Prints the F1 of refusing on each base, fitted on the other four and on all five, then the weights.
docs/decisions/0004 quotes them. Questions and articles: samples/ and tests/data/.
"""

import json
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from rag import evaluation
from rag.answering import answerability
from rag.answering.answer import CANDIDATES, THRESHOLD
from rag.answering.query import analyse
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever, open_retriever
from store.engine import open_store

ROOT = Path(__file__).parents[2]
OTHERS = ("clinic", "bank", "shop", "house")
SETS = {"samples": (ROOT / "samples/knowledge", ROOT / "samples/questions/labelled.jsonl")} | {
    name: (next((ROOT / "tests/data" / name).glob("articles*")),
           ROOT / "tests/data" / name / "questions.jsonl")
    for name in OTHERS
}  # fmt: skip
REGULARISATION = 0.5
NOTHING = (0,) * len(answerability.WEIGHTS)

Rows = NDArray[np.float64]


def rows(retriever: Retriever, questions: Path) -> tuple[Rows, Rows]:
    """Features of each question, and 1 for one that can be answered."""
    found, known = [], []
    for question in evaluation.read(questions):
        hits = retriever.search_passages(question.text, CANDIDATES)
        asked = analyse(question.text, hits, retriever.rarity)
        weighed = answerability.weigh(asked, hits)
        score = retriever.words_score(question.text)
        # What finds or asks nothing is refused unseen, as a row of noughts is by the bias.
        some = weighed and asked.weight
        found.append(astuple(answerability.features(asked, weighed, score)) if some else NOTHING)
        known.append(bool(question.documents))
    return np.array(found, float), np.array(known, float)


def fit(sets: list[tuple[Rows, Rows]]) -> tuple[Rows, float]:
    """Weights and bias; features are brought to one spread first."""
    values, known = np.vstack([one for one, _ in sets]), np.concatenate([two for _, two in sets])
    mean, spread = values.mean(0), values.std(0)
    fitted = LogisticRegression(C=REGULARISATION).fit((values - mean) / spread, known)
    weights = fitted.coef_[0] / spread
    return weights, float(fitted.intercept_[0] - weights @ mean)


def f1(measured: tuple[Rows, Rows], weights: Rows, bias: float) -> float:
    """Of refusing, unanswerable questions being the positives."""
    values, known = measured
    refused = 1 / (1 + np.exp(-(values @ weights + bias))) < THRESHOLD
    return float(2 * (refused & (known == 0)).sum() / (refused.sum() + (known == 0).sum()))


def main() -> None:
    sets: dict[str, Any] = {}
    for name, (documents, questions) in SETS.items():
        with TemporaryDirectory() as home:
            store = open_store(f"sqlite:///{home}/beseda.db")
            retriever = open_retriever(store, Path(home) / "index")
            Ingestion(store, retriever.follow).ingest([documents])
            sets[name] = rows(retriever, questions)
            retriever.close()
            store.close()
    all_of_them = fit(list(sets.values()))
    for name, own in sets.items():
        without = fit([one for other, one in sets.items() if other != name])
        left_out, fitted = f1(own, *without), f1(own, *all_of_them)
        print(json.dumps({"base": name, "left out": round(left_out, 3), "in": round(fitted, 3)}))
    print("weights", all_of_them[0].round(2).tolist(), "bias", round(all_of_them[1], 2))


if __name__ == "__main__":
    main()
