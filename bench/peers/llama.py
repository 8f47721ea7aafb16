"""LLaMA with a score head in plain torch operations, which quantizers and converters understand.

Modules are named as in the checkpoint. ids [B, T] are padded at the end; last [B] says where each
row's text ends; the result is one score a row [B].
"""

import json

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

LONGEST = 228


class Norm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config["hidden_size"]))
        self.epsilon = config["rms_norm_eps"]

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


class Rotary(nn.Module):
    """Turns pairs of channels half a head apart by the position's angles."""

    def __init__(self, config):
        super().__init__()
        width = config["head_dim"]
        base = config["rope_parameters"]["rope_theta"]
        frequencies = base ** (-torch.arange(0, width, 2).float() / width)
        angles = torch.outer(torch.arange(LONGEST).float(), frequencies).repeat(1, 2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x):  # [B, heads, T, head_dim]
        length, half = x.shape[2], x.shape[3] // 2
        swapped = torch.cat((-x[..., half:], x[..., :half]), -1)
        return x * self.cos[:length] + swapped * self.sin[:length]


class Attention(nn.Module):
    def __init__(self, config, rotary):
        super().__init__()
        hidden, self.width = config["hidden_size"], config["head_dim"]
        self.heads = config["num_attention_heads"]
        self.groups = self.heads // config["num_key_value_heads"]
        keys = config["num_key_value_heads"] * self.width
        self.q_proj = nn.Linear(hidden, self.heads * self.width, bias=False)
        self.k_proj = nn.Linear(hidden, keys, bias=False)
        self.v_proj = nn.Linear(hidden, keys, bias=False)
        self.o_proj = nn.Linear(self.heads * self.width, hidden, bias=False)
        self.rotary = rotary

    def split(self, x):  # [B, T, heads * width] -> [B, heads, T, width]
        return x.unflatten(2, (-1, self.width)).transpose(1, 2)

    def forward(self, x):
        q = self.rotary(self.split(self.q_proj(x)))
        k = self.rotary(self.split(self.k_proj(x))).repeat_interleave(self.groups, 1)
        v = self.split(self.v_proj(x)).repeat_interleave(self.groups, 1)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(seen.transpose(1, 2).flatten(2))


class SwiGLU(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, inner = config["hidden_size"], config["intermediate_size"]
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config, rotary):
        super().__init__()
        self.input_layernorm = Norm(config)
        self.self_attn = Attention(config, rotary)
        self.post_attention_layernorm = Norm(config)
        self.mlp = SwiGLU(config)

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        rotary = Rotary(config)
        self.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.layers = nn.ModuleList(
            Layer(config, rotary) for _ in range(config["num_hidden_layers"])
        )
        self.norm = Norm(config)


class Llama(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.model = Decoder(config)
        self.score = nn.Linear(config["hidden_size"], 1, bias=False)

    def forward(self, ids, last):
        x = self.model.embed_tokens(ids)
        for layer in self.model.layers:
            x = layer(x)
        x = x[torch.arange(ids.shape[0]), last]
        return self.score(self.model.norm(x)).squeeze(1)


def read_llama(folder):
    """The checkpoint in folder, in float32 and ready to score."""
    with open(folder + "/config.json", encoding="utf-8") as file:
        model = Llama(json.load(file))
    model.load_state_dict(load_file(folder + "/model.safetensors"))
    return model.eval()
