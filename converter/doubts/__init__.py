"""The float model's own answers go in; whether it guesses, and how it would be fed or read better, come out."""

from __future__ import annotations

from converter.doubts.question import Doubts, question_model

__all__ = ["Doubts", "question_model"]
