"""A random model of Saiga's architecture, made on the spot: `python tiny_saiga.py FOLDER`.

Runs in vLLM's own environment. What it says is noise; it has the shape of Mistral Nemo (grouped
query attention, a head size of its own, byte-level BPE, the special tokens of the template), so
the server treats it as it would treat Saiga.
"""

import sys
from pathlib import Path
from typing import Any

SPECIAL = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<pad>"]
SEED_TEXT = (
    "Тариф «Домашний 200» стоит 650 рублей в месяц. Договор бессрочный, штрафа за отказ нет.",
    "Фрагменты: вопрос, ответ, документ, номер, телефон, адрес, офис, мастер, роутер, оплата.",
    "Отвечай только тем, что сказано во фрагментах: ничего не добавляй от себя и не угадывай.",
    "Да. Нет. Хорошо. Сейчас посмотрю. Это бесплатно. Это платно. Позвоните нам завтра.",
)
VOCABULARY = 2_048
LONGEST_TOKENS = 2_048


def make(folder: Path) -> None:
    """Write tokenizer, weights and configuration; the same bytes each time."""
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    tokenizer = _tokenizer()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,  # not hidden / heads, as in Nemo
        max_position_embeddings=LONGEST_TOKENS,
        sliding_window=None,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    MistralForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=1,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SEED_TEXT, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=["[INST]", "[/INST]"],
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]))
