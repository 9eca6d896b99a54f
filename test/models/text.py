# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Transformers of the package transformers."""

import torch
from torch import nn

from .model import Generator, Model, dim, enliven

TRANSFORMERS = ("transformers",)


class Outputs(nn.Module):
    """A model of the package with some of its results, called by keywords."""

    def __init__(self, model, names, keywords, **fixed):
        super().__init__()
        self.model, self.names, self.keywords, self.fixed = model, names, keywords, fixed

    def forward(self, *inputs):
        results = self.model(**dict(zip(self.keywords, inputs)), **self.fixed)
        return tuple(results[name] for name in self.names)


def tokens(batch, length, vocabulary=500):
    return torch.randint(0, vocabulary, (batch, length))


def mask(batch, length):
    """Rows that end at different places."""
    ends = torch.arange(length, length - batch, -1).clamp(min=1)
    return (torch.arange(length)[None] < ends[:, None]).long()


def masked_text(batch, length):
    return tokens(batch, length), mask(batch, length)


def bert():
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=1000, attn_implementation="sdpa")
    return Outputs(enliven(BertModel(config).eval()), ["last_hidden_state", "pooler_output"],
                   ["input_ids", "attention_mask"])


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=1000, attn_implementation="sdpa")
    return Outputs(enliven(GPT2LMHeadModel(config).eval()), ["logits"],
                   ["input_ids", "attention_mask"], use_cache=False)


def t5():
    from transformers import T5Config, T5Model

    config = T5Config(vocab_size=1000, d_model=256, d_kv=32, d_ff=512, num_layers=4, num_heads=8)
    model = enliven(T5Model(config).eval())
    with torch.no_grad():  # T5 doesn't scale its scores: its queries' weights are small
        for name, weight in model.named_parameters():
            if name.endswith(".q.weight"):
                weight /= config.d_kv ** 0.5
    return model


def t5_encoder():
    return Outputs(t5().encoder, ["last_hidden_state"], ["input_ids", "attention_mask"])


def t5_decoder():
    return Outputs(t5().decoder, ["last_hidden_state"],
                   ["input_ids", "encoder_hidden_states", "encoder_attention_mask"], use_cache=False)


def decoder_inputs(batch, length, source):
    return tokens(batch, length), torch.randn(batch, source, 256), mask(batch, source)


def whisper_encoder():
    from transformers import WhisperConfig, WhisperModel

    config = WhisperConfig(d_model=256, encoder_layers=4, encoder_attention_heads=4,
                           encoder_ffn_dim=1024, decoder_layers=1,
                           decoder_attention_heads=4, max_source_positions=200,
                           vocab_size=1000, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                           decoder_start_token_id=1, attn_implementation="sdpa")
    return Outputs(enliven(WhisperModel(config).eval()).encoder, ["last_hidden_state"],
                   ["input_features"])


def gpt2_generator():
    from transformers import GPT2Config, GPT2LMHeadModel

    return enliven(GPT2LMHeadModel(GPT2Config(vocab_size=500, n_embd=128, n_layer=3, n_head=4,
                                              bos_token_id=0, eos_token_id=None)).eval())


def llama_generator():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(vocab_size=500, hidden_size=128, intermediate_size=256,
                         num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
                         max_position_embeddings=256, bos_token_id=0, eos_token_id=None)
    return enliven(LlamaForCausalLM(config).eval())


BATCH, LENGTH = dim("batch", 8), dim("length", 64)
OPEN = {0: BATCH, 1: LENGTH}
SIZES = [(2, 16), (1, 7), (3, 64)]

MODELS = [
    Model("bert", bert, masked_text, ((OPEN, OPEN),), SIZES, (2, 65), "64", TRANSFORMERS),
    Model("gpt2", gpt2, masked_text, ((OPEN, OPEN),), SIZES, (2, 65), "64", TRANSFORMERS),
    Model("t5_encoder", t5_encoder, masked_text, ((OPEN, OPEN),), SIZES, (2, 65), "64",
          TRANSFORMERS),
    Model("t5_decoder", t5_decoder, decoder_inputs,
          (({0: BATCH, 1: LENGTH}, *[{0: BATCH, 1: dim("source", 64)}] * 2),),
          [(2, 16, 9), (1, 7, 20), (3, 64, 5)], (2, 65, 9), "64", TRANSFORMERS),
    Model("whisper_encoder", whisper_encoder, lambda batch: (torch.randn(batch, 80, 400),),
          (({0: BATCH},),), [(2,), (1,), (4,)], (9,), "8", TRANSFORMERS),
]

GENERATORS = [Generator("gpt2, generating", gpt2_generator, 500),
              Generator("llama, generating", llama_generator, 500)]
