"""What the lessons say, measured on a workspace: each claim with its figure and whether it holds."""

from __future__ import annotations

from ctxcore.claims.wording import (
    BANK,
    FIXED,
    PAIRS,
    ROUNDING,
    TOLD,
    WINDOW,
    YOURS,
    Claim,
    all_alike,
    apart,
    context_decides,
    counted,
    ending,
    fits_here,
    no_attention_no_difference,
    no_pair_of_sentences,
    no_static_vector,
    not_in_the_bank,
    one_static_vector,
    one_vector_per_sentence,
    only_the_sentence,
    rows_are_shares,
    said_of,
    static_relations,
    table_must_have_seen,
    tells_labels_apart,
    tells_senses_apart,
    weights_make_a_vector,
)

__all__ = [
    "BANK", "FIXED", "PAIRS", "ROUNDING", "TOLD", "WINDOW", "YOURS", "Claim", "all_alike", "apart", "context_decides", "counted",
    "ending", "fits_here", "no_attention_no_difference", "no_pair_of_sentences", "no_static_vector", "not_in_the_bank",
    "one_static_vector", "one_vector_per_sentence", "only_the_sentence", "rows_are_shares", "said_of", "static_relations",
    "table_must_have_seen", "tells_labels_apart", "tells_senses_apart", "weights_make_a_vector",
]  # fmt: skip
