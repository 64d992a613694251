"""A BERT of one layer and 16 dimensions, made on the spot and saved as hub models are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def save(folder: Path, model_class: Any, words: Sequence[str], **config: object) -> None:
    """`model_class` with random weights, and a tokenizer of `words`, into `folder`."""
    from transformers import BertConfig, BertTokenizerFast

    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    sizes = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    model_class(BertConfig(vocab_size=len(words), **sizes, **config)).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
